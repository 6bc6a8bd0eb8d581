// A thread of one plugin, as the host holds it.
import type { Worker } from 'node:worker_threads'
import { type Logger, messageOf, type PluginError } from '@cf-plugins/plugin-api'
import { atMost } from '@cf-plugins/plugin-api/host'
import { guardHeap } from './heap-guard.ts'
import { Link, type Serve, type ServedCall, type WireType } from './link.ts'
import type { FileAccess, ThreadCode } from './options.ts'
import type { LateCall } from './pending-call.ts'
import type { CallOptions } from './remote.ts'
import { startThread } from './start-thread.ts'
import { SyncAnswers } from './sync-caller.ts'
import { ThreadNotice } from './thread-data.ts'
import { blocked, crashed, endedAtStart, exited, left, notLoaded, notStarted, outOfMemory } from './thread-end.ts'
import { type ThreadMessage, workerChannel } from './thread-message.ts'
import { mayBeAt, type ThreadProgress } from './thread-progress.ts'

/** Which thread, and what it runs. */
export interface WorkerThreadOptions {
  /** The thread's name, such as `cf:mail`. */
  readonly name: string
  readonly code: ThreadCode
  readonly role: 'plugin' | 'offload'
  readonly plugin: string
  readonly generation: number
  /** Which host it is of, for observers. */
  readonly host: string
  readonly heapMb: number
  /** How long it may take to start and load the code, in milliseconds. */
  readonly startMs: number
  /** The deadline of a call that has none, in milliseconds. */
  readonly callMs: number
  /** Starts it under Node's permission model: which files it may use, besides the plugin's own and installed packages. */
  readonly restrict?: FileAccess | undefined
  /** The plugin's entry file: one that is restricted may read what is in its folder. */
  readonly file?: string | undefined
  /** What the thread calls and does not wait for. */
  readonly serve: Serve
  /** What the thread waits for. */
  readonly serveSync: (op: string, args: unknown[]) => unknown
  readonly types?: readonly WireType[] | undefined
  readonly logger: Logger
}

/** How long a thread may take to show that it does not block, in milliseconds. */
const PROOF_MS = 100

/** A thread that starts when this is made. */
export class WorkerThread {
  /** Rejects with `CFP_WORKER_START_FAILED` where it did not start, or could not load the code. */
  readonly ready: Promise<void>
  /** Why it ended: resolves with nothing where it was asked to. Never rejects. */
  readonly ended: Promise<PluginError | undefined>
  readonly threadId: number
  readonly #options: WorkerThreadOptions
  readonly #link: Link
  readonly #worker: Worker
  readonly #progress: ThreadProgress
  readonly #startedMs = performance.now()
  readonly #startTimer: NodeJS.Timeout
  readonly #unguard: () => void
  #isReady = false
  #isLeaving = false
  #isOver = false
  #resolveReady!: () => void
  #rejectReady!: (error: PluginError) => void
  #resolveEnded!: (error: PluginError | undefined) => void

  /** @throws `CFP_WORKER_START_FAILED` where its code cannot be cloned; `CFP_WORKER_OPTIONS` where it is to be restricted and this Node cannot */
  constructor(options: WorkerThreadOptions) {
    this.#options = options
    const { plugin, callMs, types, logger } = options
    const { worker, port, sync, progress } = startThread(options)
    this.#worker = worker
    this.#progress = progress
    this.threadId = worker.threadId
    const answers = new SyncAnswers(sync, options.serveSync, plugin)
    this.#link = new Link(port, (op, args, call) => this.#serve(op, args, call), {
      plugin,
      callMs,
      types,
      answerAsked: (message) => answers.answer(this.#link, message),
      late: (call) => void this.#late(call),
      lost: (error) => logger.warn({ err: error }, messageOf(error)),
    })
    this.ready = new Promise((resolve, reject) => {
      this.#resolveReady = resolve
      this.#rejectReady = reject
    })
    // Whoever does not wait for it is told by its calls.
    this.ready.catch(() => {})
    this.ended = new Promise((resolve) => {
      this.#resolveEnded = resolve
    })
    worker.on('error', (error) => {
      this.#link.drain()
      this.#over('crashed', crashed(options, error))
    })
    worker.on('exit', (code) => {
      this.#link.drain()
      if (this.#isLeaving) this.#over('ended', undefined)
      else this.#over('crashed', exited(options, code))
    })
    const full = () => this.#over('crashed', outOfMemory(options))
    this.#unguard = guardHeap(worker, options.heapMb, full)
    this.#startTimer = setTimeout(() => this.#over('terminated', notStarted(options)), options.startMs)
    // A call keeps the process alive by its deadline, and a plugin by what would keep it alive inline.
    port.unref()
    worker.unref()
  }

  /** Whether calls can reach it, or will when it is ready. */
  get alive(): boolean {
    return !this.#isOver && !this.#isLeaving
  }

  /** How many calls it has not answered yet. */
  get pending(): number {
    return this.#link.pending
  }

  /**
   * Calls the thread, which answers when it is ready.
   *
   * @throws what is thrown there; `CFP_WORKER_TIMEOUT`, `CFP_WORKER_ENDED`, `CFP_WORKER_OUT_OF_MEMORY`, `CFP_WORKER_NOT_CLONEABLE`
   */
  call(op: string, args: readonly unknown[], options: CallOptions = {}): Promise<unknown> {
    if (this.#isLeaving && !this.#isOver) return Promise.reject(left(this.#options))
    return this.#link.call(op, args, options)
  }

  /** Tells the thread, and waits for nothing. */
  notify(op: string, args: readonly unknown[]): void {
    if (this.alive) this.#link.notify(op, args)
  }

  /** Asks it to end, and terminates it where it has not after `boundMs`. Never rejects. */
  async end(boundMs: number): Promise<void> {
    if (this.#isOver) return
    if (!this.#isLeaving) this.#link.notify(ThreadNotice.end, [])
    this.#isLeaving = true
    await atMost(this.ended, boundMs)
    this.#over('terminated', undefined)
  }

  /** Ends it at once: calls in flight reject with `error`. Nobody waits for a thread that blocks. */
  terminate(error: PluginError): void {
    this.#over('terminated', error)
  }

  #serve(op: string, args: unknown[], call: ServedCall): unknown {
    if (op === ThreadNotice.ready) return this.#begin()
    if (op === ThreadNotice.full) return this.#over('crashed', outOfMemory(this.#options))
    if (op === ThreadNotice.lively) return this.#keepsAlive(args[0] === true)
    if (op === ThreadNotice.failed) return this.#over('terminated', notLoaded(this.#options, args[0]))
    return this.#options.serve(op, args, call)
  }

  #keepsAlive(isLively: boolean): void {
    if (isLively) this.#worker.ref()
    else this.#worker.unref()
  }

  #begin(): void {
    if (this.#isOver) return
    this.#isReady = true
    clearTimeout(this.#startTimer)
    this.#publish('started', undefined)
    this.#resolveReady()
  }

  /** Whether a call is late because the thread blocks: one that does is ended, and whoever needs it starts another. */
  async #late(call: LateCall): Promise<void> {
    // Until it is ready, the bound of its start holds.
    if (!this.#isReady) return
    let hasAnswered = false
    const answer = this.#link.ping().then(() => {
      hasAnswered = true
    })
    await atMost(answer, PROOF_MS)
    if (hasAnswered) return
    // A call that may take longer is what it is at, and ends it in its own time.
    if (this.#link.isWaiting((id) => mayBeAt(this.#progress, id))) return
    this.#over('terminated', blocked(this.#options, call))
  }

  #over(kind: ThreadMessage['kind'], error: PluginError | undefined): void {
    if (this.#isOver) return
    this.#isOver = true
    clearTimeout(this.#startTimer)
    this.#unguard()
    this.#link.close(error ?? left(this.#options))
    // It is late where the thread is in native code: its exit is nobody's to wait for.
    void this.#worker.terminate()
    this.#worker.unref()
    this.#publish(kind, error)
    if (!this.#isReady) this.#rejectReady(this.#startError(error ?? left(this.#options)))
    this.#resolveEnded(error)
  }

  #startError(error: PluginError): PluginError {
    return error.code === 'CFP_WORKER_START_FAILED' ? error : endedAtStart(this.#options, error)
  }

  #publish(kind: ThreadMessage['kind'], error: PluginError | undefined): void {
    if (!workerChannel.hasSubscribers) return
    const { host, plugin, generation, role } = this.#options
    const message: ThreadMessage = {
      host,
      plugin,
      generation,
      kind,
      role,
      threadId: this.threadId,
      ...(kind === 'started' && { durationMs: performance.now() - this.#startedMs }),
      ...(error && { error }),
    }
    workerChannel.publish(message)
  }
}
