// Which files are plain ones: no links, no folders.
import type { Stats } from 'node:fs'
import { plainStats } from './file-identity.ts'

/** Answers for one load, and no longer: it looks at each file once, for whoever resolves an import and for whoever reads what it leads to. */
export class PlainFiles {
  readonly #seen = new Map<string, Stats | undefined>()

  /** Nothing where it is not there, or no plain file. */
  look(path: string): Stats | undefined {
    let stats = this.#seen.get(path)
    if (stats === undefined && !this.#seen.has(path)) {
      stats = plainStats(path)
      this.#seen.set(path, stats)
    }
    return stats
  }
}
