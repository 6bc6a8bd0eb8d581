// Plugins from folders, started, watched, and replaced when their files change.
import { setMaxListeners } from 'node:events'
import { Lifecycle, type StartOptions, type StartReport, type StopReport } from '@cf-plugins/lifecycle'
import { PluginLoader } from '@cf-plugins/loader'
import { HotReloadError, type Logger, PluginError } from '@cf-plugins/plugin-api'
import { atMost, safeLogger } from '@cf-plugins/plugin-api/host'
import { type FileChange, ReloadTrigger, type Settling, type WatcherHealth } from '@cf-plugins/watcher'
import { cameAndWent } from './came-and-went.ts'
import { ChangeQueue } from './change-queue.ts'
import type { Explanation } from './explanation.ts'
import { given } from './given.ts'
import type { HotReloaderOptions } from './options.ts'
import { preserverOf } from './preserver-of.ts'
import { plainReport, type ReloadReport } from './reload-report.ts'
import { Reloads } from './reloads.ts'
import { SecondTries } from './second-tries.ts'
import { loadAtStart } from './start-load.ts'
import type { AbsentPlugin } from './unregistered-files.ts'

/** How long a stop may take, in milliseconds. */
const STOP_MS = 20_000
/** How long a file may keep changing before it is told of, in milliseconds. */
const SETTLE_TIMEOUT_MS = 5000

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
  readonly #changes: ChangeQueue
  readonly #reloads: Reloads
  readonly #secondTries: SecondTries
  readonly #trigger: ReloadTrigger | undefined
  readonly #abort = new AbortController()
  #isStarted = false
  #stopped: Promise<StopReport> | undefined

  constructor(options: HotReloaderOptions<App, Shared> = {}) {
    const { paths, debounceMs, settleTimeoutMs = SETTLE_TIMEOUT_MS, watch = true } = options
    const logger = options.logger && safeLogger(options.logger)
    // As many loads as there are plugins listen to it at a time, and none stays.
    setMaxListeners(0, this.#abort.signal)
    this.#logger = logger
    this.loader = options.loader ?? new PluginLoader({ ...options.load, ...given({ paths, logger }) })
    this.lifecycle =
      options.lifecycle ??
      new Lifecycle<App, Shared>({
        ...options,
        app: options.app ?? ({} as App),
        keeper: options.preserver ?? preserverOf(options.state, logger),
      })
    this.#changes = new ChangeQueue((changes, isAgain) => this.#take(changes, isAgain))
    this.#reloads = new Reloads({
      loader: this.loader,
      lifecycle: this.lifecycle,
      changes: this.#changes,
      trigger: () => this.#trigger,
      settleTimeoutMs,
      logger,
      signal: this.#abort.signal,
      ...given({ beforeReload: options.beforeReload, afterReload: options.afterReload }),
    })
    this.#secondTries = new SecondTries({
      lifecycle: this.lifecycle,
      tryAgain: (changes) => this.#changes.addAgain(changes),
    })
    if (watch) {
      this.#trigger = new ReloadTrigger({
        roots: this.loader.roots,
        settleTimeoutMs,
        ...given({ debounceMs }),
        onChanges: (changes, settling) => this.#seen(changes, settling),
        onPassedOver: (file, why) => logger?.debug({ file, why }, `${file} passed over: ${why}`),
        onError: (error) => this.#reloads.watchFailed(error),
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

  /**
   * The same for several plugins, as one transaction: all of them, or none. A plugin that asks for itself, or for one that
   * it depends on, gets a report with the outcome `accepted`, and the reload follows: it cannot wait for its own end.
   *
   * @throws `CFP_PLUGIN_UNKNOWN`, `CFP_RELOAD_STOPPED`
   */
  async reloadPlugins(names: readonly string[]): Promise<ReloadReport> {
    this.#assertNotStopped()
    const { registry } = this.lifecycle
    for (const name of names) if (!registry.has(name) && !this.#unregistered.named(name)) throw registry.unknown(name)
    const isOwn = this.lifecycle.asksForItself(names)
    const cause = { changes: [], names }
    const reloaded = this.#changes.between(() => this.#reloads.run(cause))
    return isOwn ? plainReport('accepted', this.#reloads.plan(cause)) : reloaded
  }

  /** Takes up what has come to the folders and packages since, and takes out what is gone. @throws `CFP_RELOAD_STOPPED`, and what `discover` does */
  async rescan(): Promise<ReloadReport> {
    this.#assertNotStopped()
    const look = async () => cameAndWent(await this.loader.discover(), this.lifecycle.registry)
    return this.#changes.between(async () => this.#reloads.run({ changes: await look(), names: [] }))
  }

  /** Why a plugin is where it is, down to the root cause: a file that cannot be loaded among those. @throws `CFP_PLUGIN_UNKNOWN` */
  explain(name: string): Explanation {
    const isThere = this.lifecycle.registry.has(name)
    const absent = isThere ? undefined : this.#unregistered.explain(name)
    if (absent) return absent
    const explanation = this.#unregistered.complete(this.lifecycle.explain(name))
    return isThere && this.lifecycle.status(name).orphaned ? this.#unregistered.withHeir(explanation) : explanation
  }

  /** Plugins that are not registered, for their files could not be loaded, or were refused: a good save starts them. */
  absent(): readonly AbsentPlugin[] {
    return this.#unregistered.absent((name) => this.lifecycle.registry.has(name))
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
    const { parts } = this.#reloads
    const loads = found.map(async (each) => ({ each, ...(await loadAtStart(each, parts, signal)) }))
    for (const { each, records, failures, restless } of await Promise.all(loads)) {
      if (restless.length > 0) this.#reloads.whenRested(restless, [{ kind: 'change', file: each.file }])
      for (const failure of failures) this.#unregistered.note(each, failure)
      for (const record of records) {
        try {
          this.lifecycle.registry.add(record)
        } catch (error) {
          if (!(error instanceof PluginError)) throw error
          this.#unregistered.note(each, error, { record })
        }
      }
    }
    this.#reloads.dropLoaded()
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

  #seen(changes: readonly FileChange[], { settleMs }: Settling): void {
    for (const { file, kind } of changes) this.#logger?.info({ file, kind }, `file change detected: ${file} (${kind})`)
    this.#secondTries.forget(changes)
    this.#changes.add(changes)
    this.#reloads.meet(changes, settleMs)
  }

  async #take(all: readonly FileChange[], isAgain: boolean): Promise<void> {
    const isLoaded = isAgain && this.#reloads.isLoaded()
    const changes = isLoaded ? all.filter((change) => !isLoaded(change)) : all
    if (changes.length === 0) return
    const report = await this.#reloads.run({ changes, names: [] }, { isAgain })
    if (!this.#abort.signal.aborted) this.#secondTries.after(report)
  }

  get #unregistered() {
    return this.#reloads.unregistered
  }

  #assertNotStopped(): void {
    if (this.#stopped) throw stoppedError()
  }
}

function stoppedError(): HotReloadError {
  return new HotReloadError('CFP_RELOAD_STOPPED', 'The HotReloader has been stopped. Make a new one.')
}
