// Which files of a folder are plain ones: no links, no folders.
import { lstatSync, readdirSync } from 'node:fs'
import { join } from 'node:path'

/** Answers for one load, and no longer: a folder that is asked about often is listed once, at the cost of two or three questions. */
export class PlainFiles {
  readonly #asked = new Map<string, number | ReadonlySet<string>>()

  has(folder: string, name: string): boolean {
    const known = this.#asked.get(folder) ?? 0
    if (typeof known !== 'number') return known.has(name)
    if (known < MOST_ASKED) {
      this.#asked.set(folder, known + 1)
      return lstatSync(join(folder, name), { throwIfNoEntry: false })?.isFile() ?? false
    }
    const listed = listOf(folder)
    this.#asked.set(folder, listed)
    return listed.has(name)
  }
}

/** A folder may hold thousands of files of which a plugin imports a few. */
const MOST_ASKED = 8

function listOf(folder: string): ReadonlySet<string> {
  try {
    const entries = readdirSync(folder, { withFileTypes: true })
    return new Set(entries.filter((entry) => entry.isFile()).map(({ name }) => name))
  } catch {
    // It may be searched but not listed: each file is looked for the long way.
    return new Set()
  }
}
