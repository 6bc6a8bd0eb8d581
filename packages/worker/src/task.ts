// One call of a function that runs in a thread, from when it is asked until it is answered.
import { PluginError } from '@cf-plugins/plugin-api'
import { type Remaining, transferOf, type Watched } from '@cf-plugins/plugin-api/host'
import type { CrewThread } from './crew-thread.ts'
import { signalOf, unpackResult } from './handler-arguments.ts'
import type { TaskFunction } from './task-function.ts'

/** A task's signal is looked at when it has waited for about a thirtieth of this, in milliseconds: reading it costs more than a small task. */
const LOOK_MS = 1_600
/** Before that it is not, in milliseconds. */
const LEAST_MS = 25
/** Under how many threads a task may wait that end without having begun any. */
const ENDS = 3

/** How long the answer of a task may take that is through, in milliseconds: the host's own loop may have been late for it. */
const SPARED_MS = 50
const NOTHING_LEFT: Remaining = { limitMs: Number.POSITIVE_INFINITY, leftMs: Number.POSITIVE_INFINITY }

/** Who has a task: its crew. */
export interface TaskOwner {
  readonly plugin: string
  /** Its deadline is over. @returns whether that is its end */
  overdue(task: Task): boolean
  aborted(task: Task, reason: unknown): void
  /** It was answered: with an error, where there is one. */
  settled(task: Task, error: unknown): void
}

export class Task implements Watched {
  next: Watched | undefined
  previous: Watched | undefined
  readonly fn: TaskFunction
  readonly args: readonly unknown[]
  readonly promise: Promise<unknown>
  readonly askedMs = performance.now()
  /** Which thread has it, and under which number. */
  at: CrewThread | undefined
  number = 0
  threadId = 0
  /** When a thread was last sent it. */
  sentMs: number | undefined
  /** What it counts for among what its thread has to do, in milliseconds. */
  loadMs = 0
  readonly #owner: TaskOwner
  #resolve!: (value: unknown) => void
  #reject!: (reason: unknown) => void
  #ends = 0
  #wasRepeated = false
  #wasSpared = false
  #isSettled = false
  #wasLooked = false
  #signal: AbortSignal | undefined
  #onAbort: (() => void) | undefined

  constructor(owner: TaskOwner, fn: TaskFunction, args: readonly unknown[]) {
    this.#owner = owner
    this.fn = fn
    this.args = args
    this.promise = new Promise((resolve, reject) => {
      this.#resolve = resolve
      this.#reject = reject
    })
  }

  /** What its deadline is looked at under at first. */
  get limitMs(): number {
    return Math.min(this.fn.deadlineMs, LOOK_MS)
  }

  get isSettled(): boolean {
    return this.#isSettled
  }

  look(nowMs: number): Remaining {
    if (this.#isSettled) return NOTHING_LEFT
    if (!this.#wasLooked && nowMs - this.askedMs >= LEAST_MS) {
      this.#wasLooked = true
      this.#listen()
    }
    const { deadlineMs } = this.fn
    const leftMs = deadlineMs - (nowMs - this.askedMs)
    if (leftMs > 0) return this.#wasLooked ? { limitMs: deadlineMs, leftMs } : { limitMs: this.limitMs, leftMs }
    if (this.#owner.overdue(this)) return NOTHING_LEFT
    return { limitMs: deadlineMs, leftMs: SPARED_MS }
  }

  answer(packed: unknown): void {
    if (this.#settle(undefined)) this.#resolve(unpackResult(this.fn.task.kind, this.args, packed))
  }

  refuse(reason: unknown): void {
    if (this.#settle(reason)) this.#reject(reason)
  }

  /** Whether its answer may be waited for past its deadline: once. */
  spare(): boolean {
    const wasSpared = this.#wasSpared
    this.#wasSpared = true
    return !wasSpared
  }

  /** Whether it may be called once more, now that its thread ended in mid-call. */
  mayRepeat(): boolean {
    if (this.#isSettled || this.#wasRepeated || !this.fn.task.idempotent) return false
    this.#wasRepeated = true
    // What was moved to a thread is gone with it.
    return !this.args.some(isMoved)
  }

  /** Whether it may go to another thread, now that its thread ended before it began anything. */
  mayWait(): boolean {
    return !this.#isSettled && ++this.#ends < ENDS
  }

  #listen(): void {
    const signal = signalOf(this.fn.task.kind, this.args)
    if (!signal) return
    this.#signal = signal
    this.#onAbort = () => this.#owner.aborted(this, signal.reason)
    signal.addEventListener('abort', this.#onAbort, { once: true })
    if (signal.aborted) this.#onAbort()
  }

  #settle(error: unknown): boolean {
    if (this.#isSettled) return false
    this.#isSettled = true
    if (this.#onAbort) this.#signal?.removeEventListener('abort', this.#onAbort)
    this.#owner.settled(this, error)
    return true
  }
}

function isMoved(value: unknown): boolean {
  return typeof value === 'object' && value !== null && transferOf(value) !== undefined
}

/** The error of a task whose deadline is over, and what of the time it was doing what. */
export function late(plugin: string, { fn, askedMs, sentMs }: Task, hasBegun: boolean): PluginError {
  const waitedMs = Math.round((sentMs ?? performance.now()) - askedMs)
  const how = hasBegun
    ? `took longer than ${Math.round(fn.deadlineMs)} ms${waitedMs > 1 ? `, ${waitedMs} ms of which it waited for a thread` : ''}. Raise its timeoutMs, or do less in it`
    : `waited longer than ${Math.round(fn.deadlineMs)} ms for a thread, for those that there are had other calls. Raise the host's limit of threads, or call it less`
  return new PluginError('CFP_WORKER_TIMEOUT', `Plugin "${plugin}": a call of ${fn.what} ${how}.`, { plugin })
}
