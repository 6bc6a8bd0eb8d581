// What became of a plan.
import type { TransactionPhase } from '@cf-plugins/lifecycle'
import type { PluginError } from '@cf-plugins/plugin-api'
import type { ReloadPlan } from './reload-plan.ts'

/** The phases of a reload: loading and checking the new code, then those of the transaction. */
export type ReloadPhase = 'load' | 'validate' | TransactionPhase

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
  readonly plan: ReloadPlan
  /** Every plugin that was made anew, dependencies first; those that were at rest are not among them. */
  readonly members: readonly string[]
  /** Plugins that run now and did not before: their file appeared or was mended, or they waited for one of those. */
  readonly started: readonly string[]
  readonly unloaded: readonly string[]
  /** Plugins whose state was carried over, or back. */
  readonly kept: readonly string[]
  readonly phases: readonly ReloadPhaseTiming[]
  readonly durationMs: number
  /** Why some new code does not serve. */
  readonly error?: PluginError | undefined
  /** Every problem, `error` among them, each once. */
  readonly problems: readonly PluginError[]
  /** The instances that serve now, by plugin. */
  readonly instances: ReadonlyMap<string, object>
}
