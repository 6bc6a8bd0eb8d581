// Plugins from folders, started, watched, and replaced when their files change.
import {
  Lifecycle,
  type LifecycleOptions,
  type StartOptions,
  type StartReport,
  type StopReport,
} from '@cf-plugins/lifecycle'
import { type LoadReport, PluginLoader, type PluginLoaderOptions } from '@cf-plugins/loader'
import type { Logger, PluginError } from '@cf-plugins/plugin-api'
import { StatePreserver } from '@cf-plugins/state-preserver'
import { type FileChange, ReloadTrigger, type WatcherHealth } from '@cf-plugins/watcher'
import { ChangeQueue } from './change-queue.ts'
import { given } from './given.ts'
import { type PlanSources, planChanges, planRequest, type ReloadPlan } from './reload-plan.ts'
import type { ReloadReport } from './reload-report.ts'
import { type HostHooks, ReloadRun } from './reload-run.ts'

/** What a reloader is made with: options for pieces of its own, or pieces that the host has already. */
export interface HotReloaderOptions<App = unknown, Shared = unknown>
  extends HostHooks,
    Omit<LifecycleOptions<App, Shared>, 'app' | 'keeper'> {
  /** Folders with plugins. @default ['plugins'] */
  readonly paths?: readonly string[]
  /** Handed to each plugin's `register`. @default {} */
  readonly app?: App
  /** Watch the folders. @default true */
  readonly watch?: boolean
  /** How long two reads of a file must be apart, and equal, for it to be settled, in milliseconds. @default 60 */
  readonly debounceMs?: number
  /** More options for the loader. */
  readonly load?: Omit<PluginLoaderOptions, 'paths' | 'logger'>
  readonly loader?: PluginLoader
  readonly lifecycle?: Lifecycle<App, Shared>
  readonly preserver?: StatePreserver
}

/**
 * Loads the plugins of some folders, starts them, and replaces them in the running process when their files change:
 * with their state, or not at all.
 *
 * @example
 * const reloader = new HotReloader({ paths: ['plugins'], app, shared })
 * await reloader.start()
 * const report = await reloader.reloadPlugin('counter')
 */
export class HotReloader<App = unknown, Shared = unknown> implements AsyncDisposable {
  readonly loader: PluginLoader
  readonly lifecycle: Lifecycle<App, Shared>
  readonly #logger: Logger | undefined
  readonly #run: ReloadRun
  readonly #changes: ChangeQueue
  readonly #trigger: ReloadTrigger | undefined
  /** Files that look like plugins and could not be loaded, and why. */
  readonly #broken = new Map<string, PluginError>()

  constructor(options: HotReloaderOptions<App, Shared> = {}) {
    const { paths, logger, debounceMs, watch = true } = options
    this.#logger = logger
    this.loader = options.loader ?? new PluginLoader({ ...options.load, ...given({ paths, logger }) })
    this.lifecycle =
      options.lifecycle ??
      new Lifecycle<App, Shared>({
        ...options,
        app: options.app ?? ({} as App),
        keeper: options.preserver ?? new StatePreserver(),
      })
    this.#run = new ReloadRun({
      loader: this.loader,
      lifecycle: this.lifecycle,
      logger,
      broken: this.#broken,
      hooks: options,
    })
    this.#changes = new ChangeQueue((changes) => this.#apply(planChanges(changes, this.#sources())))
    if (watch) {
      this.#trigger = new ReloadTrigger({
        roots: this.loader.roots,
        ...given({ debounceMs }),
        onChanges: (changes) => this.#seen(changes),
        onPassedOver: (file, why) => logger?.debug({ file, why }, `${file} passed over: ${why}`),
        onError: (error) => logger?.warn({ err: error }, error.message),
      })
    }
  }

  /** Whether changes are seen as they should be; nothing where nothing is watched. */
  get watching(): WatcherHealth | undefined {
    return this.#trigger?.health
  }

  /**
   * Watches the folders, loads what is in them, and starts it. A file that cannot be loaded is among the report's
   * failures; saving it well starts it.
   */
  async start(options: StartOptions = {}): Promise<StartReport> {
    // Watching comes first, so that no edit falls between the loading and the watching.
    await this.#trigger?.start(options.signal ? { signal: options.signal } : {})
    const loaded = await this.loader.loadPlugins(options.signal ? { signal: options.signal } : {})
    const failures = this.#register(loaded)
    const report = await this.lifecycle.start(options)
    this.#changes.open()
    return { ...report, failed: [...failures, ...report.failed] }
  }

  /** Loads a plugin's code anew and replaces it, with all that depend on it. @throws `CFP_PLUGIN_UNKNOWN` */
  reloadPlugin(name: string): Promise<ReloadReport> {
    return this.reloadPlugins([name])
  }

  /** The same for several plugins, as one transaction: all of them, or none. @throws `CFP_PLUGIN_UNKNOWN` */
  async reloadPlugins(names: readonly string[]): Promise<ReloadReport> {
    for (const name of names) this.lifecycle.status(name)
    return this.#changes.between(() => this.#apply(planRequest(names, this.#sources())))
  }

  /** Resolves when every change that was seen so far has been dealt with. */
  idle(): Promise<void> {
    return this.#changes.idle()
  }

  /** Stops watching, then every plugin, dependents first, within the bound. */
  async stop(options: { readonly boundMs?: number } = {}): Promise<StopReport> {
    this.#changes.close()
    await this.#trigger?.stop()
    return this.lifecycle.stop(options)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop()
  }

  #seen(changes: readonly FileChange[]): void {
    for (const { file, kind } of changes) this.#logger?.info({ file, kind }, `file change detected: ${file} (${kind})`)
    this.#changes.add(changes)
  }

  #apply(plan: ReloadPlan): Promise<ReloadReport> {
    return this.#run.run(plan)
  }

  #sources(): PlanSources {
    const { registry } = this.lifecycle
    return { loader: this.loader, records: registry.records(), affectedBy: (names) => registry.affectedBy(names) }
  }

  #register({ records, failures }: LoadReport): StartReport['failed'] {
    const errors = [...failures]
    for (const record of records) {
      try {
        this.lifecycle.registry.add(record)
      } catch (error) {
        errors.push(error as PluginError)
      }
    }
    return errors.map((error) => {
      if (error.file !== undefined) this.#broken.set(error.file, error)
      return { plugin: error.plugin ?? error.file ?? '', state: 'failed' as const, error }
    })
  }
}
