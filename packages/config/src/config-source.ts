// Where a host's configuration is from: one file with a key a plugin, a folder with a file a plugin, and the environment.
import { readdir } from 'node:fs/promises'
import { basename, dirname, extname, join, resolve } from 'node:path'
import { messageOf, PluginError } from '@cf-plugins/plugin-api'
import type { ConfigProblem } from './config-problem.ts'
import { placeLine } from './config-problem.ts'
import { ConfigSnapshot } from './config-snapshot.ts'
import { locate } from './locate.ts'
import type { Located } from './located.ts'
import { asMap, isPluginName, type ReadEntry, readEntry } from './plugin-entry.ts'
import { readText } from './read-text.ts'
import { SchemaTrees } from './schema-trees.ts'
import { Secrets } from './secrets.ts'
import type { Environment } from './variables.ts'
import { readYaml } from './yaml-text.ts'

/** What a {@link ConfigSource} is made with. */
export interface ConfigSourceOptions {
  /** The file with a key a plugin: `plugins.yaml`. Relative paths are the working directory's. */
  readonly file: string
  /** The folder with a file a plugin: `<name>.yaml` has what would stand under its key. @default `plugins.d` beside `plugins.yaml` */
  readonly folder?: string | undefined
  /** Read anew at every `load()`. @default process.env */
  readonly env?: Readonly<Record<string, string | undefined>> | undefined
  /** The file need not be there, nor the folder that was named. @default false */
  readonly optional?: boolean | undefined
  /** Where values that schemas mark as secret are kept. @default a new one */
  readonly secrets?: Secrets | undefined
}

/**
 * Reads a host's configuration. Nothing is kept between one `load()` and the next but the secrets: whoever has a snapshot has it as it
 * was, whatever becomes of the files.
 *
 * @example
 * const source = new ConfigSource({ file: 'plugins.yaml' })
 * const config = await source.load()
 * const problems = await config.check([counter.meta])
 */
export class ConfigSource {
  /** Absolute. */
  readonly file: string
  /** Absolute. */
  readonly folder: string
  readonly secrets: Secrets
  readonly #schemas = new SchemaTrees()
  readonly #folderIsNamed: boolean
  readonly #optional: boolean
  readonly #env: Readonly<Record<string, string | undefined>>

  /** @throws `CFP_CONFIG_OPTIONS` */
  constructor({ file, folder, env = process.env, optional = false, secrets = new Secrets() }: ConfigSourceOptions) {
    this.file = pathOption('file', file)
    this.folder =
      folder === undefined
        ? join(dirname(this.file), `${basename(this.file, extname(this.file))}.d`)
        : pathOption('folder', folder)
    if (this.folder === this.file) throw wrongOption('folder must be another path than file')
    this.secrets = secrets
    this.#folderIsNamed = folder !== undefined
    this.#optional = optional
    this.#env = env
  }

  /** What to watch for edits: the file and the folder, there or not. */
  get roots(): readonly [file: string, folder: string] {
    return [this.file, this.folder]
  }

  /**
   * Reads all files. What is wrong with them is among the snapshot's problems, all of it.
   *
   * @throws the signal's reason, nothing else
   */
  async load({ signal }: { readonly signal?: AbortSignal | undefined } = {}): Promise<ConfigSnapshot> {
    const environment: Environment = new Map(
      Object.entries(this.#env).filter((entry): entry is [string, string] => entry[1] !== undefined),
    )
    const problems: ConfigProblem[] = []
    const entries = new Map<string, ReadEntry>()
    const watchedFiles = [this.file]
    const add = (read: ReadEntry) => {
      const { name } = read.entry
      const first = entries.get(name)
      if (!first) return void entries.set(name, read)
      const { file, line, column } = read.entry
      const message = `is configured here and in ${placeLine(first.entry)}: keep one of them`
      problems.push({
        code: 'CFP_CONFIG_TWICE',
        severity: 'error',
        plugin: name,
        path: '',
        message,
        file,
        line,
        column,
      })
    }
    const root = await this.#read(this.file, undefined, environment, problems, signal)
    if (root === undefined && !this.#optional) problems.push(this.#missing(this.file, 'file'))
    const plugins = root && asMap(root)
    if (root && !plugins) {
      const message = 'must be a map with a key a plugin'
      problems.push({ code: 'CFP_CONFIG_VALUE', severity: 'error', path: '', message, ...root.position })
    }
    for (const [name, entry] of plugins?.entries ?? []) {
      // A place for what several plugins share by anchors.
      if (/^[_.]/.test(name)) continue
      if (isPluginName(name)) add(readEntry(name, entry, problems))
      else problems.push(badName(name, entry.key))
    }
    for (const file of await this.#filesOf(problems, signal)) {
      watchedFiles.push(file)
      const name = basename(file, extname(file))
      const key = { file, line: 1, column: 1 }
      if (!isPluginName(name)) problems.push(badName(name, { file }))
      else {
        const node = await this.#read(file, name, environment, problems, signal)
        if (node) add(readEntry(name, { key, node }, problems))
      }
    }
    const { file, secrets } = this
    return new ConfigSnapshot({ file, entries, problems, watchedFiles, environment, secrets, schemas: this.#schemas })
  }

  /** A file's value. Nothing where there is no such file; what cannot be read is empty, and told. */
  async #read(
    file: string,
    plugin: string | undefined,
    environment: Environment,
    problems: ConfigProblem[],
    signal: AbortSignal | undefined,
  ): Promise<Located | undefined> {
    const empty: Located = { kind: 'scalar', value: null, position: { file }, size: 1, height: 1 }
    const read = await readText(file, plugin, signal)
    if (!read) return undefined
    if ('problem' in read) {
      problems.push(read.problem)
      return empty
    }
    const { document, positionOf, problems: found } = readYaml(read.text, file, plugin)
    problems.push(...found)
    if (!document) return empty
    const { root, problems: more } = locate(document, { positionOf, environment, plugin })
    problems.push(...more)
    return root
  }

  async #filesOf(problems: ConfigProblem[], signal: AbortSignal | undefined): Promise<string[]> {
    try {
      const names = await readdir(this.folder)
      const files = names.filter((name) => /^[^_.].*\.ya?ml$/.test(name)).sort()
      return files.map((name) => join(this.folder, name))
    } catch (error) {
      signal?.throwIfAborted()
      const { code } = error as NodeJS.ErrnoException
      if (code !== 'ENOENT') {
        const message = `the folder cannot be read: ${messageOf(error)}`
        problems.push({ code: 'CFP_CONFIG_UNREADABLE', severity: 'error', path: '', message, file: this.folder })
      } else if (this.#folderIsNamed && !this.#optional) problems.push(this.#missing(this.folder, 'folder'))
      return []
    }
  }

  #missing(file: string, what: 'file' | 'folder'): ConfigProblem {
    const message = `the ${what} is not there: make it, or say that it is optional`
    return { code: 'CFP_CONFIG_MISSING', severity: 'error', path: '', message, file }
  }
}

/** A warning, as a name that no plugin has is one. */
function badName(name: string, position: { readonly file: string }): ConfigProblem {
  const shown = JSON.stringify(name.slice(0, 60))
  const message = `${shown} cannot be a plugin's name: those are of a-z, 0-9, ".", "_" and "-"`
  return { code: 'CFP_CONFIG_KEY', severity: 'warning', path: '', message, ...position }
}

function pathOption(name: string, value: unknown): string {
  if (typeof value === 'string' && value.trim() && !value.includes('\0')) return resolve(value)
  throw wrongOption(`${name} must be the path of a ${name}`)
}

function wrongOption(message: string): PluginError {
  return new PluginError('CFP_CONFIG_OPTIONS', `ConfigSource cannot be made: ${message}.`, { phase: 'configure' })
}
