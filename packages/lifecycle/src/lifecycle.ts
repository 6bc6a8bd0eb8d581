// What state each plugin is in, and the operations that change it.
import { messageOf, type PluginRecord } from '@cf-plugins/plugin-api'
import { logProblems } from './bring-up.ts'
import { configFor } from './config.ts'
import type { LifecycleOptions } from './core.ts'
import { undeliveredTo } from './failures.ts'
import { LifecycleView } from './lifecycle-view.ts'
import { OperationQueue } from './operation-queue.ts'
import { inReverse } from './ordered.ts'
import type { LifecycleState } from './plugin-slot.ts'
import { Quarantine } from './quarantine.ts'
import { Reconciler, type ReloadRequest } from './reconciler.ts'
import { Reconfiguration, type ReconfigurationParts } from './reconfiguration.ts'
import { acceptedChange, type ReconfigureOptions, type ReconfigureReport } from './reconfigure-report.ts'
import { acceptedReport, type TransactionReport } from './reload-unit.ts'
import { endKeepingState } from './resting.ts'
import { notActive, ServiceAccess } from './service-access.ts'
import { StallProbe } from './stall-probe.ts'
import type { StartReport, StopReport } from './start-report.ts'
import type { StartOptions } from './start-run.ts'
import { stopAll } from './stop-all.ts'
import { StrayErrors } from './stray-errors.ts'
import { SystemEvents } from './system-events.ts'
import { UnitOperations } from './unit-operations.ts'

/** How long a stop may take, in milliseconds. */
const STOP_MS = 20_000

/**
 * Owns the state of every plugin: starts them in the order of their dependencies, side by side, enables, disables,
 * replaces and stops them. Operations run one after another, in the order in which they were asked for.
 *
 * @example
 * const lifecycle = new Lifecycle({ app })
 * for (const record of records) lifecycle.registry.add(record)
 * const report = await lifecycle.start()
 */
export class Lifecycle<App = unknown, Shared = unknown> extends LifecycleView<App, Shared> implements AsyncDisposable {
  readonly #queue: OperationQueue
  readonly #shutdown = new AbortController()
  readonly #reconciler: Reconciler
  readonly #units: UnitOperations
  readonly #access: ServiceAccess
  readonly #system: SystemEvents
  readonly #stalls: StallProbe
  #stopped: Promise<StopReport> | undefined
  #followsOffers = false

  constructor(options: LifecycleOptions<App, Shared>) {
    super(options)
    this.#queue = new OperationQueue(this.core)
    this.#system = new SystemEvents(this.core)
    this.#stalls = new StallProbe(this.core.host.loop)
    this.core.roster.tellFirst(this.#system)
    this.#reconciler = new Reconciler(this.core, this.registry, this.#shutdown.signal)
    this.#units = new UnitOperations(this.core, this.registry, this.#queue)
    const quarantine = new Quarantine(this.core, (name, isDue) => this.#switchOff(name, isDue))
    this.core.host.quarantine = quarantine
    if (options.strayErrors) {
      const strayOptions = options.strayErrors === true ? {} : options.strayErrors
      this.core.host.strays = new StrayErrors(this.core, strayOptions, quarantine)
    }
    this.core.host.offersChanged = () => this.#followOffers()
    this.#access = new ServiceAccess(this.registry, (name) => this.slotOf(name))
  }

  /**
   * Starts every registered plugin that is enabled and can start. A plugin that fails stops those that need it and
   * nobody else; the report says who, and why. Called again, it tries those that failed once more.
   *
   * @throws `CFP_START_ABORTED` where a plugin with `onFailure: 'abort'` failed; what had started is stopped
   */
  async start(options: StartOptions = {}): Promise<StartReport> {
    this.core.host.strays?.listen()
    this.#stalls.start()
    const start = () => {
      this.#reconciler.retryAll()
      return this.#reconciler.run({ ...options, canAbort: true })
    }
    const report = await this.#queue.run('start', start, options.signal)
    if (!this.#shutdown.signal.aborted) await this.#system.started(report)
    return report
  }

  /**
   * Registers plugins while running, and starts them and whoever waited for them.
   *
   * @throws `CFP_DUPLICATE_NAME`, and what `registry.stage` throws; nothing was added then
   */
  add(records: readonly PluginRecord[], options: StartOptions = {}): Promise<StartReport> {
    const add = () => {
      // `stage` would take a record of a known name as that plugin's new code.
      for (const record of records) if (this.registry.has(record.meta.name)) this.registry.add(record)
      this.registry.stage({ set: records }, { enabled: (name) => this.#reconciler.wish(name) }).commit()
      return this.#reconciler.run(options)
    }
    return this.#queue.run('add plugins', add, options.signal)
  }

  /**
   * Takes a plugin out. Whoever needs it is torn down first and is `blocked` until it comes back. The state of all of
   * them is kept for then.
   */
  unload(name: string, options: { readonly signal?: AbortSignal } = {}): Promise<void> {
    const run = async () => {
      const slot = this.slotOf(name)
      await inReverse(this.registry, this.registry.affectedBy([name]), async (member) => {
        await endKeepingState(this.core, member)
        this.core.roster.move(this.slotOf(member), 'resolved')
      })
      const lost = slot.discardParked(undeliveredTo(name, 'unloaded', slot.gate.parked))
      if (lost > 0) logProblems(this.core, [undeliveredTo(name, 'unloaded', lost)])
      this.registry.remove(name)
      this.core.roster.remove(name)
      await this.#reconciler.run({})
    }
    return this.#units.run([name], { what: `unload "${name}"`, run, signal: options.signal, accepted: () => {} })
  }

  /**
   * Switches a plugin on, and whoever waited for it; tries a failed one again.
   *
   * @throws the plugin's own error where it is not active afterwards
   */
  enable(name: string, options: StartOptions = {}): Promise<void> {
    const run = async () => {
      const slot = this.slotOf(name)
      slot.wanted = true
      if (slot.state === 'active') return
      this.#reconciler.retry(name)
      await this.#reconciler.run({ ...options, enabling: name })
      if ((slot.state as LifecycleState) !== 'active') throw slot.error ?? notActive(slot)
    }
    return this.#units.run([name], { what: `enable "${name}"`, run, signal: options.signal, accepted: () => {} })
  }

  /** Switches a plugin off; it keeps its instance. Whoever needs it is `blocked` first, and comes back with it. */
  disable(name: string, options: { readonly signal?: AbortSignal } = {}): Promise<void> {
    return this.#switchOff(name, () => true, options.signal)
  }

  /**
   * Replaces plugins by new code, or makes them anew from the code that they have, together with all that depend on
   * them, as one transaction; then starts whoever waited for them. A plugin of the unit that asks gets a report with the
   * outcome `accepted`.
   *
   * @throws `CFP_PLUGIN_UNKNOWN`, and what `registry.stage` throws where the change cannot be; nothing was touched then
   */
  reload(request: ReloadRequest): Promise<TransactionReport> {
    const { set = [], restart = [], signal, wait } = request
    const names = [...set.map(({ meta }) => meta.name), ...restart]
    const run = () => this.#reconciler.reload(request)
    if (wait) return this.#queue.run('reload', run, signal)
    return this.#units.run(names, {
      what: 'reload',
      run,
      signal,
      accepted: () => acceptedReport(this.#units.membersOf(names)),
      errorOf: ({ error }) => error,
    })
  }

  /** Checks new records as `reload` would, their configuration among it, and touches nothing. @throws what is wrong */
  async check(records: readonly PluginRecord[], moved: readonly string[] = []): Promise<void> {
    this.registry.stage({ set: records, remove: moved }, { enabled: (name) => this.#reconciler.wish(name) })
    const { host } = this.core
    for (const record of records) await configFor(record, host.configOf(record.meta.name, record.meta), host)
  }

  /**
   * Puts other configurations in force, as one transaction: all of them are checked, then instances with `onConfigChange` are told,
   * and the others are made anew with all that depend on them. After any failure all have what they had, and the report
   * says why. A plugin that does not run takes its configuration up when it does. A plugin of the unit that asks gets a report with
   * the outcome `accepted`.
   *
   * From its commit on these are the configurations of reloads too, also where the host's `configOf` learns of them later.
   *
   * @param changes the new configurations as they were written, before any schema, by plugin
   * @throws `CFP_PLUGIN_UNKNOWN`, `CFP_CONFIG_INVALID` with every problem; nothing was touched then
   */
  reconfigure(changes: ReadonlyMap<string, unknown>, options: ReconfigureOptions = {}): Promise<ReconfigureReport> {
    const { signal, wait } = options
    const raws = new Map(changes)
    const what = 'change configurations'
    const run = () => new Reconfiguration(this.#parts, raws, signal).run()
    if (wait) return this.#queue.run(what, run, signal)
    const errorOf = ({ error }: ReconfigureReport) => error
    return this.#units.run([...raws.keys()], { what, run, signal, accepted: acceptedChange, errorOf })
  }

  /** Stops every plugin, dependents first, within the bound; what runs is cancelled. A second call waits for the first. */
  stop({ boundMs = STOP_MS }: { readonly boundMs?: number } = {}): Promise<StopReport> {
    if (!this.#stopped) {
      const from = performance.now()
      const left = () => Math.max(1, boundMs - (performance.now() - from))
      // A plugin that stops its host is in flight for as long as it waits for that.
      const drains = !this.asksForItself(this.registry.names())
      this.#shutdown.abort()
      this.#stopped = this.#queue
        .close(async () => {
          await this.#system.stopping(left())
          return stopAll(this.core, this.registry, left(), { drains })
        }, boundMs / 2)
        .finally(() => {
          this.core.host.strays?.[Symbol.dispose]()
          this.#stalls[Symbol.dispose]()
        })
    }
    return this.#stopped
  }

  get #parts(): ReconfigurationParts {
    return { core: this.core, registry: this.registry, reconciler: this.#reconciler, shutdown: this.#shutdown.signal }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop()
  }

  /**
   * The service of an active plugin; while it is replaced, the old one until that is torn down.
   *
   * @throws `CFP_NOT_ACTIVE` with the reason, `CFP_PLUGIN_RELOADING` while neither the old nor the new one is up,
   * `CFP_SERVICE_AMBIGUOUS` where several offer it and the host chose none, `CFP_SERVICE_SCOPED` where each plugin has its own
   */
  service(name: string): unknown {
    return this.#access.get(name)
  }

  /**
   * Calls `task` with a plugin's service. Waits while the plugin is replaced, and the next replacement waits for it.
   *
   * @throws as `service` does, and `CFP_PLUGIN_BUSY` where too many wait
   */
  use<T>(name: string, task: (service: unknown) => T | PromiseLike<T>): Promise<T> {
    return this.#access.use(name, task, (plugin) => this.asksForItself([plugin]))
  }

  /** Notes whether a plugin's file is gone, while it serves on because others need it. @throws `CFP_PLUGIN_UNKNOWN` */
  setOrphaned(name: string, orphaned: boolean): void {
    this.slotOf(name).orphaned = orphaned
  }

  /**
   * Whether code of a plugin of the unit, which is these plugins and all that depend on them, is what calls right now.
   * It is then in flight itself: an operation on the unit would wait for it, and it must not wait for the operation.
   * Told by the files of the plugins on the stack; so nobody is found where plugins have none.
   */
  asksForItself(names: readonly string[]): boolean {
    return this.#units.isAskedFromWithin(names)
  }

  /** @param isDue asked when its turn comes */
  #switchOff(name: string, isDue: () => boolean, signal?: AbortSignal): Promise<void> {
    const run = async () => {
      const slot = this.slotOf(name)
      if (!isDue()) return
      slot.wanted = false
      await this.#reconciler.run({})
    }
    return this.#units.run([name], { what: `disable "${name}"`, run, signal, accepted: () => {} })
  }

  /** Somebody offers other services than before: whoever it concerns is made anew, once, when its turn comes. */
  #followOffers(): void {
    if (this.#followsOffers) return
    this.#followsOffers = true
    const run = () => {
      this.#followsOffers = false
      return this.#reconciler.restartOutdated()
    }
    const tell = (err: unknown) => {
      if (!this.#shutdown.signal.aborted) this.core.host.logger.error({ err }, messageOf(err))
    }
    this.#queue.run('restart whom a service concerns that came or went', run).catch(tell)
  }
}
