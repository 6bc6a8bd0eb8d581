// Compiled modules on disk, by what they were compiled from, so that a cold start transforms nothing.
import { lstatSync, mkdirSync } from 'node:fs'
import { createRequire } from 'node:module'
import { tmpdir, userInfo } from 'node:os'
import { dirname, join } from 'node:path'
import { CachePack, digest } from './cache-pack.ts'

/** Keeps compiled modules in a folder, a file for all that one entry file imports. Whatever goes wrong with the folder, a load goes on without it. */
export class CompileCache {
  readonly #folder: string
  readonly #packs = new Map<string, CachePack>()
  #usable: boolean | undefined
  #version = ''

  constructor(folder: string) {
    this.#folder = join(folder, `loader-${FORMAT}`)
  }

  /** What is kept for the modules of an entry file. */
  packOf(entry: string): CachePack | undefined {
    const known = this.#packs.get(entry)
    if (known || !this.#prepare()) return known
    const pack = new CachePack(join(this.#folder, `${digest(`${this.#version} ${entry}`)}.pack`))
    this.#packs.set(entry, pack)
    return pack
  }

  /** What is in the folder is run: so it must be this user's, and nobody else may write to it. */
  #prepare(): boolean {
    if (this.#usable !== undefined) return this.#usable
    try {
      this.#version = String(createRequire(import.meta.url)('../package.json').version)
      mkdirSync(this.#folder, { recursive: true, mode: 0o700 })
      this.#usable = isOwn(this.#folder)
    } catch {
      this.#usable = false
    }
    return this.#usable
  }
}

/** Goes up when what the rewriter writes changes its meaning. */
const FORMAT = 4

/** `node_modules/.cache/cf-plugins` of the nearest package, or a folder of this user's among the temporary ones. */
export function defaultCacheFolder(from: string): string {
  for (let folder = from; ; folder = dirname(folder)) {
    try {
      if (lstatSync(join(folder, 'node_modules')).isDirectory())
        return join(folder, 'node_modules', '.cache', 'cf-plugins')
    } catch {
      // Not here: further up.
    }
    if (dirname(folder) === folder) return join(tmpdir(), `cf-plugins-${userInfo().uid}`)
  }
}

function isOwn(folder: string): boolean {
  const { uid, mode } = lstatSync(folder)
  return process.getuid === undefined || (uid === process.getuid() && (mode & 0o022) === 0)
}
