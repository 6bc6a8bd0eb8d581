// Lets what changes often be written now and then: the larger it is, the less often.

/** A write of this much takes about a tenth of the delay, and so at most about a tenth of the thread. */
const BYTES_PER_DELAY = 1024 * 1024

export class DelayedSaves {
  readonly #delayMs: number
  readonly #write: (name: string) => void
  readonly #due = new Map<string, NodeJS.Timeout>()

  /** @param write orders a write, which then begins after the same delay */
  constructor(delayMs: number, write: (name: string) => void) {
    this.#delayMs = delayMs
    this.#write = write
  }

  /** To be called at each change. */
  changed(name: string, bytes: number): void {
    if (this.#due.has(name)) return
    if (bytes < BYTES_PER_DELAY) {
      this.#write(name)
      return
    }
    const delayMs = (this.#delayMs * bytes) / BYTES_PER_DELAY
    const timer = setTimeout(() => this.#order(name), delayMs)
    this.#due.set(name, timer)
  }

  /** Whether a change was not ordered to be written yet. */
  isDue(name: string): boolean {
    return this.#due.has(name)
  }

  /** Orders all that is due, now. */
  orderAll(): void {
    for (const name of [...this.#due.keys()]) this.#order(name)
  }

  drop(name: string): void {
    clearTimeout(this.#due.get(name))
    this.#due.delete(name)
  }

  #order(name: string): void {
    this.drop(name)
    this.#write(name)
  }
}
