// One timer for all that waits: a timer a wait would cost more than the wait.

import { LONGEST_MS } from './within.ts'

/** How late a deadline may be noticed, as a share of its length. It is never noticed early. */
const SLACK = 1 / 32

/** Something that waits under a deadline. The links are the list's own. */
export interface Watched {
  /**
   * Looks for what is overdue, and ends it.
   *
   * @param nowMs of a clock that only goes forward
   * @returns the shortest limit that it still waits under, and how much of it is left, in milliseconds; `Infinity` for none
   */
  look(nowMs: number): Remaining
  next: Watched | undefined
  previous: Watched | undefined
}

/** What is left of a limit, in milliseconds. */
export interface Remaining {
  readonly limitMs: number
  readonly leftMs: number
}

/**
 * The deadlines of many waits.
 *
 * What is watched reads no clock when it begins: its time counts from the first look, which comes within `SLACK` of its
 * limit. The timer keeps the process alive only while something is watched, and is let run out after that.
 */
export class Deadlines {
  #first: Watched | undefined
  #timer: NodeJS.Timeout | undefined
  #delayMs = 0

  /** Lets a wait be looked at until `unwatch`. */
  watch(watched: Watched, limitMs: number): void {
    const first = this.#first
    this.#first = watched
    watched.next = first
    if (first !== undefined) first.previous = watched
    else this.#timer?.ref()
    this.hasten(limitMs)
  }

  /** To be called when a wait is over, however it ended; again does nothing. */
  unwatch(watched: Watched): void {
    const { next, previous } = watched
    if (previous !== undefined) previous.next = next
    else if (this.#first === watched) this.#first = next
    else return
    if (next !== undefined) next.previous = previous
    watched.next = undefined
    watched.previous = undefined
    if (this.#first === undefined) this.#timer?.unref()
  }

  /** To be called when something that is watched begins to wait under another limit. */
  hasten(limitMs: number): void {
    this.#lookIn(limitMs * SLACK)
  }

  #lookIn(delayMs: number): void {
    if (delayMs === Number.POSITIVE_INFINITY) return
    if (this.#timer !== undefined && delayMs >= this.#delayMs) return
    clearTimeout(this.#timer)
    this.#delayMs = delayMs
    this.#timer = setTimeout(() => this.#look(), Math.min(Math.ceil(delayMs), LONGEST_MS))
  }

  #look(): void {
    const nowMs = performance.now()
    this.#timer = undefined
    // A list apart, because what is overdue leaves this one, and whoever is told of it may do anything.
    const all: Watched[] = []
    for (let watched = this.#first; watched !== undefined; watched = watched.next) all.push(watched)
    let delayMs = Number.POSITIVE_INFINITY
    for (const watched of all) {
      const { limitMs, leftMs } = watched.look(nowMs)
      delayMs = Math.min(delayMs, limitMs * SLACK, leftMs)
    }
    if (this.#first !== undefined) this.#lookIn(delayMs)
  }
}
