// Runs one plan: loads and checks the new code while the old one serves, then hands it to the lifecycle's transaction.
import type { Lifecycle, PluginState, TransactionReport } from '@cf-plugins/lifecycle'
import type { FoundPlugin, PluginLoader } from '@cf-plugins/loader'
import { HotReloadError, messageOf, PluginError, type PluginRecord } from '@cf-plugins/plugin-api'
import { callHost } from './host-hook.ts'
import { addNewcomers, type Newcomer } from './newcomers.ts'
import type { PlannedReload, ReloadPlan } from './reload-plan.ts'
import type { ReloadPhase, ReloadPhaseTiming, ReloadReport } from './reload-report.ts'
import type { UnregisteredFiles } from './unregistered-files.ts'

/** What a run works on. */
export interface RunParts {
  readonly loader: Pick<PluginLoader, 'load' | 'loadAll'>
  readonly lifecycle: Pick<
    Lifecycle,
    'reload' | 'add' | 'unload' | 'check' | 'status' | 'statuses' | 'instance' | 'registry'
  >
  readonly unregistered: UnregisteredFiles
  /** Plugins that serve on although their file is gone. */
  readonly orphans: Set<string>
  readonly beforeReload: ((plan: ReloadPlan) => unknown) | undefined
  /** Aborted when the reloader stops; its reason is the error that a cancelled reload is told with. */
  readonly signal: AbortSignal
}

interface Standing {
  readonly state: PluginState
  readonly error: PluginError | undefined
}

/** One plan on its way. */
export class ReloadRun {
  readonly #plan: ReloadPlan
  readonly #parts: RunParts
  readonly #from = performance.now()
  readonly #before: ReadonlyMap<string, Standing>
  readonly #phases: ReloadPhaseTiming[] = []
  readonly #problems = new Set<PluginError>()
  readonly #unloaded: string[] = []
  readonly #added = new Set<string>()
  /** Why some new code does not serve, the reload's own reason apart. */
  readonly #failures: PluginError[] = []
  #transaction: TransactionReport | undefined

  constructor(plan: ReloadPlan, parts: RunParts) {
    this.#plan = plan
    this.#parts = parts
    this.#before = new Map(parts.lifecycle.statuses().map(({ plugin, state, error }) => [plugin, { state, error }]))
  }

  /** Problems of the transaction, which the lifecycle has told to the log itself. */
  get logged(): readonly PluginError[] {
    return this.#transaction?.problems ?? []
  }

  /** Never rejects: what went wrong is in the report. @param failure why the plan is empty, where it could not be made */
  async run(failure?: unknown): Promise<ReloadReport> {
    const { changes, reload, start, unload } = this.#plan
    if (failure !== undefined) return this.#report('kept', this.#note(failure))
    for (const { file, kind } of changes) if (kind === 'unlink') this.#parts.unregistered.forget(file)
    if (reload.length + start.length + unload.length === 0) return this.#report('nothing')
    let error: PluginError | undefined
    try {
      await this.#askHost()
      await this.#unloadAll()
      await this.#start(await this.#loadNew())
      if (reload.length > 0) error = await this.#reload(reload)
      // Whom the registry refused before may have waited for this very change.
      if (this.#transaction?.outcome === 'committed') await this.#start([])
    } catch (caught) {
      error = this.#note(caught)
    }
    this.#noteFailedStarts()
    return this.#report(this.#outcome(error), error ?? this.#failures[0])
  }

  async #askHost(): Promise<void> {
    const { beforeReload, signal } = this.#parts
    const answer = await callHost('beforeReload', () => beforeReload?.(this.#plan), signal)
    if (answer !== false) return
    throw new HotReloadError(
      'CFP_RELOAD_VETOED',
      'beforeReload() of the host refused the reload. The old code serves on.',
      { phase: 'plan' },
    )
  }

  /** Dependents first, so that plugins which go together do not hold each other. */
  async #unloadAll(): Promise<void> {
    const { lifecycle, orphans } = this.#parts
    const planned = new Set(this.#plan.unload.map(({ plugin }) => plugin))
    for (const { plugin, found } of this.#plan.reload) if (found) orphans.delete(plugin)
    for (const plugin of orphans) if (!lifecycle.registry.has(plugin)) orphans.delete(plugin)
    if (planned.size + orphans.size === 0) return
    for (const plugin of lifecycle.registry.order([...planned, ...orphans]).reverse()) {
      const users = this.#usersOf(plugin)
      if (users.length > 0) {
        orphans.add(plugin)
        if (planned.has(plugin))
          this.#failures.push(this.#note(orphaned(plugin, users, lifecycle.registry.get(plugin)?.source)))
        continue
      }
      orphans.delete(plugin)
      try {
        await lifecycle.unload(plugin)
        this.#unloaded.push(plugin)
      } catch (error) {
        this.#failures.push(this.#note(error))
      }
    }
  }

  #usersOf(plugin: string): string[] {
    const { lifecycle } = this.#parts
    const { registry } = lifecycle
    return registry
      .dependentsOf(plugin)
      .filter((name) => registry.requires(name, plugin) === 'required' && lifecycle.status(name).state === 'active')
  }

  async #loadNew(): Promise<Newcomer[]> {
    const { loader, unregistered, signal } = this.#parts
    if (this.#plan.start.length === 0) return []
    return this.#phase('load', async () => {
      const loads = this.#plan.start.map(async ({ found }): Promise<Newcomer[]> => {
        const { records, failures } = await loader.loadAll([found], { signal })
        unregistered.forget(found.file)
        for (const failure of failures) {
          this.#failures.push(this.#note(failure))
          unregistered.note(found, failure)
        }
        return records.map((record) => ({ found, record }))
      })
      return (await Promise.all(loads)).flat()
    })
  }

  async #start(newcomers: readonly Newcomer[]): Promise<void> {
    const { lifecycle, unregistered } = this.#parts
    for (const name of await addNewcomers(newcomers, this.#parts)) this.#added.add(name)
    for (const { record } of newcomers) {
      const { name } = record.meta
      const refusal = unregistered.refused().find((file) => file.record === record)?.error
      const error = refusal ?? (this.#added.has(name) ? lifecycle.status(name).error : undefined)
      if (error) this.#failures.push(this.#note(error))
    }
  }

  /** The error, where the new code does not serve. */
  async #reload(planned: readonly PlannedReload[]): Promise<PluginError | undefined> {
    const { lifecycle } = this.#parts
    try {
      const set = await this.#phase('load', () => this.#load(planned.flatMap(({ found }) => found ?? [])))
      await this.#phase('validate', () => lifecycle.check(set))
      const restart = planned.flatMap(({ found, plugin }) => (found ? [] : [plugin]))
      this.#transaction = await lifecycle.reload({ set, restart })
    } catch (error) {
      return this.#note(error)
    }
    this.#phases.push(...this.#transaction.phases)
    for (const problem of this.#transaction.problems) this.#note(problem)
    return this.#transaction.error && this.#note(this.#transaction.error)
  }

  /** All of them, or none. */
  async #load(found: readonly FoundPlugin[]): Promise<PluginRecord[]> {
    const { loader, signal } = this.#parts
    const results = await Promise.allSettled(found.map((each) => loader.load(each, { signal })))
    if (signal.aborted) throw signal.reason
    const failures = results.flatMap((result) => (result.status === 'rejected' ? [this.#note(result.reason)] : []))
    if (failures[0]) throw failures[0]
    return results.flatMap((result) => (result.status === 'fulfilled' ? [result.value] : []))
  }

  /** Plugins that were tried because of this plan, and failed: they may have waited for what came. */
  #noteFailedStarts(): void {
    for (const { plugin, state, error } of this.#parts.lifecycle.statuses()) {
      if (state !== 'failed' || !error || error === this.#before.get(plugin)?.error) continue
      if (!this.#transaction?.members.includes(plugin)) this.#note(error)
    }
  }

  #note(error: unknown): PluginError {
    const { signal } = this.#parts
    const isPluginError = error instanceof PluginError
    const problem = isPluginError
      ? error
      : new HotReloadError('CFP_RELOAD_PLAN_FAILED', messageOf(error), { cause: error })
    const told = signal.aborted && CANCELLED.has(problem.code) ? (signal.reason as PluginError) : problem
    this.#problems.add(told)
    return told
  }

  async #phase<T>(phase: ReloadPhase, run: () => Promise<T>): Promise<T> {
    const from = performance.now()
    try {
      return await run()
    } finally {
      this.#phases.push({ phase, durationMs: performance.now() - from })
    }
  }

  #outcome(error: PluginError | undefined): ReloadReport['outcome'] {
    const outcome = this.#transaction?.outcome
    if (error && outcome) return outcome === 'superseded' ? 'kept' : outcome
    const wasDown = this.#plan.reload.some(({ plugin }) => this.#before.get(plugin)?.state === 'failed')
    if (error) return wasDown ? 'failed' : 'kept'
    if (this.#transaction || this.#started().length + this.#unloaded.length > 0) return 'committed'
    const [failure] = this.#failures
    if (!failure) return 'nothing'
    return failure.code === 'CFP_RELOAD_ORPHANED' ? 'kept' : 'failed'
  }

  #started(): string[] {
    const members = new Set(this.#transaction?.members)
    const isNew = (name: string) => this.#added.has(name) || this.#before.get(name)?.state !== 'active'
    return this.#parts.lifecycle
      .statuses()
      .flatMap(({ plugin, state }) => (state === 'active' && isNew(plugin) && !members.has(plugin) ? [plugin] : []))
  }

  #report(outcome: ReloadReport['outcome'], error?: PluginError): ReloadReport {
    const { lifecycle } = this.#parts
    const members = this.#transaction?.members ?? []
    const started = outcome === 'nothing' ? [] : this.#started()
    const instances = [...members, ...started].flatMap((name) => {
      const instance = lifecycle.registry.has(name) ? lifecycle.instance(name) : undefined
      return instance ? [[name, instance] as const] : []
    })
    return {
      outcome,
      plan: this.#plan,
      members,
      started,
      unloaded: this.#unloaded,
      kept: this.#transaction?.kept ?? [],
      phases: this.#phases,
      durationMs: performance.now() - this.#from,
      error,
      problems: [...this.#problems],
      instances: new Map(instances),
    }
  }
}

/** What an operation that a stop cancelled ends with. */
const CANCELLED = new Set(['CFP_LOAD_ABORTED', 'CFP_STOPPED', 'CFP_OPERATION_ABORTED'])

function orphaned(plugin: string, users: readonly string[], source?: PluginRecord['source']): HotReloadError {
  const needs = users.length > 1 ? 'need' : 'needs'
  return new HotReloadError(
    'CFP_RELOAD_ORPHANED',
    `The file of plugin "${plugin}" is gone, but ${users.join(', ')} ${needs} it: it serves on until they do not, or its file is back.`,
    { plugin, phase: 'unload', file: source?.file, generation: source?.generation },
  )
}
