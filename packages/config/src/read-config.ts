// One reading of a configuration: every file of it, and all that is wrong with them.
import { readdir } from 'node:fs/promises'
import { basename, extname, join } from 'node:path'
import { messageOf } from '@cf-plugins/plugin-api'
import { type ConfigProblem, placeLine } from './config-problem.ts'
import { locate } from './locate.ts'
import type { Located } from './located.ts'
import { asMap, isPluginName, type ReadEntry, readEntry } from './plugin-entry.ts'
import { readText } from './read-text.ts'
import type { Environment } from './variables.ts'
import { readYaml } from './yaml-text.ts'

/** Where a configuration is. */
export interface ConfigPlaces {
  readonly file: string
  readonly folder: string
  /** Whether the file has to be there, and the folder. */
  readonly needs: { readonly file: boolean; readonly folder: boolean }
}

/** What was read. */
export interface ConfigRead {
  readonly entries: ReadonlyMap<string, ReadEntry>
  readonly problems: readonly ConfigProblem[]
  readonly watchedFiles: readonly string[]
}

/** Reads all files. @throws the signal's reason, nothing else */
export async function readConfig(
  places: ConfigPlaces,
  environment: Environment,
  signal: AbortSignal | undefined,
): Promise<ConfigRead> {
  const reading = new Reading(places, environment, signal)
  await reading.readFile()
  await reading.readFolder()
  return reading
}

class Reading implements ConfigRead {
  readonly entries = new Map<string, ReadEntry>()
  readonly problems: ConfigProblem[] = []
  readonly watchedFiles: string[] = []
  readonly #places: ConfigPlaces
  readonly #environment: Environment
  readonly #signal: AbortSignal | undefined

  constructor(places: ConfigPlaces, environment: Environment, signal: AbortSignal | undefined) {
    this.#places = places
    this.#environment = environment
    this.#signal = signal
  }

  /** The file with a key a plugin. */
  async readFile(): Promise<void> {
    const { file, needs } = this.#places
    const root = await this.#read(file)
    if (!root) {
      if (needs.file)
        this.#tell('CFP_CONFIG_MISSING', 'the file is not there: make it, or say that it is optional', file)
      return
    }
    const plugins = asMap(root)
    if (!plugins) {
      const message = 'must be a map with a key a plugin'
      this.problems.push({ code: 'CFP_CONFIG_VALUE', severity: 'error', path: '', message, ...root.position })
    }
    for (const [name, entry] of plugins?.entries ?? []) {
      // A place for what several plugins share by anchors.
      if (/^[_.]/.test(name)) continue
      if (isPluginName(name)) this.#add(readEntry(name, entry, this.problems))
      else this.problems.push(badName(name, entry.key))
    }
  }

  /** The folder with a file a plugin. */
  async readFolder(): Promise<void> {
    for (const file of await this.#filesOfFolder()) {
      const name = basename(file, extname(file))
      if (!isPluginName(name)) {
        this.problems.push(badName(name, { file }))
        continue
      }
      const node = await this.#read(file, name)
      const key = { file, line: 1, column: 1 }
      if (node) this.#add(readEntry(name, { key, node }, this.problems))
    }
  }

  /** A file's value. Nothing where there is no such file; what cannot be read is empty, and told. */
  async #read(file: string, plugin?: string): Promise<Located | undefined> {
    this.watchedFiles.push(file)
    const read = await readText(file, plugin, this.#signal)
    if (!read) return undefined
    const empty: Located = { kind: 'scalar', value: null, position: { file }, size: 1, height: 1 }
    if ('problem' in read) {
      this.problems.push(read.problem)
      return empty
    }
    const { document, positionOf, problems } = readYaml(read.text, file, plugin)
    this.problems.push(...problems)
    if (!document) return empty
    const located = locate(document, { positionOf, environment: this.#environment, plugin })
    this.problems.push(...located.problems)
    return located.root
  }

  async #filesOfFolder(): Promise<string[]> {
    const { folder, needs } = this.#places
    try {
      const names = await readdir(folder)
      this.#signal?.throwIfAborted()
      const files = names.filter((name) => /^[^_.].*\.ya?ml$/.test(name)).sort()
      return files.map((name) => join(folder, name))
    } catch (error) {
      this.#signal?.throwIfAborted()
      if ((error as NodeJS.ErrnoException).code !== 'ENOENT') {
        this.#tell('CFP_CONFIG_UNREADABLE', `the folder cannot be read: ${messageOf(error)}`, folder)
      } else if (needs.folder) {
        this.#tell('CFP_CONFIG_MISSING', 'the folder is not there: make it, or say that it is optional', folder)
      }
      return []
    }
  }

  #add(read: ReadEntry): void {
    const { name: plugin, file, line, column } = read.entry
    const first = this.entries.get(plugin)
    if (!first) return void this.entries.set(plugin, read)
    const message = `is configured here and in ${placeLine(first.entry)}: keep one of them`
    const at = { plugin, path: '', file, line, column }
    this.problems.push({ code: 'CFP_CONFIG_TWICE', severity: 'error', message, ...at })
  }

  #tell(code: ConfigProblem['code'], message: string, file: string): void {
    this.problems.push({ code, severity: 'error', path: '', message, file })
  }
}

/** A warning, as a name that no plugin has is one. */
function badName(name: string, position: { readonly file: string }): ConfigProblem {
  const shown = JSON.stringify(name.slice(0, 60))
  const message = `${shown} cannot be a plugin's name: those are of a-z, 0-9, ".", "_" and "-"`
  return { code: 'CFP_CONFIG_KEY', severity: 'warning', path: '', message, ...position }
}
