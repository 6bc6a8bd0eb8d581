// What one subscriber of one stream must still get, in order, and what became of it.

/** What can be wrong with a delivery. */
export type Wrong = 'lost' | 'doubled' | 'reordered'

/** Numbers that go up are sent; each must arrive once, in order. */
export class Ledger {
  readonly #tell: (wrong: Wrong, number: number, expected: number | undefined) => void
  #due: number[] = []
  #next = 0
  /** Passed over by a later one: they may yet arrive, out of order. */
  readonly #skipped = new Set<number>()
  /** How many arrived. */
  arrived = 0

  constructor(tell: (wrong: Wrong, number: number, expected: number | undefined) => void) {
    this.#tell = tell
  }

  /** How many are still to come. */
  get open(): number {
    return this.#due.length - this.#next + this.#skipped.size
  }

  /** Takes note that the subscriber was there when this was sent. */
  send(number: number): void {
    this.#due.push(number)
  }

  /** Takes back what the subscriber's host said, to the sender, that it would not deliver. Whether it was still due. */
  refuse(number: number): boolean {
    if (this.#skipped.delete(number)) return true
    const index = this.#due.indexOf(number, this.#next)
    if (index < 0) return false
    this.#due.splice(index, 1)
    return true
  }

  arrive(number: number): void {
    this.arrived++
    const expected = this.#due[this.#next]
    if (number === expected) {
      this.#next++
      if (this.#next > 1000) this.#compact()
      return
    }
    const index = this.#due.indexOf(number, this.#next)
    if (this.#skipped.delete(number)) this.#tell('reordered', number, expected)
    else if (index < 0) this.#tell('doubled', number, expected)
    else {
      for (const passed of this.#due.slice(this.#next, index)) this.#skipped.add(passed)
      this.#next = index + 1
    }
  }

  /** Tells what never came. */
  close(): void {
    for (const number of [...this.#skipped, ...this.#due.slice(this.#next)]) this.#tell('lost', number, undefined)
    this.#due = []
    this.#next = 0
    this.#skipped.clear()
  }

  #compact(): void {
    this.#due = this.#due.slice(this.#next)
    this.#next = 0
  }
}
