// Plugins from folders, started, watched, and replaced when their files change.
import { setMaxListeners } from 'node:events'
import { Lifecycle, type StartOptions, type StartReport, type StopReport } from '@cf-plugins/lifecycle'
import { PluginLoader } from '@cf-plugins/loader'
import { HotReloadError, type Logger, messageOf, PluginError } from '@cf-plugins/plugin-api'
import { atMost } from '@cf-plugins/plugin-api/host'
import { type FileChange, ReloadTrigger, type WatcherHealth } from '@cf-plugins/watcher'
import { ChangeQueue } from './change-queue.ts'
import { reloadChannel } from './channels.ts'
import type { Explanation } from './explanation.ts'
import { given } from './given.ts'
import { callHost } from './host-hook.ts'
import type { HotReloaderOptions } from './options.ts'
import { preserverOf } from './preserver-of.ts'
import { logPlan, logReport } from './reload-log.ts'
import { emptyPlan, type PlanSources, planChanges, planRequest, type ReloadPlan } from './reload-plan.ts'
import type { ReloadReport } from './reload-report.ts'
import { ReloadRun } from './reload-run.ts'
import { SecondTries } from './second-tries.ts'
import { UnregisteredFiles } from './unregistered-files.ts'

/** How long a stop may take, in milliseconds. */
const STOP_MS = 20_000

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
  readonly #options: HotReloaderOptions<App, Shared>
  readonly #logger: Logger | undefined
  readonly #changes: ChangeQueue
  readonly #secondTries: SecondTries
  readonly #trigger: ReloadTrigger | undefined
  readonly #unregistered = new UnregisteredFiles()
  readonly #orphans = new Set<string>()
  readonly #abort = new AbortController()
  #isStarted = false
  #stopped: Promise<StopReport> | undefined

  constructor(options: HotReloaderOptions<App, Shared> = {}) {
    const { paths, logger, debounceMs, watch = true } = options
    // As many loads as there are plugins listen to it at a time, and none stays.
    setMaxListeners(0, this.#abort.signal)
    this.#options = options
    this.#logger = logger
    this.loader = options.loader ?? new PluginLoader({ ...options.load, ...given({ paths, logger }) })
    this.lifecycle =
      options.lifecycle ??
      new Lifecycle<App, Shared>({
        ...options,
        app: options.app ?? ({} as App),
        keeper: options.preserver ?? preserverOf(options.state, logger),
      })
    this.#changes = new ChangeQueue((changes) => this.#take(changes))
    this.#secondTries = new SecondTries({
      lifecycle: this.lifecycle,
      tryAgain: (changes) => this.#changes.addAgain(changes),
    })
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
   * failures, by the name that its plugin is likely to have; saving it well starts it.
   *
   * A start that rejects has stopped everything again.
   *
   * @throws `CFP_FOLDER_MISSING`, `CFP_FOLDER_UNREADABLE`, `CFP_START_ABORTED`; `CFP_RELOAD_STARTED`,
   * `CFP_RELOAD_STOPPED`; what the watcher throws
   */
  async start(options: StartOptions = {}): Promise<StartReport> {
    this.#assertNotStopped()
    if (this.#isStarted) throw new HotReloadError('CFP_RELOAD_STARTED', 'This HotReloader has been started.')
    this.#isStarted = true
    try {
      return await this.#start(options)
    } catch (error) {
      await this.stop()
      throw error
    }
  }

  /**
   * Loads a plugin's code anew and replaces it, with all that depend on it; loads one anew that could not be loaded.
   *
   * @throws `CFP_PLUGIN_UNKNOWN`, `CFP_RELOAD_STOPPED`
   */
  reloadPlugin(name: string): Promise<ReloadReport> {
    return this.reloadPlugins([name])
  }

  /** The same for several plugins, as one transaction: all of them, or none. @throws `CFP_PLUGIN_UNKNOWN`, `CFP_RELOAD_STOPPED` */
  async reloadPlugins(names: readonly string[]): Promise<ReloadReport> {
    this.#assertNotStopped()
    const { registry } = this.lifecycle
    for (const name of names) if (!registry.has(name) && !this.#unregistered.named(name)) throw registry.unknown(name)
    return this.#changes.between(() => this.#run(() => planRequest(names, this.#sources())))
  }

  /** Why a plugin is where it is, down to the root cause: a file that cannot be loaded among those. @throws `CFP_PLUGIN_UNKNOWN` */
  explain(name: string): Explanation {
    const absent = this.lifecycle.registry.has(name) ? undefined : this.#unregistered.explain(name)
    return absent ?? this.#unregistered.complete(this.lifecycle.explain(name))
  }

  /** Resolves when every change that was seen so far has been dealt with; one that is to be tried again later, once. */
  idle(): Promise<void> {
    return this.#changes.idle()
  }

  /**
   * Stops watching, then every plugin, dependents first, within the bound; a reload under way ends with the old code or
   * the new. A second call waits for the first.
   */
  stop(options: { readonly boundMs?: number } = {}): Promise<StopReport> {
    this.#stopped ??= this.#stop(options)
    return this.#stopped
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop()
  }

  async #start(options: StartOptions): Promise<StartReport> {
    const signal = options.signal ? AbortSignal.any([options.signal, this.#abort.signal]) : this.#abort.signal
    setMaxListeners(0, signal)
    // Watching comes first, so that no edit falls between the loading and the watching.
    await this.#trigger?.start({ signal })
    await this.#loadAll(signal)
    this.#assertNotStopped()
    const report = await this.lifecycle.start(options)
    this.#assertNotStopped()
    this.#changes.open()
    return { ...report, failed: this.#unregistered.failures(report.failed) }
  }

  async #loadAll(signal: AbortSignal): Promise<void> {
    const found = await this.loader.discover()
    this.#assertNotStopped()
    const loads = found.map(async (each) => ({ each, ...(await this.loader.loadAll([each], { signal })) }))
    for (const { each, records, failures } of await Promise.all(loads)) {
      for (const failure of failures) this.#unregistered.note(each, failure)
      for (const record of records) {
        try {
          this.lifecycle.registry.add(record)
        } catch (error) {
          if (!(error instanceof PluginError)) throw error
          this.#unregistered.note(each, error, record)
        }
      }
    }
  }

  async #stop({ boundMs = STOP_MS }: { readonly boundMs?: number }): Promise<StopReport> {
    this.#abort.abort(stoppedError())
    this.#secondTries.close()
    // Nobody waits for the host's hooks any more, and so what is under way ends with the lifecycle.
    const ended = Promise.allSettled([this.#trigger?.stop(), this.#changes.close()])
    const from = performance.now()
    const report = await this.lifecycle.stop({ boundMs })
    await atMost(ended, boundMs - (performance.now() - from))
    return report
  }

  #seen(changes: readonly FileChange[]): void {
    for (const { file, kind } of changes) this.#logger?.info({ file, kind }, `file change detected: ${file} (${kind})`)
    this.#secondTries.forget(changes)
    this.#changes.add(changes)
  }

  async #take(changes: readonly FileChange[]): Promise<void> {
    const report = await this.#run(() => planChanges(changes, this.#sources()), changes)
    if (!this.#abort.signal.aborted) this.#secondTries.after(report)
  }

  /** Never rejects: what went wrong is in the report. */
  async #run(makePlan: () => ReloadPlan, changes: readonly FileChange[] = []): Promise<ReloadReport> {
    const logger = this.#logger
    const { plan, failure } = tryPlan(makePlan, changes)
    if (logger) logPlan(plan, logger)
    if (reloadChannel.hasSubscribers) reloadChannel.publish({ plan })
    const run = new ReloadRun(plan, {
      loader: this.loader,
      lifecycle: this.lifecycle,
      unregistered: this.#unregistered,
      orphans: this.#orphans,
      beforeReload: this.#options.beforeReload,
      signal: this.#abort.signal,
    })
    const report = await run.run(failure)
    if (reloadChannel.hasSubscribers) reloadChannel.publish({ report })
    if (logger) logReport(report, run.logged, logger)
    try {
      await callHost('afterReload', () => this.#options.afterReload?.(report), this.#abort.signal)
    } catch (error) {
      if (!this.#abort.signal.aborted) logger?.error({ err: error }, messageOf(error))
    }
    return report
  }

  #sources(): PlanSources {
    const { registry } = this.lifecycle
    return {
      loader: this.loader,
      unregistered: this.#unregistered,
      records: registry.records(),
      affectedBy: (names) => registry.affectedBy(names),
    }
  }

  #assertNotStopped(): void {
    if (this.#stopped) throw stoppedError()
  }
}

function tryPlan(
  makePlan: () => ReloadPlan,
  changes: readonly FileChange[],
): { readonly plan: ReloadPlan; readonly failure?: unknown } {
  try {
    return { plan: makePlan() }
  } catch (failure) {
    return { plan: emptyPlan(changes), failure }
  }
}

function stoppedError(): HotReloadError {
  return new HotReloadError('CFP_RELOAD_STOPPED', 'The HotReloader has been stopped. Make a new one.')
}
