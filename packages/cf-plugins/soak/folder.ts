// The plugins' files, and the ways in which editors and other programs save them.
import { createHash } from 'node:crypto'
import { mkdir, mkdtemp, open, realpath, rename, rm, unlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join, relative } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Random } from './random.ts'

/** `atomic`: written beside its place and renamed into it. `torn`: emptied, and then written in pieces. */
export type SaveStyle = 'atomic' | 'plain' | 'torn'

export class Folder {
  readonly path: string

  private constructor(path: string) {
    this.path = path
  }

  static async make(): Promise<Folder> {
    return new Folder(await realpath(await mkdtemp(join(tmpdir(), 'cf-soak-'))))
  }

  fileOf(name: string): string {
    return join(this.path, name)
  }

  nameOf(file: string): string {
    return relative(this.path, file)
  }

  async save(name: string, text: string, style: SaveStyle, random: Random): Promise<void> {
    const file = this.fileOf(name)
    await mkdir(dirname(file), { recursive: true })
    if (style === 'atomic') {
      const draft = join(dirname(file), '.draft')
      await writeFile(draft, text)
      await rename(draft, file)
    } else if (style === 'plain') await writeFile(file, text)
    else await this.#saveTorn(file, text, random)
  }

  remove(name: string): Promise<void> {
    return unlink(this.fileOf(name))
  }

  async delete(): Promise<void> {
    await rm(this.path, { recursive: true, force: true })
  }

  async #saveTorn(file: string, text: string, random: Random): Promise<void> {
    const handle = await open(file, 'w')
    try {
      for (let at = 0; at < text.length; ) {
        const piece = Math.ceil(text.length / random.between(2, 4))
        await handle.write(text.slice(at, at + piece))
        at += piece
        if (at < text.length) await sleep(random.between(5, 40))
      }
    } finally {
      await handle.close()
    }
  }
}

/** What the watcher calls a content. */
export function hashOf(text: string): string {
  return createHash('sha256').update(text).digest('hex')
}
