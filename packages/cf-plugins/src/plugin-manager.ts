// A host's one object for its plugins: every piece of the house, wired.
import type { HandlerView, PluginEvents, PluginHooks } from '@cf-plugins/hooks'
import { type AbsentPlugin, HotReloader, type ReloadReport } from '@cf-plugins/hot-reload'
import type {
  Lifecycle,
  PluginStatus,
  StartOptions,
  StartReport,
  StateListener,
  StopReport,
} from '@cf-plugins/lifecycle'
import type { PluginLoader } from '@cf-plugins/loader'
import type { HealthReport, MetricsSnapshot, Monitor } from '@cf-plugins/monitor'
import {
  type Logger,
  type PipelineRef,
  type PipelineSteps,
  PluginError,
  type ServiceRef,
  serviceName,
} from '@cf-plugins/plugin-api'
import { atMost, safeLogger, toPluginRecord } from '@cf-plugins/plugin-api/host'
import { type Explanation, PluginRegistry } from '@cf-plugins/registry'
import type { PluginThreads, ThreadStatus } from '@cf-plugins/worker'
import { whyAbsent } from './absent-plugin.ts'
import { ConfigEdits } from './config-edits.ts'
import { type ConfigOverview, HostConfig } from './host-config.ts'
import { hostModules } from './host-modules.ts'
import { HostMonitor } from './host-monitor.ts'
import { hostThreads } from './host-threads.ts'
import type { PluginManagerOptions } from './plugin-manager-options.ts'
import { standardErrorLog } from './standard-error-log.ts'
import { logStart } from './start-log.ts'

/** How long what watches may take to end once the plugins have, in milliseconds. */
const END_MS = 1000

/**
 * Finds, checks, orders, starts, connects and replaces the plugins of one host.
 *
 * @example
 * const manager = new PluginManager({ app, paths: ['plugins'], hotReload: true })
 * const report = await manager.start()
 * const auth = manager.get(Auth)
 * await manager.stop()
 */
export class PluginManager<App = unknown, Shared = unknown> implements AsyncDisposable {
  readonly #reloader: HotReloader<App, Shared>
  readonly #autoLoad: boolean
  readonly #config: HostConfig
  readonly #edits: ConfigEdits | undefined
  readonly #logger: Logger | undefined
  readonly #monitor: HostMonitor
  readonly #threads: PluginThreads | undefined
  #starting: Promise<unknown> | undefined

  constructor(options: PluginManagerOptions<App, Shared> = {}) {
    const { autoLoad = true, hotReload = false, configs = {}, config, load, threads = true, ...others } = options
    const { logger = standardErrorLog(), ...rest } = others
    this.#autoLoad = autoLoad
    const registry = new PluginRegistry(options)
    this.#config = new HostConfig(registry, config, configs)
    const { rawOf, placeOf } = this.#config
    const hideSecrets = this.#config.hidingBesides(options.hideSecrets)
    const secrets = hideSecrets && { hideSecrets }
    this.#logger = logger ? safeLogger(logger) : undefined
    const log = this.#logger && { logger: this.#logger }
    const isInline = threads === 'inline'
    this.#threads = threads && !isInline ? hostThreads(threads, () => this.loader, this.#logger) : undefined
    this.#reloader = new HotReloader<App, Shared>({
      ...rest,
      ...log,
      ...secrets,
      ...(isInline && { threads: 'inline' }),
      ...(this.#threads && { threads: this.#threads }),
      registry,
      watch: hotReload && autoLoad,
      load: { ...load, hostModules: hostModules({ PluginManager }) },
      configOf: rawOf,
      configPlaceOf: placeOf,
      ...(config !== undefined && this.#config.policyOver(options)),
    })
    this.#monitor = new HostMonitor(this.#reloader, { ...options, ...secrets, logger: this.#logger })
    if (hotReload && config !== undefined)
      this.#edits = new ConfigEdits({
        config: this.#config,
        lifecycle: this.lifecycle as Lifecycle<never, never>,
        logger: this.#logger,
        debounceMs: options.debounceMs,
        afterConfigChange: options.afterConfigChange,
      })
  }

  get lifecycle(): Lifecycle<App, Shared> {
    return this.#reloader.lifecycle
  }

  get events(): PluginEvents {
    return this.lifecycle.events
  }

  get hooks(): PluginHooks {
    return this.lifecycle.hooks
  }

  get registry(): PluginRegistry {
    return this.lifecycle.registry
  }

  get loader(): PluginLoader {
    return this.#reloader.loader
  }

  /** What watches this host: its timeline and its audit trail are there. */
  get monitor(): Monitor {
    return this.#monitor.monitor
  }

  /** A pipeline of the host's: its own steps, and those of plugins. */
  pipeline<Value>(pipeline: PipelineRef<Value>): PipelineSteps<Value>
  pipeline<Value = unknown>(name: string): PipelineSteps<Value>
  pipeline(pipeline: PipelineRef | string): PipelineSteps {
    return this.lifecycle.pipelines.get(pipeline as PipelineRef)
  }

  /** Who listens to what, in the order of the calls, and how each fares: events, hooks and pipelines. */
  handlers(): HandlerView[] {
    const { events, hooks, pipelines } = this.lifecycle
    return [...events.handlers(), ...hooks.handlers(), ...pipelines.handlers()]
  }

  /** Every option of every plugin, and what is wrong with the configuration's files. Secrets are in neither. */
  configuration(): Promise<ConfigOverview> {
    return this.#config.overview()
  }

  /** How well the host is: what its plugins say, where they stand, liveness and readiness. At most a second old. */
  health(): Promise<HealthReport> {
    return this.monitor.health()
  }

  /** What was counted since the start; only with the option `monitor`. */
  metrics(): MetricsSnapshot {
    return this.monitor.metrics()
  }

  /**
   * Starts every plugin that can be, each as soon as what it needs is ready. A plugin that fails is in the report, with
   * its cause, and stops nobody but those that need it.
   *
   * @throws `CFP_FOLDER_MISSING`, `CFP_FOLDER_UNREADABLE`, `CFP_START_ABORTED`; everything is stopped again then
   */
  start(options: StartOptions = {}): Promise<StartReport> {
    const starting = this.#start(options)
    this.#starting ??= starting.catch(() => {})
    return starting
  }

  /**
   * Adds a plugin by value: a definition, a decorated class, or an object with `PLUGIN_META` and `register`. It starts
   * with the others, or at once where they have started.
   *
   * @throws `CFP_NOT_A_PLUGIN`, `CFP_META_INVALID`, `CFP_DUPLICATE_NAME`; once the others have started, whatever keeps
   * it from starting too, and the plugin's own error where it fails: it stays registered then, and `enable()` tries it again
   */
  async add(plugin: unknown, { config }: { readonly config?: unknown } = {}): Promise<void> {
    const record = toPluginRecord(plugin, { generation: 1, files: [] })
    const { name } = record.meta
    // What it finds there, it must not change.
    if (!this.registry.has(name) && config !== undefined) this.#config.give(name, config)
    if (!this.#starting) return this.registry.add(record)
    await this.#starting
    await this.lifecycle.add([record])
    const { state, error } = this.status(name)
    if (state !== 'active' && error) throw error
  }

  /** The service of an active plugin. @throws `CFP_NOT_ACTIVE` with the reason, `CFP_PLUGIN_UNKNOWN`, `CFP_PLUGIN_RELOADING` */
  get<T>(ref: ServiceRef<T>): T
  get(name: string): unknown
  get(ref: ServiceRef<unknown> | string): unknown {
    try {
      return this.lifecycle.service(serviceName(ref))
    } catch (error) {
      return this.#rethrow(error)
    }
  }

  /** The same, or nothing where the plugin is not there, not active, or being replaced. */
  tryGet<T>(ref: ServiceRef<T>): T | undefined
  tryGet(name: string): unknown
  tryGet(ref: ServiceRef<unknown> | string): unknown {
    try {
      return this.lifecycle.service(serviceName(ref))
    } catch (error) {
      if (error instanceof PluginError) return undefined
      throw error
    }
  }

  /** Calls `task` with a service. Waits while its plugin is replaced, and the next replacement waits for it. */
  use<T, R>(ref: ServiceRef<T>, task: (service: T) => R | PromiseLike<R>): Promise<R>
  use<R>(name: string, task: (service: unknown) => R | PromiseLike<R>): Promise<R>
  use<R>(ref: ServiceRef<unknown> | string, task: (service: never) => R | PromiseLike<R>): Promise<R> {
    const name = serviceName(ref)
    const used = this.lifecycle.use(name, task as (service: unknown) => R | PromiseLike<R>)
    return this.registry.has(name) ? used : used.catch((error) => this.#rethrow(error))
  }

  /** The threads of each plugin that has some, and how much waits for them. */
  threads(): readonly ThreadStatus[] {
    return this.#threads?.status() ?? []
  }

  /** Why a plugin is where it is, down to the root cause: a file that cannot be loaded among those. @throws `CFP_PLUGIN_UNKNOWN` */
  explain(name: string): Explanation {
    return this.#reloader.explain(name)
  }

  /** Loads a plugin's code anew and replaces it and all that depend on it, as one transaction. @throws `CFP_PLUGIN_UNKNOWN` */
  reload(names: string | readonly string[]): Promise<ReloadReport> {
    return this.#reloader.reloadPlugins(typeof names === 'string' ? [names] : names)
  }

  /**
   * Looks at the folders and packages once more: starts plugins that have come since, and takes out those whose files are gone. For hosts
   * without `hotReload`, and for packages that are installed while they run.
   */
  rescan(): Promise<ReloadReport> {
    return this.#reloader.rescan()
  }

  enable(name: string): Promise<void> {
    return this.lifecycle.enable(name)
  }

  disable(name: string): Promise<void> {
    return this.lifecycle.disable(name)
  }

  unload(name: string): Promise<void> {
    return this.lifecycle.unload(name)
  }

  status(name: string): PluginStatus {
    return this.lifecycle.status(name)
  }

  /** Plugins that are not there at all, for their files could not be loaded, or were refused: `explain` knows them, and a good save starts them. */
  absent(): readonly AbsentPlugin[] {
    return this.#reloader.absent()
  }

  /** Every plugin and where it stands, dependencies first. */
  ordered(): PluginStatus[] {
    return this.lifecycle.statuses()
  }

  /** Listens to every transition of a plugin's state. */
  watch(listener: StateListener): () => void {
    return this.lifecycle.watch(listener)
  }

  /** Resolves when every file change that was seen so far has been dealt with. */
  async idle(): Promise<void> {
    await Promise.all([this.#reloader.idle(), this.#edits?.idle()])
  }

  /** Stops every plugin, dependents first. Returns within the bound, whatever the plugins do. */
  async stop(options: { readonly boundMs?: number } = {}): Promise<StopReport> {
    const edits = this.#edits?.close()
    // An edit that is under way ends with the lifecycle.
    const report = await this.#reloader.stop(options)
    await Promise.all([atMost(Promise.resolve(edits), END_MS), this.#threads?.close(END_MS)])
    await this.#monitor.end()
    return report
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop()
  }

  async #start(options: StartOptions): Promise<StartReport> {
    await this.#monitor.begin()
    try {
      await this.#edits?.watch()
      await this.#config.load(options.signal)
      const report = await (this.#autoLoad ? this.#reloader.start(options) : this.lifecycle.start(options))
      this.#monitor.started()
      if (this.#logger) logStart(report, this.#logger, this.#autoLoad ? this.loader.roots : [])
      await this.#config.tellWarnings(this.#logger)
      this.#edits?.open()
      return report
    } catch (error) {
      await this.#threads?.close(END_MS)
      await this.#edits?.close()
      await this.#monitor.end()
      throw error
    }
  }

  #rethrow(error: unknown): never {
    throw whyAbsent(error, (name) => this.explain(name), this.#starting !== undefined)
  }
}
