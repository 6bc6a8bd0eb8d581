// What a run came to.
import type { Lifecycle, TransactionReport } from '@cf-plugins/lifecycle'
import type { PluginError } from '@cf-plugins/plugin-api'
import type { ReloadPlan } from './reload-plan.ts'
import { type ReloadPhaseTiming, type ReloadReport, slowPhase } from './reload-report.ts'
import type { RunProgress } from './run-progress.ts'

/** What a run leaves. */
export interface RunResult {
  readonly plan: ReloadPlan
  readonly progress: RunProgress
  /** Nothing where it did not come to that. */
  readonly transaction: TransactionReport | undefined
  /** Why the changed plugins do not run their new code. */
  readonly error: PluginError | undefined
  /** Why some other new code does not serve. */
  readonly failures: readonly PluginError[]
  readonly phases: readonly ReloadPhaseTiming[]
  /** When it began, as `performance.now()` has it. */
  readonly from: number
  readonly lifecycle: Pick<Lifecycle, 'registry' | 'instance'>
}

export function runReport(result: RunResult): ReloadReport {
  const { plan, progress, transaction, failures, phases, from, lifecycle } = result
  const outcome = outcomeOf(result)
  const members = transaction?.members ?? []
  const started = outcome === 'nothing' ? [] : progress.started(members)
  const instances = [...members, ...started].flatMap((name) => {
    const instance = lifecycle.registry.has(name) ? lifecycle.instance(name) : undefined
    return instance ? [[name, instance] as const] : []
  })
  const durationMs = performance.now() - from
  return {
    outcome,
    plan,
    strategy: transaction?.strategy,
    startedOver: [],
    members,
    rolledBack: transaction?.outcome === 'rolled-back' ? members : [],
    started,
    unloaded: progress.unloaded,
    kept: transaction?.kept ?? [],
    phases,
    durationMs,
    slow: slowPhase(durationMs, phases),
    error: result.error ?? failures[0],
    problems: progress.problems,
    instances: new Map(instances),
  }
}

function outcomeOf({ plan, progress, transaction, error, failures }: RunResult): ReloadReport['outcome'] {
  const outcome = transaction?.outcome
  if (error && outcome && outcome !== 'superseded') return outcome
  if (error) return plan.reload.some(({ plugin }) => progress.wasDown(plugin)) ? 'failed' : 'kept'
  const members = transaction?.members ?? []
  if (transaction || progress.started(members).length + progress.unloaded.length > 0) return 'committed'
  const [failure] = failures
  if (!failure) return 'nothing'
  return failure.code === 'CFP_RELOAD_ORPHANED' ? 'kept' : 'failed'
}
