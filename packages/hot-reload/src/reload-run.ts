// Runs one plan: loads and checks the new code while the old one serves, then hands it to the lifecycle's transaction.
import type { Lifecycle, TransactionReport } from '@cf-plugins/lifecycle'
import type { PluginLoader } from '@cf-plugins/loader'
import { HotReloadError, type Logger, messageOf, PluginError, type PluginRecord } from '@cf-plugins/plugin-api'
import { reloadChannel } from './channels.ts'
import { within } from './host-hook.ts'
import type { PlannedReload, PlannedStart, ReloadPlan } from './reload-plan.ts'
import type { ReloadPhase, ReloadPhaseTiming, ReloadReport } from './reload-report.ts'

/** Where a host may have a say. Both may be async; each is given 10 s. */
export interface HostHooks {
  /** Called with each plan before it runs. Returning `false`, or throwing, keeps the old code. */
  readonly beforeReload?: (plan: ReloadPlan) => unknown
  /** Called with each report. */
  readonly afterReload?: (report: ReloadReport) => unknown
}

/** What a run works on. */
export interface RunParts {
  readonly loader: PluginLoader
  readonly lifecycle: Pick<Lifecycle, 'reload' | 'add' | 'unload' | 'check' | 'status' | 'instance' | 'registry'>
  readonly logger: Logger | undefined
  readonly broken: Map<string, PluginError>
  readonly hooks: HostHooks
}

/** A reload that takes longer is warned about, in milliseconds. */
const SLOW_MS = 100

/** Runs plans, one at a time. */
export class ReloadRun {
  readonly #parts: RunParts

  constructor(parts: RunParts) {
    this.#parts = parts
  }

  /** Never rejects: what went wrong is in the report. */
  async run(plan: ReloadPlan): Promise<ReloadReport> {
    const work = new Work(plan, this.#parts)
    const { logger, hooks } = this.#parts
    for (const { file, why } of plan.passedOver) logger?.debug({ file, why }, `${file} passed over: ${why}`)
    if (reloadChannel.hasSubscribers) reloadChannel.publish({ plan })
    const report = await work.run()
    if (reloadChannel.hasSubscribers) reloadChannel.publish({ report })
    tell(report, logger)
    try {
      await within('afterReload', () => hooks.afterReload?.(report))
    } catch (error) {
      logger?.error({ err: error }, messageOf(error))
    }
    return report
  }
}

/** One plan on its way. */
class Work {
  readonly #plan: ReloadPlan
  readonly #parts: RunParts
  readonly #from = performance.now()
  readonly #phases: ReloadPhaseTiming[] = []
  readonly #problems: PluginError[] = []
  readonly #started: string[] = []
  readonly #unloaded: string[] = []
  #transaction: TransactionReport | undefined

  constructor(plan: ReloadPlan, parts: RunParts) {
    this.#plan = plan
    this.#parts = parts
  }

  async run(): Promise<ReloadReport> {
    const { reload, start, unload } = this.#plan
    if (reload.length + start.length + unload.length === 0) return this.#report('nothing')
    try {
      await this.#ask()
    } catch (error) {
      return this.#report('kept', this.#problem(error))
    }
    for (const { plugin } of unload) await this.#unload(plugin)
    const error = reload.length > 0 ? await this.#reload(reload) : undefined
    await this.#start(start)
    if (error) return this.#report(this.#transaction ? outcomeOf(this.#transaction) : 'kept', error)
    const [problem] = this.#problems
    const isDone = this.#transaction !== undefined || this.#started.length + this.#unloaded.length > 0
    return this.#report(isDone ? 'committed' : problem ? 'failed' : 'nothing', problem)
  }

  async #ask(): Promise<void> {
    const { hooks } = this.#parts
    const answer = await within('beforeReload', () => hooks.beforeReload?.(this.#plan))
    if (answer === false)
      throw new HotReloadError(
        'CFP_RELOAD_VETOED',
        'beforeReload() of the host refused the reload. The old code serves on.',
        { phase: 'plan' },
      )
  }

  async #unload(plugin: string): Promise<void> {
    const { lifecycle, logger } = this.#parts
    const dependents = lifecycle.registry
      .dependentsOf(plugin)
      .filter((name) => lifecycle.status(name).state === 'active')
    if (dependents.length > 0) {
      const message = `The file of plugin "${plugin}" is gone, but ${dependents.join(', ')} ${dependents.length > 1 ? 'need' : 'needs'} it: it serves on.`
      logger?.warn({ plugin, code: 'CFP_RELOAD_ORPHANED' }, message)
      return
    }
    try {
      await lifecycle.unload(plugin)
      this.#unloaded.push(plugin)
    } catch (error) {
      this.#problem(error)
    }
  }

  /** The error, where the new code does not serve. */
  async #reload(planned: readonly PlannedReload[]): Promise<PluginError | undefined> {
    const { lifecycle, logger, loader } = this.#parts
    logger?.info(
      { plugins: planned.map(({ plugin }) => plugin) },
      `reloading ${planned.map(({ plugin }) => plugin).join(', ')}`,
    )
    for (const { plugin, why } of planned) logger?.debug({ plugin, why }, `"${plugin}" is reloaded: ${why}`)
    try {
      const set = await this.#phase('load', async () => {
        const found = planned.flatMap((item) => item.found ?? [])
        const { records, failures } = await loader.loadAll(found)
        const [first] = failures
        this.#problems.push(...failures.slice(1))
        if (first) throw first
        return records
      })
      await this.#phase('validate', () => lifecycle.check(set))
      const restart = planned.flatMap((item) => (item.found ? [] : [item.plugin]))
      this.#transaction = await lifecycle.reload({ set, restart })
      this.#phases.push(...this.#transaction.phases)
      this.#problems.push(...this.#transaction.problems)
      return this.#transaction.error ? this.#problem(this.#transaction.error) : undefined
    } catch (error) {
      return this.#problem(error)
    }
  }

  async #start(planned: readonly PlannedStart[]): Promise<void> {
    if (planned.length === 0) return
    const { lifecycle, loader, broken } = this.#parts
    const { records, failures } = await this.#phase('load', () => loader.loadAll(planned.map(({ found }) => found)))
    for (const { found } of planned) broken.delete(found.file)
    for (const failure of failures) this.#noteBroken(failure)
    for (const record of records) await this.#add(record, lifecycle)
  }

  async #add(record: PluginRecord, lifecycle: RunParts['lifecycle']): Promise<void> {
    try {
      await lifecycle.add([record])
      const { error } = lifecycle.status(record.meta.name)
      if (error) this.#problem(error)
      else this.#started.push(record.meta.name)
    } catch (error) {
      this.#noteBroken(this.#problem(error, false))
    }
  }

  #noteBroken(error: PluginError): void {
    if (error.file !== undefined) this.#parts.broken.set(error.file, error)
    this.#problem(error)
  }

  #problem(error: unknown, isNew = true): PluginError {
    const problem =
      error instanceof PluginError
        ? error
        : new HotReloadError('CFP_RELOAD_HOST_HOOK', messageOf(error), { cause: error })
    if (isNew && !this.#problems.includes(problem)) this.#problems.push(problem)
    return problem
  }

  async #phase<T>(phase: ReloadPhase, run: () => Promise<T>): Promise<T> {
    const from = performance.now()
    try {
      return await run()
    } finally {
      this.#phases.push({ phase, durationMs: performance.now() - from })
    }
  }

  #report(outcome: ReloadReport['outcome'], error?: PluginError): ReloadReport {
    const { lifecycle } = this.#parts
    const members = this.#transaction?.members ?? []
    const named = [...members, ...this.#started]
    return {
      outcome,
      plan: this.#plan,
      members,
      started: this.#started,
      unloaded: this.#unloaded,
      kept: this.#transaction?.kept ?? [],
      phases: this.#phases,
      durationMs: performance.now() - this.#from,
      error,
      problems: this.#problems,
      instances: new Map(
        named.flatMap((name) => {
          const instance = lifecycle.registry.has(name) ? lifecycle.instance(name) : undefined
          return instance ? [[name, instance] as const] : []
        }),
      ),
    }
  }
}

function outcomeOf({ outcome }: TransactionReport): ReloadReport['outcome'] {
  return outcome
}

/** Writes a report to the log: what a person wants to know at `info`, every phase at `debug`. */
function tell(report: ReloadReport, logger: Logger | undefined): void {
  if (!logger || report.outcome === 'nothing') return
  const { members, started, unloaded, phases, durationMs, error } = report
  const time = `${Math.round(durationMs * 10) / 10} ms`
  for (const { phase, durationMs: ms } of phases)
    logger.debug({ phase, durationMs: ms }, `${phase}: ${ms.toFixed(2)} ms`)
  if (members.length > 0 && report.outcome === 'committed')
    logger.info({ plugins: members, durationMs }, `reloaded ${members.join(', ')} in ${time}`)
  if (started.length > 0) logger.info({ plugins: started }, `started ${started.join(', ')}`)
  if (unloaded.length > 0) logger.info({ plugins: unloaded }, `unloaded ${unloaded.join(', ')}`)
  for (const problem of report.problems) logger.error({ err: problem }, problem.message)
  if (error && report.outcome === 'kept') logger.info({ durationMs }, 'the old code serves on')
  if (error && report.outcome === 'rolled-back')
    logger.info({ durationMs }, `rolled back: ${members.join(', ')} serve as before`)
  if (durationMs > SLOW_MS) {
    const [slowest] = [...phases].sort((a, b) => b.durationMs - a.durationMs)
    logger.warn(
      { durationMs, phase: slowest?.phase },
      `The reload took ${time}, most of it in phase "${slowest?.phase}".`,
    )
  }
}
