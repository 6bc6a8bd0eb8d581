// How this package reads semver ranges.
import { createRequire } from 'node:module'
import type satisfies from 'semver/functions/satisfies.js'
import type validRange from 'semver/ranges/valid.js'

const require = createRequire(import.meta.url)

// Pre-releases count: who runs 2.1.0-beta.1 of a plugin means to use it, and `*` must allow every version.
const OPTIONS = { includePrerelease: true }

// Loaded for the first range: they are twelve files, a tenth of what a host's import costs, and most hosts have no range at all.
let semver: { readonly satisfies: typeof satisfies; readonly validRange: typeof validRange } | undefined

// A host has some hundreds of them; a process that reloads for weeks must not gather them for ever.
const MOST_ANSWERS = 10_000

/** Answers about ranges, remembered: parsing is most of what a resolution costs, and the same few come again and again. */
export class SemverRanges {
  readonly #answers = new Map<string, boolean>()

  /** Whether `version` is in `range`; never, where the range is not one. */
  has(range: string, version: string): boolean {
    return range === '*' || this.#remembered(`${version} ${range}`, () => loaded().satisfies(version, range, OPTIONS))
  }

  /** Whether `range` is a semver range. */
  isRange(range: string): boolean {
    return range === '*' || this.#remembered(range, () => loaded().validRange(range, OPTIONS) !== null)
  }

  #remembered(question: string, answer: () => boolean): boolean {
    const known = this.#answers.get(question)
    if (known !== undefined) return known
    if (this.#answers.size >= MOST_ANSWERS) this.#answers.clear()
    const found = answer()
    this.#answers.set(question, found)
    return found
  }
}

function loaded(): NonNullable<typeof semver> {
  semver ??= {
    satisfies: require('semver/functions/satisfies.js') as typeof satisfies,
    validRange: require('semver/ranges/valid.js') as typeof validRange,
  }
  return semver
}
