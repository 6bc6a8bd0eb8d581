// What an edit is about, as the seed has it.
import { entryOf, type Role } from './cast.ts'
import { FAULTS, type Fault } from './faults.ts'
import type { SaveStyle } from './folder.ts'
import type { Random } from './random.ts'

export class Choices {
  readonly #random: Random

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
    return this.#random.weighted(fitting(role, file), ({ weight }) => weight)
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
