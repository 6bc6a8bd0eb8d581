// What an edit is about, as the seed has it.
import { entryOf, type Role } from './cast.ts'
import { FAULTS, type Fault } from './faults.ts'
import type { SaveStyle } from './folder.ts'
import type { Random } from './random.ts'

/** How often one is taken that was not met yet, where there is one: so that also a short soak meets them all. */
const NEWS = 0.2

export class Choices {
  readonly #random: Random
  readonly #met = new Set<Fault>()

  constructor(random: Random) {
    this.#random = random
  }

  /** One of its files. */
  fileOf(role: Role): string {
    const [helper] = role.helpers
    if (helper === undefined || this.#random.chance(0.5)) return entryOf(role)
    return this.#random.pick(role.helpers)
  }

  style(): SaveStyle {
    return this.#random.weighted<SaveStyle>(['atomic', 'plain', 'torn'], (style) =>
      style === 'atomic' ? 12 : style === 'plain' ? 2 : 1,
    )
  }

  fault(role: Role, file: string): Fault {
    const faults = fitting(role, file)
    const news = faults.filter((fault) => !this.#met.has(fault))
    const isDue = news.length > 0 && this.#random.chance(NEWS)
    const fault = isDue ? this.#random.pick(news) : this.#random.weighted(faults, ({ weight }) => weight)
    this.#met.add(fault)
    return fault
  }

  /** One that is in the new code alone, and quick. */
  codeFault(role: Role, file: string): Fault {
    return this.#random.pick(fitting(role, file).filter(({ code, trap, hangs }) => code && !trap && !hangs))
  }
}

function fitting(role: Role, file: string): Fault[] {
  return FAULTS.filter((fault) => (file === entryOf(role) ? fault.fits(role) : isOfModules(fault)))
}

/** What can be wrong with a file that is no plugin's entry. */
function isOfModules({ code }: Fault): boolean {
  return code === 'syntax' || code === 'import-throws'
}
