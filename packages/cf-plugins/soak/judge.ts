// Holds what happens against what must: every accepted event once and in order, no state that goes back.
import { Ledger, type Wrong } from './ledger.ts'

/** What is never right, by how it is counted in the end. */
export type Violation = Wrong | 'state' | 'content' | 'outcome' | 'touched' | 'unanswered' | 'leak' | 'contract'

/** After so many nobody reads on. */
const SHOWN_MAX = 30

/** What one counter in a plugin's state says, as far as its own calls tell. */
type Counters = Map<string, number>

export class Judge {
  readonly violations = new Map<Violation, number>()
  /** Says where the soak is when something is wrong. */
  where: () => string = () => ''
  readonly #ledgers = new Map<string, Ledger>()
  readonly #counters = new Map<string, Counters>()
  readonly #print: (line: string) => void
  #shown = 0

  constructor(print: (line: string) => void) {
    this.#print = print
  }

  get total(): number {
    let total = 0
    for (const count of this.violations.values()) total += count
    return total
  }

  /** How many deliveries there were. */
  get arrived(): number {
    let arrived = 0
    for (const ledger of this.#ledgers.values()) arrived += ledger.arrived
    return arrived
  }

  /** How many deliveries are still to come. */
  get open(): number {
    let open = 0
    for (const ledger of this.#ledgers.values()) open += ledger.open
    return open
  }

  wrong(what: Violation, message: string): void {
    this.violations.set(what, (this.violations.get(what) ?? 0) + 1)
    this.#shown++
    if (this.#shown <= SHOWN_MAX) this.#print(`WRONG (${what}) ${this.where()}: ${message.replaceAll('\n', ' ')}`)
  }

  /** What `plugin` must get of `stream`. */
  ledger(plugin: string, stream: string): Ledger {
    const key = `${plugin} ${stream}`
    let ledger = this.#ledgers.get(key)
    if (!ledger) {
      ledger = new Ledger((wrong, number, expected) => {
        const instead = expected === undefined ? '' : `; expected ${expected}`
        this.wrong(wrong, `plugin "${plugin}", stream "${stream}", number ${number}${instead}`)
      })
      this.#ledgers.set(key, ledger)
    }
    return ledger
  }

  /** Takes note of a counter in a plugin's state that went up by one, as its state says. */
  count(plugin: string, counter: string, value: number): void {
    const counters = this.#countersOf(plugin)
    const expected = (counters.get(counter) ?? 0) + 1
    counters.set(counter, expected)
    if (value === expected) return
    this.wrong('state', `plugin "${plugin}" counts ${counter} ${value}; expected ${expected}`)
    counters.set(counter, value)
  }

  /** What a counter in a plugin's state must be. */
  counted(plugin: string, counter: string): number {
    return this.#countersOf(plugin).get(counter) ?? 0
  }

  /** Compares all that a plugin has in its state. */
  compare(plugin: string, counts: Readonly<Record<string, number>>): void {
    for (const [counter, value] of this.#countersOf(plugin)) {
      if (counts[counter] === value) continue
      this.wrong('state', `plugin "${plugin}" has ${counter} ${counts[counter]}; expected ${value}`)
    }
  }

  /** Tells what never came. */
  close(): void {
    for (const ledger of this.#ledgers.values()) ledger.close()
  }

  #countersOf(plugin: string): Counters {
    let counters = this.#counters.get(plugin)
    if (!counters) {
      counters = new Map()
      this.#counters.set(plugin, counters)
    }
    return counters
  }
}
