// Finds that calls have waited for a thread for longer than they should: then one more is worth its start, whatever was expected of them.
import type { Deadlines, Remaining, Watched } from '@cf-plugins/plugin-api/host'
import type { TaskQueue } from './task-queue.ts'

/** How long a call may wait, in milliseconds. */
const LONG_MS = 10
const AGAIN: Remaining = { limitMs: LONG_MS * 32, leftMs: LONG_MS }
const NEVER: Remaining = { limitMs: Number.POSITIVE_INFINITY, leftMs: Number.POSITIVE_INFINITY }

export class QueueWatch implements Watched {
  next: Watched | undefined
  previous: Watched | undefined
  readonly #queue: TaskQueue
  readonly #deadlines: Deadlines
  readonly #isLong: () => void
  #isWatching = false

  /** @param isLong told again and again, for as long as a call waits that has done so for long */
  constructor(queue: TaskQueue, deadlines: Deadlines, isLong: () => void) {
    this.#queue = queue
    this.#deadlines = deadlines
    this.#isLong = isLong
  }

  /** Watches until nothing waits; while it does, again is nothing. */
  begin(): void {
    if (this.#isWatching) return
    this.#isWatching = true
    this.#deadlines.watch(this, AGAIN.limitMs)
  }

  look(nowMs: number): Remaining {
    const first = this.#queue.first()
    if (first === undefined) {
      this.#isWatching = false
      this.#deadlines.unwatch(this)
      return NEVER
    }
    if (nowMs - first.askedMs >= LONG_MS) this.#isLong()
    return AGAIN
  }
}
