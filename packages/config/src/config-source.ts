// Where a host's configuration is from: one file with a key a plugin, a folder with a file a plugin, and the environment.
import { basename, dirname, extname, join, resolve } from 'node:path'
import { PluginError } from '@cf-plugins/plugin-api'
import { shownFile, within } from '@cf-plugins/plugin-api/host'
import { ConfigSnapshot } from './config-snapshot.ts'
import { SchemaTrees } from './schema-trees.ts'
import { Secrets } from './secrets.ts'
import type { Environment } from './variables.ts'

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

/** How a configuration is read. */
export interface ConfigLoadOptions {
  /** Ends the reading, which rejects with its reason. */
  readonly signal?: AbortSignal | undefined
  /** How long it may take, in milliseconds. @default 10000 */
  readonly boundMs?: number | undefined
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
    for (const [name, value] of Object.entries(env)) {
      if (value !== undefined && typeof value !== 'string') throw wrongOption(`env.${name} must be a text`)
    }
    if (typeof optional !== 'boolean') throw wrongOption('optional must be true or false')
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
   * Reads all files, within `boundMs`. What is wrong with them is among the snapshot's problems, all of it.
   *
   * @throws `CFP_CONFIG_UNREADABLE` where they are not read in time, or the signal's reason; nothing else
   */
  async load({ signal, boundMs = 10_000 }: ConfigLoadOptions = {}): Promise<ConfigSnapshot> {
    const environment = environmentOf(this.#env)
    const { file, folder, secrets } = this
    const late = new AbortController()
    const inTime = signal ? AbortSignal.any([signal, late.signal]) : late.signal
    const tooLate = () => {
      const error = new PluginError(
        'CFP_CONFIG_UNREADABLE',
        `The configuration was not read within ${boundMs} ms (${shownFile(file)}). See that its disk answers.`,
        { phase: 'configure', file },
      )
      // What is still under way reads no further.
      late.abort(error)
      return error
    }
    const needs = { file: !this.#optional, folder: this.#folderIsNamed && !this.#optional }
    // With it comes the reader of YAML, which is slow to import: a host without such files does without it.
    const reading = import('./read-config.ts').then(({ readConfig }) =>
      readConfig({ file, folder, needs }, environment, inTime),
    )
    const read = await within(reading, { ms: boundMs, late: tooLate, signal })
    return new ConfigSnapshot({ ...read, file, environment, secrets, schemas: this.#schemas })
  }
}

function environmentOf(env: Readonly<Record<string, string | undefined>>): Environment {
  const isText = (entry: [string, unknown]): entry is [string, string] => typeof entry[1] === 'string'
  return new Map(Object.entries(env).filter(isText))
}

function pathOption(name: string, value: unknown): string {
  if (typeof value === 'string' && value.trim() && !value.includes('\0')) return resolve(value)
  throw wrongOption(`${name} must be the path of a ${name}`)
}

function wrongOption(message: string): PluginError {
  return new PluginError('CFP_CONFIG_OPTIONS', `ConfigSource cannot be made: ${message}.`, { phase: 'configure' })
}
