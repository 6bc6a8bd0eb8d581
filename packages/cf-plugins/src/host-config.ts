// The configuration of a host's plugins: what its files say, and what was given by hand.
import {
  type ConfigDocumentation,
  type ConfigProblem,
  type ConfigSnapshot,
  ConfigSource,
  type ConfigSourceOptions,
  configError,
  documentation,
  problemLine,
} from '@cf-plugins/config'
import type { ConfigPlace, LifecycleOptions } from '@cf-plugins/lifecycle'
import { type Logger, PluginError, type ResolvedPluginMeta } from '@cf-plugins/plugin-api'
import { type PluginRegistry, SemverRanges } from '@cf-plugins/registry'

/** The configuration of a host's plugins, as somebody reads it who is to write it. */
export interface ConfigOverview {
  /** Every option of every plugin, from the plugins' schemas. */
  readonly plugins: readonly ConfigDocumentation[]
  /** What is wrong with the files: errors, and what is only to be told. */
  readonly problems: readonly ConfigProblem[]
}

/** What a host says of plugins besides their settings. */
type HostPolicy = Pick<LifecycleOptions, 'access' | 'enabledOf'>

type HideSecrets = (text: string) => string

/** Answers what a lifecycle asks about configurations. */
export class HostConfig {
  readonly source: ConfigSource | undefined
  readonly #byHand: Map<string, unknown>
  readonly #registry: PluginRegistry
  readonly #ranges = new SemverRanges()
  #snapshot: ConfigSnapshot | undefined

  /** @throws `CFP_CONFIG_OPTIONS` */
  constructor(
    registry: PluginRegistry,
    option: string | ConfigSourceOptions | undefined,
    byHand: Readonly<Record<string, unknown>>,
  ) {
    this.#registry = registry
    this.#byHand = new Map(Object.entries(byHand))
    if (option !== undefined) this.source = new ConfigSource(typeof option === 'string' ? { file: option } : option)
  }

  /** What is in force. */
  get snapshot(): ConfigSnapshot | undefined {
    return this.#snapshot
  }

  /** Gives a plugin's configuration by hand: no file has a say in it then. */
  give(plugin: string, config: unknown): void {
    this.#byHand.set(plugin, config)
  }

  isByHand(plugin: string): boolean {
    return this.#byHand.has(plugin)
  }

  /** Hides what the plugins' loggers and errors must not tell: secrets of the files, and what the host hides by itself. */
  hidingBesides(own: HideSecrets | undefined): HideSecrets | undefined {
    const { secrets } = this.source ?? {}
    if (!secrets) return own
    return own ? (text) => own(secrets.hide(text)) : (text) => secrets.hide(text)
  }

  /**
   * Reads the files, for the first time.
   *
   * @throws `CFP_CONFIG_REFUSED` where a file is wrong as a whole, with all that is wrong with it
   */
  async load(signal?: AbortSignal): Promise<void> {
    if (!this.source) return
    const snapshot = await this.source.load({ signal })
    const unusable = unusableIn(snapshot)
    if (unusable.length > 0) throw configError(unusable)
    this.#snapshot = snapshot
  }

  /** Puts another configuration in force. */
  take(snapshot: ConfigSnapshot): void {
    this.#snapshot = snapshot
  }

  /** Everything that is wrong with a configuration, for the plugins that there are. */
  async check(snapshot: ConfigSnapshot, signal?: AbortSignal): Promise<readonly ConfigProblem[]> {
    const unusable = unusableIn(snapshot)
    if (unusable.length > 0) return unusable
    const satisfies = (version: string, range: string) => this.#ranges.has(range, version)
    return snapshot.check(this.metas(), { satisfies, signal })
  }

  /** Tells the log what does not keep anything from running: names that nobody has, keys that nobody reads. */
  async tellWarnings(logger: Logger | undefined): Promise<void> {
    if (!this.#snapshot || !logger) return
    const problems = await this.check(this.#snapshot)
    for (const problem of problems) {
      if (problem.severity === 'warning') logger.warn({ ...problem }, problemLine(problem))
    }
  }

  /** What can be configured, and what is wrong with what is. Reads the files where nothing of them is in force yet. */
  async overview(): Promise<ConfigOverview> {
    const snapshot = this.#snapshot ?? (await this.source?.load())
    return {
      plugins: this.metas().map(documentation),
      problems: snapshot ? await this.check(snapshot) : [],
    }
  }

  metas(): ResolvedPluginMeta[] {
    return this.#registry.records().map(({ meta }) => meta)
  }

  /** The raw configuration of a plugin. @throws `CFP_CONFIG_REFUSED`, `CFP_CONFIG_VERSION` */
  readonly rawOf = (plugin: string, meta = this.#registry.get(plugin)?.meta): unknown => {
    if (this.#byHand.has(plugin)) return this.#byHand.get(plugin)
    if (!this.#snapshot || !meta) return undefined
    const entry = this.#snapshot.plugins.get(plugin)
    if (entry?.version !== undefined && !this.#ranges.has(entry.version, meta.version)) {
      const { file, line, column, version } = entry
      throw new PluginError(
        'CFP_CONFIG_VERSION',
        `Plugin "${plugin}" is version ${meta.version}, and its configuration is for ${version}. Mend the configuration, and then its version.`,
        { plugin, phase: 'configure', file, line, column },
      )
    }
    return this.#snapshot.settingsFor(meta, this.metas())
  }

  /** Where a value of it stands. */
  readonly placeOf = (plugin: string, path: readonly string[]): ConfigPlace | undefined =>
    this.#byHand.has(plugin) ? undefined : this.#snapshot?.placeOf(plugin, path)

  /** Who starts, and what each may use: as the files say, or else as the host's own options do. */
  policyOver({ access, enabledOf }: HostPolicy): HostPolicy {
    const entryOf = (plugin: string) => this.#snapshot?.plugins.get(plugin)
    const { grants } = access ?? {}
    const granted = typeof grants === 'function' ? grants : (plugin: string) => grants && ownOf(grants, plugin)
    return {
      enabledOf: (plugin) => entryOf(plugin)?.enabled ?? enabledOf?.(plugin),
      access: { ...access, grants: (plugin) => entryOf(plugin)?.permissions ?? granted(plugin) },
    }
  }
}

function ownOf<T>(values: Readonly<Record<string, T>>, key: string): T | undefined {
  return Object.hasOwn(values, key) ? values[key] : undefined
}

/** What is wrong with a file as a whole: what stands in it nobody knows then. */
function unusableIn({ problems }: ConfigSnapshot): ConfigProblem[] {
  return problems.filter(({ plugin, severity }) => plugin === undefined && severity === 'error')
}
