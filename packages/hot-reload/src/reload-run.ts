// Runs one plan: loads and checks the new code while the old one serves, then hands it to the lifecycle's transaction.
import { setMaxListeners } from 'node:events'
import type { Lifecycle, TransactionReport } from '@cf-plugins/lifecycle'
import type { PluginLoader } from '@cf-plugins/loader'
import { HotReloadError, type PluginError } from '@cf-plugins/plugin-api'
import { shownFile, within } from '@cf-plugins/plugin-api/host'
import { Departures } from './departures.ts'
import { callHost } from './host-hook.ts'
import { type LoadParts, loadPlan, type NewCode } from './new-code.ts'
import { addNewcomers, type Newcomer } from './newcomers.ts'
import type { Orphans } from './orphans.ts'
import { isHomeless, type ReloadPlan } from './reload-plan.ts'
import type { ReloadPhase, ReloadPhaseTiming, ReloadReport } from './reload-report.ts'
import type { RunProgress } from './run-progress.ts'
import { runReport } from './run-report.ts'
import type { UnregisteredFiles } from './unregistered-files.ts'

/** What a run works on. */
export interface RunParts extends LoadParts {
  readonly loader: Pick<PluginLoader, 'load' | 'loadAll'>
  readonly lifecycle: Pick<
    Lifecycle,
    'reload' | 'add' | 'unload' | 'check' | 'status' | 'statuses' | 'instance' | 'registry' | 'setOrphaned'
  >
  readonly unregistered: UnregisteredFiles
  /** Plugins that serve on although their file is gone. */
  readonly orphans: Orphans
  readonly beforeReload: ((plan: ReloadPlan) => unknown) | undefined
}

/** How a run ended: with a report, or given up before it touched what changed. */
export type RunEnd =
  | { readonly report: ReloadReport }
  /** Why, and which files must come to rest before the next run. */
  | { readonly startOver: string; readonly unsettled: readonly string[] }

/** One plan on its way. */
export class ReloadRun {
  readonly plan: ReloadPlan
  readonly #parts: RunParts
  readonly #progress: RunProgress
  readonly #from = performance.now()
  readonly #phases: ReloadPhaseTiming[] = []
  /** Ends what happens before the transaction: the host's answer, the loads. */
  readonly #abort = new AbortController()
  readonly #superseded = new AbortController()
  /** Why some new code does not serve, the reload's own reason apart. */
  readonly #failures: PluginError[] = []
  #transaction: TransactionReport | undefined

  constructor(plan: ReloadPlan, parts: RunParts, progress: RunProgress) {
    this.plan = plan
    this.#parts = parts
    this.#progress = progress
    // As many loads as there are plugins listen to it at a time, and none stays.
    setMaxListeners(0, this.#abort.signal)
  }

  /** Problems of the transaction, which the lifecycle has told to the log itself. */
  get logged(): readonly PluginError[] {
    return this.#transaction?.problems ?? []
  }

  /** Gives the run up for newer content, unless the plugins are being replaced already. Whether that is new. */
  supersede(why: string): boolean {
    if (this.#isSuperseded) return false
    const reason = new HotReloadError('CFP_RELOAD_SUPERSEDED', why)
    this.#superseded.abort(reason)
    this.#abort.abort(reason)
    return true
  }

  /** Ends what the lifecycle's own stop does not. */
  stop(reason: unknown): void {
    this.#abort.abort(reason)
  }

  /** Never rejects: what went wrong is in the report. */
  async run(): Promise<RunEnd> {
    const { changes, reload, start, unload } = this.plan
    const removed = changes.flatMap(({ file, kind }) => (kind === 'unlink' ? [file] : []))
    if (reload.length + start.length + unload.length === 0) {
      for (const file of removed) this.#parts.unregistered.forget(file)
      return { report: this.#report() }
    }
    let error: PluginError | undefined
    try {
      await this.#askHost()
      const code = await this.#load()
      if (this.#isSuperseded || code.unsettled.length > 0) return this.#startOver(code.unsettled)
      for (const file of removed) this.#parts.unregistered.forget(file)
      error = await this.#take(code)
    } catch (caught) {
      if (!this.#isSuperseded) error = this.#progress.note(caught)
    }
    if (this.#isSuperseded && (!this.#transaction || this.#transaction.outcome === 'superseded'))
      return this.#startOver([])
    this.#progress.noteFailedStarts(this.#transaction?.members ?? [])
    return { report: this.#report(error) }
  }

  get #isSuperseded(): boolean {
    return this.#superseded.signal.aborted
  }

  #startOver(unsettled: readonly string[]): RunEnd {
    if (this.#isSuperseded) return { startOver: (this.#superseded.signal.reason as Error).message, unsettled }
    const files = unsettled.map((file) => shownFile(file)).join(', ')
    return { startOver: `${files} ${unsettled.length > 1 ? 'were' : 'was'} still being written`, unsettled }
  }

  async #askHost(): Promise<void> {
    const { beforeReload } = this.#parts
    if (!beforeReload) return
    const answer = await this.#phase('plan', () =>
      callHost('beforeReload', () => beforeReload(this.plan), this.#abort.signal),
    )
    if (answer !== false) return
    throw new HotReloadError(
      'CFP_RELOAD_VETOED',
      'beforeReload() of the host refused the reload. The old code serves on.',
      { phase: 'plan' },
    )
  }

  async #load(): Promise<NewCode> {
    const needsNone = this.plan.start.length === 0 && !this.plan.reload.some(({ found }) => found)
    if (needsNone) return { records: [], newcomers: [], failures: [], failedStarts: [], unsettled: [] }
    return this.#phase('load', () => loadPlan(this.plan, this.#parts, this.#abort.signal))
  }

  /** Lets go who goes, lets in who comes, and replaces who changed. The error, where the new code does not serve. */
  async #take(code: NewCode): Promise<PluginError | undefined> {
    const { unregistered, orphans, lifecycle } = this.#parts
    for (const { found, error } of code.failedStarts) {
      this.#failures.push(this.#progress.note(error))
      // Whom it was to go on as is not forgotten.
      unregistered.note(found, error, { name: unregistered.at(found.file)?.name })
    }
    const failed = new Set(code.failedStarts.map(({ found }) => found.file))
    for (const { found } of this.plan.start) if (!failed.has(found.file)) unregistered.forget(found.file)
    for (const { plugin, found } of this.plan.reload) if (found) orphans.delete(plugin)
    const moved = new Map<string, Newcomer>()
    for (const newcomer of code.newcomers) {
      const { name } = newcomer.record.meta
      const current = lifecycle.registry.get(name)
      if (current && isHomeless(current) && !moved.has(name)) moved.set(name, newcomer)
    }
    const leaving = this.plan.unload.map(({ plugin }) => plugin)
    const departures = new Departures(leaving, new Set(moved.keys()), this.#parts, this.#progress)
    await this.#timed(
      'unload',
      leaving.some((name) => !moved.has(name)),
      async () => {
        this.#failures.push(...(await departures.letGo()))
      },
    )
    const newcomers = code.newcomers.filter((newcomer) => moved.get(newcomer.record.meta.name) !== newcomer)
    await this.#timed('add', newcomers.length > 0, () => this.#add(newcomers))
    if (this.#isSuperseded) return undefined
    const error = await this.#replace(code, moved)
    if (this.#transaction?.outcome === 'superseded') return error
    this.#failures.push(...(await departures.finish()))
    // Whom the registry refused before may have waited for this very change.
    if (this.#transaction?.outcome === 'committed') await this.#add([])
    return error
  }

  async #add(newcomers: readonly Newcomer[]): Promise<void> {
    const { lifecycle, unregistered } = this.#parts
    const { added } = this.#progress
    for (const name of await addNewcomers(newcomers, this.#parts)) added.add(name)
    for (const { record } of newcomers) {
      const { name } = record.meta
      const refusal = unregistered.refused().find((file) => file.record === record)?.error
      const error = refusal ?? (added.has(name) ? lifecycle.status(name).error : undefined)
      if (error) this.#failures.push(this.#progress.note(error))
    }
  }

  /** All of them, or none. */
  async #replace(code: NewCode, moved: ReadonlyMap<string, Newcomer>): Promise<PluginError | undefined> {
    const { lifecycle, orphans, unregistered } = this.#parts
    const set = [...code.records, ...[...moved.values()].map(({ record }) => record)]
    const restart = this.plan.reload.flatMap(({ found, plugin }) => (found ? [] : [plugin]))
    if (set.length + restart.length + code.failures.length === 0) return undefined
    let error: PluginError | undefined
    try {
      const [failure] = code.failures.map((each) => this.#progress.note(each))
      if (failure) throw failure
      const names = [...moved.keys()]
      await this.#phase('validate', () => this.#unlessAborted(lifecycle.check(set, names)))
      const superseded = this.#superseded.signal
      // Whether a plugin asked for its own reload was settled when it asked.
      this.#transaction = await lifecycle.reload({ set, moved: names, restart, superseded, wait: true })
      this.#phases.push(...this.#transaction.phases)
      if (this.#transaction.outcome === 'superseded') return undefined
      for (const problem of this.#transaction.problems) this.#progress.note(problem)
      error = this.#transaction.error && this.#progress.note(this.#transaction.error)
    } catch (caught) {
      error = this.#progress.note(caught)
    }
    for (const [name, { found }] of moved) {
      if (!error) orphans.delete(name)
      else if (lifecycle.registry.has(name)) {
        orphans.add(name)
        unregistered.note(found, error, { name })
      }
    }
    return error
  }

  /** It is bounded by what it asks; newer content need not wait for that. */
  async #unlessAborted(task: Promise<void>): Promise<void> {
    await within(task, { ms: LONGEST_MS, signal: this.#abort.signal, late: () => new Error('for ever') })
  }

  async #timed(phase: ReloadPhase, isDue: boolean, run: () => Promise<void>): Promise<void> {
    await (isDue ? this.#phase(phase, run) : run())
  }

  async #phase<T>(phase: ReloadPhase, run: () => Promise<T>): Promise<T> {
    const from = performance.now()
    try {
      return await run()
    } finally {
      this.#phases.push({ phase, durationMs: performance.now() - from })
    }
  }

  #report(error?: PluginError): ReloadReport {
    const { plan } = this
    const details = { failures: this.#failures, transaction: this.#transaction, phases: this.#phases, from: this.#from }
    return runReport({ ...details, plan, error, progress: this.#progress, lifecycle: this.#parts.lifecycle })
  }
}

/** The longest delay that a timer takes, in milliseconds. */
const LONGEST_MS = 2_147_483_647
