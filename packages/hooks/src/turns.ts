// Handlers that are awaited one after the other, each under its own deadline.
import type { Deadlines, Remaining, Watched } from '@cf-plugins/plugin-api/host'

const UNLIMITED: Remaining = Object.freeze({ limitMs: Number.POSITIVE_INFINITY, leftMs: Number.POSITIVE_INFINITY })

export class Turns implements Watched {
  next: Watched | undefined = undefined
  previous: Watched | undefined = undefined
  readonly #deadlines: Deadlines
  readonly #overdue: (limitMs: number) => void
  /** Goes up with each turn, so that a look at the clock can tell one from the next. */
  #turn = 0
  #seenTurn = 0
  #seenMs = 0
  #limitMs = 0
  #watched = false

  /** @param overdue called when the turn has taken `limitMs`; it must `stop` */
  constructor(deadlines: Deadlines, overdue: (limitMs: number) => void) {
    this.#deadlines = deadlines
    this.#overdue = overdue
  }

  /** Begins a turn that may take `limitMs`, which may be `Infinity`, and gives its number. */
  begin(limitMs: number): number {
    if (!this.#watched) {
      this.#watched = true
      this.#deadlines.watch(this, limitMs)
    } else if (limitMs !== this.#limitMs) this.#deadlines.hasten(limitMs)
    this.#limitMs = limitMs
    return ++this.#turn
  }

  /** Whether it is still this turn: an overdue one is over. */
  isOn(turn: number): boolean {
    return turn === this.#turn
  }

  /** Ends the last turn. */
  stop(): void {
    this.#turn++
    this.#watched = false
    this.#deadlines.unwatch(this)
  }

  look(nowMs: number): Remaining {
    if (!this.#watched) return UNLIMITED
    if (this.#seenTurn !== this.#turn) {
      this.#seenTurn = this.#turn
      this.#seenMs = nowMs
    }
    const limitMs = this.#limitMs
    const leftMs = limitMs - (nowMs - this.#seenMs)
    if (leftMs > 0) return { limitMs, leftMs }
    this.#overdue(limitMs)
    return UNLIMITED
  }
}
