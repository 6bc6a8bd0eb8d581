// Where a run writes: beside the folder that it is for, until all is there, and then in its place. What is in `out` is whole at any time.
import { rmSync } from 'node:fs'
import { mkdir, mkdtemp, readdir, rename, rm } from 'node:fs/promises'
import { dirname } from 'node:path'
import { UsageError } from './options.ts'

/** Every result has it, and so a folder that has it may be replaced by a newer one. */
export const REPORT_FILE = 'report.json'

export class OutputFolder {
  readonly out: string
  /** Where the run writes. */
  readonly partial: string

  private constructor(out: string, partial: string) {
    this.out = out
    this.partial = partial
  }

  /** @throws `UsageError` where something else than a result is there already */
  static async make(out: string): Promise<OutputFolder> {
    const there = await readdir(out).catch((error: NodeJS.ErrnoException): string[] => {
      if (error.code === 'ENOENT') return []
      throw error
    })
    if (there.length > 0 && !there.includes(REPORT_FILE)) {
      throw new UsageError(`${out} is not empty, and what is in it is no result of an earlier run`)
    }
    await mkdir(dirname(out), { recursive: true })
    return new OutputFolder(out, await mkdtemp(`${out}.partial-`))
  }

  /** What was there before goes, and this is there. */
  async commit(): Promise<void> {
    const old = `${this.partial}.old`
    await rename(this.out, old).catch((error: NodeJS.ErrnoException) => {
      if (error.code !== 'ENOENT') throw error
    })
    await rename(this.partial, this.out)
    await rm(old, { recursive: true, force: true })
  }

  async discard(): Promise<void> {
    await rm(this.partial, { recursive: true, force: true })
  }

  /** For whoever has no time. */
  discardSync(): void {
    rmSync(this.partial, { recursive: true, force: true })
  }
}
