// How often a plugin's thread may end.

const WINDOW_MS = 60_000

/** Ends within the last minute. */
export class EndCount {
  readonly #most: number
  #times: number[] = []

  /** @param most how many may be */
  constructor(most: number) {
    this.#most = most
  }

  /** Counts one. Whether it is one too many. */
  add(nowMs = performance.now()): boolean {
    this.#times = this.#times.filter((time) => nowMs - time < WINDOW_MS)
    this.#times.push(nowMs)
    return this.#times.length > this.#most
  }

  /** How many there were within the last minute. */
  recent(nowMs = performance.now()): number {
    this.#times = this.#times.filter((time) => nowMs - time < WINDOW_MS)
    return this.#times.length
  }

  clear(): void {
    this.#times = []
  }
}
