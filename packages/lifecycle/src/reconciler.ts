// Makes what runs what should run.
import { PluginError, type PluginRecord } from '@cf-plugins/plugin-api'
import type { PluginRegistry } from '@cf-plugins/registry'
import { logProblems, show } from './bring-up.ts'
import type { LifecycleCore } from './core.ts'
import { failureOf } from './failures.ts'
import type { Generation } from './generation.ts'
import { inReverse } from './ordered.ts'
import type { PluginSlot } from './plugin-slot.ts'
import { ReloadTransaction } from './reload-transaction.ts'
import type { ReloadUnit, TransactionReport } from './reload-unit.ts'
import { endKeepingState, hide, rest } from './resting.ts'
import { type StartReport, startReport } from './start-report.ts'
import { assertConcurrency, type StartOptions, StartRun } from './start-run.ts'
import { stopAll } from './stop-all.ts'

/** What is replaced, and by what code. */
export interface ReloadRequest {
  /** New records of registered plugins. */
  readonly set?: readonly PluginRecord[]
  /** Those of `set` whose new code comes from another file: not two plugins of one name, but one that moved. */
  readonly moved?: readonly string[]
  /** Plugins to make anew from the code that they have. */
  readonly restart?: readonly string[]
  readonly signal?: AbortSignal
  /** Ends the reload, with nothing touched, where a newer change makes it pointless: heard until the gates close. */
  readonly superseded?: AbortSignal
  /** Resolves when it is over, also where a plugin of the unit asks: for whoever has told that plugin. @default false */
  readonly wait?: boolean
}

/** How plugins are brought to where they should be. */
export interface RunOptions extends StartOptions {
  /** The plugin that a person switches on right now. */
  readonly enabling?: string
  /** Whether a failure of a plugin with `onFailure: 'abort'` takes everything back. @default false */
  readonly canAbort?: boolean
}

/** How long taking a start back may take, in milliseconds. */
const TAKE_BACK_MS = 10_000

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

  /** What a person asked for; nothing where the plugin's metadata decides. */
  wish(name: string): boolean | undefined {
    return this.#core.roster.wish(name)
  }

  /**
   * Rests what should not run, starts what should, and makes anew whose dependencies changed.
   *
   * @throws `CFP_OPTION_INVALID`; `CFP_START_ABORTED` where `canAbort`
   */
  async run({ enabling, canAbort = false, ...options }: RunOptions): Promise<StartReport> {
    const from = performance.now()
    assertConcurrency(options.concurrency)
    const { roster } = this.#core
    // The registry has this answer at hand unless people wished for something else.
    const resolution = this.#registry.resolve(roster.hasWishes ? { enabled: (name) => roster.wish(name) } : undefined)
    const mayAbort = (name: string) =>
      canAbort && (this.#registry.get(name)?.meta.onFailure ?? this.#core.onFailure) === 'abort'
    for (const [name, error] of resolution.blocked) if (mayAbort(name)) await this.#takeBack(name, error)
    // Slots are taken in this order, and so handlers of one priority run in the order of dependencies.
    const startable = resolution.order.map((name) => roster.slot(name))
    const order = startable.filter(({ state }) => state !== 'failed')
    const ran = roster.slots().filter(({ state }) => state === 'active')
    if (ran.length > 0) await this.#restAllBut(new Set(order.map(({ name }) => name)))
    for (const name of resolution.disabled) this.#settle(name, 'disabled')
    for (const [name, error] of resolution.blocked) this.#settle(name, 'blocked', error)
    let fatal: PluginSlot | undefined
    const problems: PluginError[] = []
    const timeline = await new StartRun({
      ...options,
      enabling,
      core: this.#core,
      registry: this.#registry,
      shutdown: this.#shutdown,
      slots: order.filter(({ state }) => state !== 'active'),
      resume: (slot) => this.#resume(slot),
      problems,
      isFatal: (slot) => {
        if (!mayAbort(slot.name)) return false
        fatal ??= slot
        return true
      },
    }).run()
    if (fatal) await this.#takeBack(fatal.name, fatal.error)
    await this.#restartStale(ran)
    return startReport(roster.slots(), startable, timeline, problems, performance.now() - from)
  }

  /** Replaces or restarts plugins with all that depend on them, as one transaction, then starts whoever waited for them. */
  async reload({ set = [], moved = [], restart = [], signal, superseded }: ReloadRequest): Promise<TransactionReport> {
    const staged = this.#registry.stage({ set, remove: moved }, { enabled: (name) => this.#core.roster.wish(name) })
    // Unloaded by a person while its code was loaded: it stays so.
    for (const { meta } of set) if (!this.#registry.has(meta.name)) throw this.#registry.unknown(meta.name)
    const changed = new Set([...set.map((record) => record.meta.name), ...restart])
    const affected = staged.affectedBy(changed)
    const stateOf = (name: string) => this.#core.roster.find(name)?.state
    // A plugin at rest is not woken by a change, nor are those that run without it: it is made anew when it comes back.
    const roots = [...changed].filter((name) => stateOf(name) === 'active' || stateOf(name) === 'failed')
    const members = staged.affectedBy(roots).filter((name) => stateOf(name) === 'active' || roots.includes(name))
    const records = members.map((name) => staged.get(name) as PluginRecord)
    const report = await this.#replace({ records, after: staged, commit: () => staged.commit(), signal, superseded })
    if (this.#shutdown.aborted) return report
    // What failed may have failed for want of this very change.
    if (report.outcome === 'committed') {
      for (const name of affected) this.retry(name)
      this.#core.host.strays?.forgive([...changed])
      this.#core.host.quarantine?.forgive([...changed])
    }
    await this.run({})
    return report
  }

  /** Makes anew whoever is given other services by now than it was, because one came or went. */
  async restartOutdated(): Promise<void> {
    await this.#restartStale(this.#core.roster.slots())
  }

  /** Lets failed plugins be tried again. */
  retryAll(): void {
    for (const slot of this.#core.roster.slots()) if (slot.state === 'failed') this.retry(slot.name)
  }

  /** The same for one. */
  retry(name: string): void {
    const slot = this.#core.roster.find(name)
    if (slot?.state === 'failed') this.#core.roster.move(slot, 'resolved')
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
    if (running.length === 0) return
    await inReverse(this.#registry, running, (name) => rest(this.#core, this.#registry, this.#core.roster.slot(name)))
  }

  /** Gives a plugin that does not run its state, and its reason. */
  #settle(name: string, state: 'disabled' | 'blocked', error?: PluginError): void {
    const slot = this.#core.roster.slot(name)
    // One that is disabled already has the reason for it, if any.
    if (state === 'disabled' && slot.state === state) return
    this.#core.roster.move(slot, state, error)
  }

  /** Takes up a plugin at rest: as it is, or made anew where its code or what it depends on has changed. */
  async #resume(slot: PluginSlot): Promise<void> {
    const { serving } = slot
    if (!serving) return
    if (
      serving.record !== this.#registry.get(slot.name) ||
      serving.configuration.isOutdated ||
      this.#isStale(serving)
    ) {
      const { error } = await this.#restart([slot.name])
      if (slot.state === 'failed' || slot.state === 'stopped') return
      // It could not even be ended. As it is it must not come back to services that are gone.
      if (slot.serving === serving && this.#isStale(serving)) return this.#core.roster.move(slot, 'blocked', error)
      if (!this.#takeBackRecord(slot)) return
    }
    const current = slot.serving ?? serving
    try {
      await current.call('onEnable')
      if (slot.state !== 'active') show(this.#core, current)
    } catch (error) {
      hide(this.#core, slot, current)
      slot.wanted = false
      this.#core.roster.move(slot, 'disabled', failureOf(current, 'onEnable', error))
      current.report('onEnable()', error)
      logProblems(this.#core, await current.letGo())
    }
  }

  /**
   * Where new code that was saved while its plugin rested does not start, the registry takes the old record back: what
   * the old code needs is what counts. False where it cannot run any more; it rests on then.
   */
  #takeBackRecord(slot: PluginSlot): boolean {
    const { name, serving } = slot
    if (!serving || serving.record === this.#registry.get(name)) return true
    try {
      this.#registry.stage({ set: [serving.record] }, { enabled: (other) => this.wish(other) }).commit()
      return true
    } catch (error) {
      hide(this.#core, slot, serving)
      this.#core.roster.move(slot, 'blocked', failureOf(serving, 'onEnable', error))
      return false
    }
  }

  #isStale({ name, dependencies: { names, numbers }, isOutdated }: Generation): boolean {
    const now = this.#registry.dependenciesOf(name)
    const isOther = (each: string) => (numbers[names.indexOf(each)] ?? 0) !== this.#core.roster.activeNumber(each)
    // Of several that provide a service it may be another one's turn, with all of them as they were.
    const isLeft = (each: string, at: number) => numbers[at] !== 0 && !now.includes(each)
    return isOutdated || now.some(isOther) || names.some(isLeft)
  }

  /**
   * Makes anew every plugin, of those that ran before, whose optional dependency came, went or was replaced, with all that
   * depend on it.
   */
  async #restartStale(ran: readonly PluginSlot[]): Promise<void> {
    const stale = ran.filter(({ state, serving }) => state === 'active' && serving && this.#isStale(serving))
    if (stale.length === 0 || this.#shutdown.aborted) return
    const affected = this.#registry.affectedBy(stale.map((slot) => slot.name))
    await this.#restart(affected.filter((name) => this.#core.roster.find(name)?.state === 'active'))
  }

  /** Makes plugins anew from the code that the registry has now. */
  restart(
    names: readonly string[],
    unit: Pick<ReloadUnit, 'commit' | 'configs' | 'signal'> = { commit: () => {} },
  ): Promise<TransactionReport> {
    const records = this.#registry.order(names).map((name) => this.#registry.get(name) as PluginRecord)
    return this.#replace({ records, after: this.#registry, ...unit })
  }

  /** The same where nobody is told how it ended. */
  async #restart(names: readonly string[]): Promise<TransactionReport> {
    const report = await this.restart(names)
    if (report.error) this.#core.host.logger.error({ err: report.error }, report.error.message)
    return report
  }

  /** Runs a transaction. An instance at rest must not outlive what it was given: it ends first, and its state is kept. */
  async #replace(unit: Omit<ReloadUnit, 'before' | 'shutdown'>): Promise<TransactionReport> {
    const members = new Set(unit.records.map((record) => record.meta.name))
    const known = [...members].filter((name) => this.#registry.has(name))
    const isResting = (name: string) => !members.has(name) && this.#core.roster.find(name)?.state !== 'active'
    const resting = this.#registry.affectedBy(known).filter(isResting)
    // A reload that is superseded already touches nothing at all.
    if (!unit.superseded?.aborted) {
      await inReverse(this.#registry, resting, (name) => endKeepingState(this.#core, name, { strict: true }))
    }
    const bounded = { ...this.#core.reloadBounds, ...unit }
    return new ReloadTransaction(this.#core, { ...bounded, before: this.#registry, shutdown: this.#shutdown }).run()
  }

  async #takeBack(name: string, cause: PluginError | undefined): Promise<never> {
    await stopAll(this.#core, this.#registry, TAKE_BACK_MS)
    const { file, generation } = this.#registry.get(name)?.source ?? {}
    throw new PluginError(
      'CFP_START_ABORTED',
      `The start was taken back because plugin "${name}", without which it must not go on, failed: ${cause?.message}`,
      { plugin: name, file, generation, cause },
    )
  }
}
