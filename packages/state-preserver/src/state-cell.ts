// Where one part is: its value, its lock, and who wants to know of it.

import { FairLock } from './fair-lock.ts'
import type { FixedState } from './fixed-state.ts'

/** What is kept of a part, and in which version of it. */
export interface KeptValue {
  readonly version: number
  readonly fixed: FixedState
}

/** Hears of new values. Must not throw. */
export type CellListener = (fixed: FixedState) => void

/** How many values are told in one turn of the event loop. */
const MOST_AT_ONCE = 1000

/** One part. */
export class StateCell {
  /** Nothing until somebody sets it. */
  fixed: FixedState | undefined
  /** Told of each new value first, while nobody else can have changed it. */
  onPut: ((fixed: FixedState) => void) | undefined
  readonly lock = new FairLock()
  readonly #listeners = new Set<CellListener>()
  readonly #untold: FixedState[] = []
  #isTelling = false

  /** Puts a value in place; `tell` is called when whoever has the lock has given it back. */
  put(fixed: FixedState): void {
    this.fixed = fixed
    this.#untold.push(fixed)
    this.onPut?.(fixed)
  }

  /** Tells of what was put, in that order, also where a listener puts something. */
  tell(): void {
    if (this.#isTelling) return
    this.#isTelling = true
    try {
      for (let count = 0; this.#untold.length > 0; count++) {
        // Listeners that answer each other for ever must not keep the host from everything else.
        if (count === MOST_AT_ONCE) {
          setImmediate(() => this.tell())
          return
        }
        this.#tellOf(this.#untold.shift() as FixedState)
      }
    } finally {
      this.#isTelling = false
    }
  }

  listen(listener: CellListener): void {
    this.#listeners.add(listener)
  }

  forget(listener: CellListener): void {
    this.#listeners.delete(listener)
  }

  #tellOf(fixed: FixedState): void {
    for (const listener of [...this.#listeners]) if (this.#listeners.has(listener)) listener(fixed)
  }
}
