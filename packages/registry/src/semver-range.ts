// How this package reads semver ranges.
import semverSatisfies from 'semver/functions/satisfies.js'
import validRange from 'semver/ranges/valid.js'

// Pre-releases count: who runs 2.1.0-beta.1 of a plugin means to use it, and `*` must allow every version.
const OPTIONS = { includePrerelease: true }

/** Whether `version` is in `range`. */
export function satisfies(version: string, range: string): boolean {
  return range === '*' || semverSatisfies(version, range, OPTIONS)
}

/** Whether `range` is a semver range. */
export function isRange(range: string): boolean {
  return range === '*' || validRange(range, OPTIONS) !== null
}
