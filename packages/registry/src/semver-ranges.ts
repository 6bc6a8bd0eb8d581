// How this package reads semver ranges.
import semverSatisfies from 'semver/functions/satisfies.js'
import validRange from 'semver/ranges/valid.js'

// Pre-releases count: who runs 2.1.0-beta.1 of a plugin means to use it, and `*` must allow every version.
const OPTIONS = { includePrerelease: true }

// A host has some hundreds of them; a process that reloads for weeks must not gather them for ever.
const MOST_ANSWERS = 10_000

/** Answers about ranges, remembered: parsing is most of what a resolution costs, and the same few come again and again. */
export class SemverRanges {
  readonly #answers = new Map<string, boolean>()

  /** Whether `version` is in `range`; never, where the range is not one. */
  has(range: string, version: string): boolean {
    return range === '*' || this.#remembered(`${version} ${range}`, () => semverSatisfies(version, range, OPTIONS))
  }

  /** Whether `range` is a semver range. */
  isRange(range: string): boolean {
    return range === '*' || this.#remembered(range, () => validRange(range, OPTIONS) !== null)
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
