// A call that the other side has not answered yet.
import type { Undo } from '@cf-plugins/plugin-api'
import type { Remaining, Watched } from '@cf-plugins/plugin-api/host'
import type { Scope } from './scope.ts'

/** A call whose caller was answered before the other side did. */
export interface LateCall {
  readonly what: string
  /** In milliseconds. */
  readonly deadlineMs: number
}

const NOTHING_LEFT: Remaining = { limitMs: Number.POSITIVE_INFINITY, leftMs: Number.POSITIVE_INFINITY }

/** One call, from when it is made until its caller is answered, with what went along with its arguments. */
export class PendingCall implements Watched, LateCall, Scope {
  readonly id: number
  readonly what: string
  readonly deadlineMs: number
  readonly promise: Promise<unknown>
  /** What the deadline is that of, for messages. */
  bound: string | undefined
  functions: number[] | undefined
  signals: number[] | undefined
  next: Watched | undefined
  previous: Watched | undefined
  /** Follows the caller's signal no more. */
  unfollow: Undo | undefined
  resolve!: (value: unknown) => void
  reject!: (error: unknown) => void
  #leftMs: number
  #seenMs: number | undefined
  readonly #overdue: (call: PendingCall) => void

  /** @param deadlineMs `Infinity` for none */
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

  look(nowMs: number): Remaining {
    this.#leftMs -= nowMs - (this.#seenMs ?? nowMs)
    this.#seenMs = nowMs
    if (this.#leftMs > 0) return { limitMs: this.deadlineMs, leftMs: this.#leftMs }
    this.#overdue(this)
    return NOTHING_LEFT
  }
}
