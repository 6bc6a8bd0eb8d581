// Compiled modules on disk, by what they were compiled from, so that a cold start transforms nothing.
import { lstatSync, mkdirSync } from 'node:fs'
import { createRequire } from 'node:module'
import { tmpdir, userInfo } from 'node:os'
import { dirname, join } from 'node:path'
import { checksumOf } from './cache-batch.ts'
import { CachePack } from './cache-pack.ts'

/** Keeps compiled modules in a folder, a file for all that one loader loads. Whatever goes wrong with the folder, a load goes on without it. */
export class CompileCache {
  readonly #folder: string
  readonly #name: string
  #pack: CachePack | false | undefined

  /** `name` is the loader's: what it looks for plugins in. */
  constructor(folder: string, name: string) {
    this.#folder = join(folder, `loader-${FORMAT}`)
    this.#name = name
  }

  /** What is kept of the loader's modules. */
  get pack(): CachePack | undefined {
    this.#pack ??= this.#open() ?? false
    return this.#pack || undefined
  }

  /** What is in the folder is run: so it must be this user's, and nobody else may write to it. */
  #open(): CachePack | undefined {
    try {
      const version = String(createRequire(import.meta.url)('../package.json').version)
      mkdirSync(this.#folder, { recursive: true, mode: 0o700 })
      if (!isOwn(this.#folder)) return undefined
      return new CachePack(join(this.#folder, `${checksumOf(`${version} ${this.#name}`)}.pack`))
    } catch {
      return undefined
    }
  }
}

/** Goes up when what the rewriter writes changes its meaning. */
const FORMAT = 5

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
