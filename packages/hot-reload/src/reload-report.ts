// What became of a plan.
import type { ReloadStrategy, TransactionPhase } from '@cf-plugins/lifecycle'
import type { PluginError } from '@cf-plugins/plugin-api'
import type { ReloadPlan } from './reload-plan.ts'

/**
 * The phases of a reload. `settle`: what changed came to rest; it comes before the reload and is no part of its duration.
 * `start-over`: all that was given up for newer content. `plan`: the host was asked. `load`, `validate`: the new code.
 * `unload`, `add`: plugins that went and came. The others are those of the transaction.
 */
export type ReloadPhase = 'settle' | 'start-over' | 'plan' | 'load' | 'validate' | 'unload' | 'add' | TransactionPhase

/** How long one phase took, in milliseconds. */
export interface ReloadPhaseTiming {
  readonly phase: ReloadPhase
  readonly durationMs: number
}

/** How a reload ended. */
export interface ReloadReport {
  /**
   * `committed`: the new code serves. `kept`: the new code could not be loaded, is not valid, or was vetoed, and the
   * old one was never touched. `rolled-back`: the old code serves again, with its state. `failed`: some of it does not,
   * or did not before. `nothing`: nothing to do. `accepted`: a plugin asked for a reload of itself, which it must not wait
   * for: it runs as soon as it can, and `afterReload` is told.
   */
  readonly outcome: 'committed' | 'kept' | 'rolled-back' | 'failed' | 'nothing' | 'accepted'
  /** The plan that was run in the end. */
  readonly plan: ReloadPlan
  /** How the unit was replaced; nothing where it did not come to that. */
  readonly strategy: ReloadStrategy | undefined
  /** Why it started over, once each time: for a newer change, or for a file that was still being written. */
  readonly startedOver: readonly string[]
  /** Every plugin that was made anew, dependencies first; those that were at rest are not among them. */
  readonly members: readonly string[]
  /** Plugins whose old code serves again; `error` says why. */
  readonly rolledBack: readonly string[]
  /** Plugins that run now and did not before: their file appeared or was mended, or they waited for one of those. */
  readonly started: readonly string[]
  readonly unloaded: readonly string[]
  /** Plugins whose state was carried over, or back. */
  readonly kept: readonly string[]
  readonly phases: readonly ReloadPhaseTiming[]
  /** Of the whole reload, from its plan on. */
  readonly durationMs: number
  /** The phase that took most of it, where it took over 100 ms. */
  readonly slow: ReloadPhaseTiming | undefined
  /** Why some new code does not serve. */
  readonly error?: PluginError | undefined
  /** Every problem, `error` among them, each once. */
  readonly problems: readonly PluginError[]
  /** The instances that serve now, by plugin. */
  readonly instances: ReadonlyMap<string, object>
}

/** A reload that takes longer is warned about, in milliseconds. */
const SLOW_MS = 100

/** The phase to name where a reload was slow. */
export function slowPhase(durationMs: number, phases: readonly ReloadPhaseTiming[]): ReloadPhaseTiming | undefined {
  if (durationMs <= SLOW_MS) return undefined
  const within = phases.filter(({ phase }) => phase !== 'settle')
  return within.sort((a, b) => b.durationMs - a.durationMs)[0]
}

/** A report of something that ran no transaction. */
export function plainReport(
  outcome: ReloadReport['outcome'],
  plan: ReloadPlan,
  details: Partial<Pick<ReloadReport, 'error' | 'phases'>> = {},
): ReloadReport {
  const { error, phases = [] } = details
  const nothing = { members: [], rolledBack: [], started: [], unloaded: [], kept: [], startedOver: [] }
  return {
    ...nothing,
    outcome,
    plan,
    strategy: undefined,
    phases,
    durationMs: 0,
    slow: undefined,
    error,
    problems: error ? [error] : [],
    instances: new Map(),
  }
}
