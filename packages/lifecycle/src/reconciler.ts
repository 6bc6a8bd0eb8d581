// Makes what runs what should run.
import { PluginError, type PluginRecord } from '@cf-plugins/plugin-api'
import type { PluginRegistry } from '@cf-plugins/registry'
import { show, stateful } from './bring-up.ts'
import type { LifecycleCore } from './core.ts'
import { failureOf } from './failures.ts'
import type { Generation } from './generation.ts'
import { inReverse } from './ordered.ts'
import type { PluginSlot } from './plugin-slot.ts'
import { ReloadTransaction, type TransactionReport } from './reload-transaction.ts'
import type { StartFailure, StartReport, TimelineEntry } from './start-report.ts'
import { activeGeneration, runStarts, type StartOptions } from './start-run.ts'
import { stopAll } from './stop-all.ts'

/** What is replaced, and by what code. */
export interface ReloadRequest {
  /** New records of registered plugins. */
  readonly set?: readonly PluginRecord[]
  /** Plugins to make anew from the code that they have. */
  readonly restart?: readonly string[]
  readonly signal?: AbortSignal
}

/** How long a resting plugin may take to end what it has in flight, in milliseconds. */
const REST_MS = 5000

/** Moves plugins between running, resting and stopped until they stand as the registry and people's wishes say. */
export class Reconciler {
  readonly #core: LifecycleCore
  readonly #registry: PluginRegistry
  readonly #shutdown: AbortSignal

  constructor(core: LifecycleCore, registry: PluginRegistry, shutdown: AbortSignal) {
    this.#core = core
    this.#registry = registry
    this.#shutdown = shutdown
  }

  /** Whether a plugin should run as far as people and its metadata say. */
  isWanted(name: string): boolean {
    return this.#core.roster.find(name)?.wanted ?? this.#registry.get(name)?.meta.enabled ?? false
  }

  /**
   * Rests what should not run, starts what should, and makes anew whose dependencies changed.
   *
   * @param enabling the plugin that a person switches on right now
   * @throws `CFP_START_ABORTED`
   */
  async run(options: StartOptions, enabling?: string): Promise<StartReport> {
    const from = performance.now()
    const resolution = this.#registry.resolve({ enabled: (name) => this.isWanted(name) })
    // Slots are taken in this order, and so handlers of one priority run in the order of dependencies.
    const order = resolution.order.filter((name) => this.#core.roster.slot(name).state !== 'failed')
    await this.#restAllBut(new Set(order))
    for (const name of resolution.disabled) this.#settle(name, 'disabled')
    for (const [name, error] of resolution.blocked) this.#settle(name, 'blocked', error)
    const timeline = await runStarts({
      ...options,
      signal: this.#untilShutdown(options.signal),
      core: this.#core,
      registry: this.#registry,
      names: order.filter((name) => this.#core.roster.slot(name).state !== 'active'),
      resume: (slot) => this.#resume(slot),
      finish: (generation) => (generation.name === enabling ? generation.call('onEnable') : undefined),
    })
    await this.#restartStale()
    const report = this.#report(timeline, performance.now() - from)
    await this.#abortWhereAsked(timeline)
    return report
  }

  /** Replaces or restarts plugins with all that depend on them, as one transaction, then starts whoever waited for them. */
  async reload({ set = [], restart = [], signal }: ReloadRequest): Promise<TransactionReport> {
    const staged = this.#registry.stage({ set }, { enabled: (name) => this.isWanted(name) })
    const changed = new Set([...set.map((record) => record.meta.name), ...restart])
    // A plugin at rest is not woken by a change: it is made anew when it is switched on, or when what it needs is back.
    const members = staged.affectedBy(changed).filter((name) => {
      const slot = this.#core.roster.slot(name)
      return slot.state === 'active' || (slot.state === 'failed' && changed.has(name))
    })
    const report = await new ReloadTransaction(this.#core, {
      records: members.map((name) => staged.get(name) as PluginRecord),
      before: this.#registry,
      after: staged,
      commit: () => staged.commit(),
      signal: this.#untilShutdown(signal),
    }).run()
    if (!this.#shutdown.aborted) await this.run({})
    return report
  }

  /** Ends a plugin for good and keeps its state for when it comes back. */
  async endKeepingState(name: string): Promise<void> {
    const slot = this.#core.roster.slot(name)
    const { serving } = slot
    if (!serving) return
    this.#hide(slot, serving)
    await slot.gate.drained(REST_MS)
    slot.kept = await this.#save(serving)
    for (const problem of await serving.end()) this.#core.host.logger.warn({ err: problem }, problem.message)
    serving.vanish()
    slot.serving = undefined
    this.#core.roster.move(slot, 'resolved')
  }

  /** Rests every running plugin that is not in `wanted`, or that needs one which is not, dependents first. */
  async #restAllBut(wanted: ReadonlySet<string>): Promise<void> {
    const resting = new Set<string>()
    for (const name of this.#registry.order()) {
      const isMissing = (dependency: string) =>
        this.#registry.requires(name, dependency) === 'required' && (resting.has(dependency) || !wanted.has(dependency))
      if (!wanted.has(name) || this.#registry.dependenciesOf(name).some(isMissing)) resting.add(name)
    }
    const running = [...resting].filter((name) => this.#core.roster.find(name)?.state === 'active')
    await inReverse(this.#registry, running, (name) => this.#rest(this.#core.roster.slot(name)))
  }

  async #rest(slot: PluginSlot): Promise<void> {
    const { serving } = slot
    if (!serving) return
    this.#core.roster.move(slot, this.isWanted(slot.name) ? 'blocked' : 'disabled')
    this.#hide(slot, serving)
    await slot.gate.drained(REST_MS)
    try {
      await serving.call('onDisable')
    } catch (error) {
      serving.report('onDisable()', error)
    }
  }

  #hide(slot: PluginSlot, serving: Generation): void {
    this.#core.services.withdraw(slot.name)
    serving.pause()
  }

  /** Gives a plugin that does not run its state, and its reason. */
  #settle(name: string, state: 'disabled' | 'blocked', error?: PluginError): void {
    this.#core.roster.move(this.#core.roster.slot(name), state, error)
  }

  /** Takes up a plugin at rest: as it is, or made anew where its code or what it depends on has changed. */
  async #resume(slot: PluginSlot): Promise<void> {
    const { serving } = slot
    const record = this.#registry.get(slot.name)
    if (!serving || !record) return
    if (serving.record !== record || this.#isStale(serving)) {
      await this.#restart([slot.name])
    }
    const current = slot.serving
    if (!current) return
    try {
      await current.call('onEnable')
      if (slot.state !== 'active') show(this.#core, current)
    } catch (error) {
      this.#hide(slot, current)
      slot.wanted = false
      this.#core.roster.move(slot, 'disabled', failureOf(current, 'onEnable', error))
      current.report('onEnable()', error)
    }
  }

  #isStale(generation: Generation): boolean {
    const names = new Set([...this.#registry.dependenciesOf(generation.name), ...generation.dependencies.keys()])
    for (const name of names) {
      if (generation.dependencies.get(name) !== activeGeneration(this.#core, name)) return true
    }
    return false
  }

  /** Makes anew every running plugin whose optional dependency came, went or was replaced, with all that depend on it. */
  async #restartStale(): Promise<void> {
    const stale = this.#core.roster
      .slots()
      .filter(({ state, serving }) => state === 'active' && serving !== undefined && this.#isStale(serving))
      .map((slot) => slot.name)
    if (stale.length === 0) return
    const members = this.#registry.affectedBy(stale).filter((name) => this.#core.roster.find(name)?.state === 'active')
    await this.#restart(members)
  }

  /** Makes plugins anew from the code that the registry has now. */
  async #restart(names: readonly string[]): Promise<void> {
    const { error } = await new ReloadTransaction(this.#core, {
      records: this.#registry.order(names).map((name) => this.#registry.get(name) as PluginRecord),
      before: this.#registry,
      after: this.#registry,
      commit: () => {},
      signal: this.#shutdown,
    }).run()
    if (error) this.#core.host.logger.error({ err: error }, error.message)
  }

  async #save(generation: Generation): Promise<unknown> {
    const { keeper, host } = this.#core
    if (!keeper || generation.record.meta.reload.state === 'discard') return undefined
    try {
      return await keeper.save(stateful(generation))
    } catch (error) {
      host.logger.warn(
        { err: error },
        `The state of plugin "${generation.name}" could not be kept while it was unloaded.`,
      )
      return undefined
    }
  }

  async #abortWhereAsked(timeline: readonly TimelineEntry[]): Promise<void> {
    const culprit = timeline.find(
      ({ plugin, outcome }) => outcome === 'failed' && this.#registry.get(plugin)?.meta.onFailure === 'abort',
    )
    if (!culprit) return
    const cause = this.#core.roster.slot(culprit.plugin).error
    await stopAll(this.#core, this.#registry, REST_MS)
    throw new PluginError(
      'CFP_START_ABORTED',
      `The start was taken back because plugin "${culprit.plugin}", without which it must not go on, failed: ${cause?.message}`,
      { plugin: culprit.plugin, cause },
    )
  }

  #report(timeline: readonly TimelineEntry[], durationMs: number): StartReport {
    const slots = this.#registry.order().map((name) => this.#core.roster.slot(name))
    const named = (state: PluginSlot['state']) => slots.filter((slot) => slot.state === state).map((slot) => slot.name)
    const failed = slots.flatMap(({ name, state, error }): StartFailure[] =>
      (state === 'failed' || state === 'blocked') && error ? [{ plugin: name, state, error }] : [],
    )
    return { active: named('active'), failed, disabled: named('disabled'), timeline, durationMs }
  }

  #untilShutdown(signal: AbortSignal | undefined): AbortSignal {
    return signal ? AbortSignal.any([signal, this.#shutdown]) : this.#shutdown
  }
}
