// A call that the other side has not answered yet.
import type { Remaining, Watched } from '@cf-plugins/plugin-api/host'
import type { Scope } from './references.ts'

/** What is told of a call whose caller was answered before the other side did. */
export interface LateCall {
  readonly what: string
  readonly deadlineMs: number
  /** Whether the other side answered it since. */
  readonly isSettled: boolean
}

/** One call, from when it is made until it is answered, by whomever. */
export class PendingCall implements Watched, LateCall {
  readonly id: number
  readonly what: string
  readonly deadlineMs: number
  readonly scope: Scope = { functions: [], signals: [] }
  next: Watched | undefined
  previous: Watched | undefined
  isSettled = false
  resolve!: (value: unknown) => void
  reject!: (error: unknown) => void
  readonly promise: Promise<unknown>
  #leftMs: number
  #seenMs: number | undefined
  #signal: AbortSignal | undefined
  #aborted: (() => void) | undefined
  readonly #overdue: (call: PendingCall) => void

  constructor(id: number, what: string, deadlineMs: number, overdue: (call: PendingCall) => void) {
    this.id = id
    this.what = what
    this.deadlineMs = deadlineMs
    this.#leftMs = deadlineMs
    this.#overdue = overdue
    this.promise = new Promise((resolve, reject) => {
      this.resolve = resolve
      this.reject = reject
    })
  }

  /** Listens to the caller's signal until the call is over. */
  listen(signal: AbortSignal, aborted: () => void): void {
    this.#signal = signal
    this.#aborted = aborted
    signal.addEventListener('abort', aborted, { once: true })
  }

  unlisten(): void {
    if (this.#aborted) this.#signal?.removeEventListener('abort', this.#aborted)
  }

  look(nowMs: number): Remaining {
    this.#leftMs -= nowMs - (this.#seenMs ?? nowMs)
    this.#seenMs = nowMs
    if (this.#leftMs > 0) return { limitMs: this.deadlineMs, leftMs: this.#leftMs }
    this.#overdue(this)
    return { limitMs: Number.POSITIVE_INFINITY, leftMs: Number.POSITIVE_INFINITY }
  }
}
