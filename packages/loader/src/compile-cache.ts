// Compiled modules on disk, by what they were compiled from, so that a cold start transforms nothing.
import { hash, randomUUID } from 'node:crypto'
import { lstatSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { tmpdir, userInfo } from 'node:os'
import { dirname, join } from 'node:path'
import type { ModuleCode } from './module-code.ts'

/** Keeps compiled modules in a folder. Whatever goes wrong with the folder, a load goes on without it. */
export class CompileCache {
  readonly #folder: string
  readonly #version = String(createRequire(import.meta.url)('../package.json').version)
  #usable: boolean | undefined

  constructor(folder: string) {
    this.#folder = join(folder, `loader-${FORMAT}`)
  }

  get(key: string): ModuleCode | undefined {
    if (!this.#prepare()) return undefined
    try {
      const entry = readFileSync(this.#fileOf(key), 'utf8')
      const start = entry.indexOf('\n') + 1
      const body = entry.slice(start)
      if (entry.slice(0, start - 1) !== digest(body)) return undefined
      const end = body.indexOf('\n')
      return { ...(JSON.parse(body.slice(0, end)) as Omit<ModuleCode, 'code'>), code: body.slice(end + 1) }
    } catch {
      return undefined
    }
  }

  set(key: string, { code, ...rest }: ModuleCode): void {
    if (!this.#prepare()) return
    const file = this.#fileOf(key)
    const body = `${JSON.stringify(rest)}\n${code}`
    const temporary = `${file}.${randomUUID()}.tmp`
    try {
      mkdirSync(dirname(file), { recursive: true, mode: 0o700 })
      writeFileSync(temporary, `${digest(body)}\n${body}`, { mode: 0o600 })
      renameSync(temporary, file)
    } catch {
      this.#usable = false
    }
  }

  /** What is in the folder is run: so it must be this user's, and nobody else may write to it. */
  #prepare(): boolean {
    if (this.#usable !== undefined) return this.#usable
    try {
      mkdirSync(this.#folder, { recursive: true, mode: 0o700 })
      this.#usable = isOwn(this.#folder)
    } catch {
      this.#usable = false
    }
    return this.#usable
  }

  #fileOf(key: string): string {
    const name = digest(`${this.#version} ${key}`)
    return join(this.#folder, name.slice(0, 2), `${name.slice(2)}.js`)
  }
}

/** Goes up when what the rewriter writes changes its meaning. */
const FORMAT = 3

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

function digest(text: string): string {
  return hash('sha256', text, 'hex')
}
