// A thread of one plugin, as the host holds it.
import type { Logger, PluginError } from '@cf-plugins/plugin-api'
import type { Serve, WireType } from './link.ts'
import type { FileAccess, ThreadCode } from './options.ts'
import type { CallOptions } from './remote.ts'

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
  /** Starts it under Node's permission model; these are all files that it may use. */
  readonly restrict?: FileAccess | undefined
  /** What the thread calls and does not wait for. */
  readonly serve: Serve
  /** What the thread waits for. */
  readonly serveSync: (op: string, args: unknown[]) => unknown
  readonly types?: readonly WireType[] | undefined
  readonly logger: Logger
}

/** A thread that starts when this is made. */
export class WorkerThread {
  /** Rejects with `CFP_WORKER_START_FAILED` where it did not start, or could not load the code. */
  readonly ready: Promise<void>
  /** Why it ended: resolves with nothing where it was asked to. Never rejects. */
  readonly ended: Promise<PluginError | undefined>
  readonly threadId: number

  constructor(options: WorkerThreadOptions) {
    void options
    this.ready = Promise.reject(new Error('not yet'))
    this.ended = new Promise(() => {})
    this.threadId = 0
  }

  /** Whether calls can reach it, or will when it is ready. */
  get alive(): boolean {
    return false
  }

  /** How many calls it has not answered yet. */
  get pending(): number {
    return 0
  }

  /**
   * Calls the thread, which answers when it is ready.
   *
   * @throws what is thrown there; `CFP_WORKER_TIMEOUT`, `CFP_WORKER_ENDED`, `CFP_WORKER_OUT_OF_MEMORY`, `CFP_WORKER_NOT_CLONEABLE`
   */
  async call(op: string, args: readonly unknown[], options: CallOptions = {}): Promise<unknown> {
    throw new Error(`not yet: ${op} ${args.length} ${options.what}`)
  }

  notify(op: string, args: readonly unknown[]): void {
    void op
    void args
  }

  /** Asks it to end, and terminates it where it has not after `boundMs`. Never rejects. */
  async end(boundMs: number): Promise<void> {
    void boundMs
  }

  /** Ends it at once: calls in flight reject with `error`. Nobody waits for a thread that blocks. */
  terminate(error: PluginError): void {
    void error
  }
}
