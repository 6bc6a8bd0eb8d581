// What a reload replaces, and what it tells afterwards.
import type { PluginError, PluginRecord } from '@cf-plugins/plugin-api'
import type { PluginOrder } from './ordered.ts'

/** Stop, then start; or start, then stop. */
export type ReloadStrategy = 'exclusive' | 'overlap'

/**
 * The phases of a transaction, in order: `stage` and `restore` only where old and new overlap, `teardown` and `start` only
 * where they do not. `rollback` takes the place of what is left when one of them fails.
 */
export type TransactionPhase =
  | 'stage'
  | 'gate'
  | 'save'
  | 'teardown'
  | 'start'
  | 'restore'
  | 'check'
  | 'commit'
  | 'rollback'
  | 'replay'
  | 'retire'

/** How long one phase took. */
export interface PhaseTiming {
  readonly phase: TransactionPhase
  readonly durationMs: number
}

/** What became of a unit. */
export interface TransactionReport {
  /**
   * `committed`: the new code serves. `rolled-back`: the old code serves, with its state. `failed`: some of the old did not
   * come back. `superseded`: it gave way to a newer change before it touched anything. `accepted`: a plugin of the unit
   * asked for it, which it must not wait for: it runs as soon as it can, and what goes wrong is told to the log.
   */
  readonly outcome: 'committed' | 'rolled-back' | 'failed' | 'superseded' | 'accepted'
  /** How the unit was replaced, in the end: one that could not overlap says so in `problems`. */
  readonly strategy: ReloadStrategy
  /** The unit's plugins, dependencies first. */
  readonly members: readonly string[]
  /** Those whose state was carried over, or back. */
  readonly kept: readonly string[]
  readonly phases: readonly PhaseTiming[]
  /** Why it was not committed. */
  readonly error?: PluginError | undefined
  /** What went wrong without changing the outcome, such as a `teardown` that threw. */
  readonly problems: readonly PluginError[]
}

/** What a plugin of the unit `members` is told that asked for its own reload. */
export function acceptedReport(members: readonly string[]): TransactionReport {
  return { outcome: 'accepted', strategy: 'exclusive', members, kept: [], phases: [], problems: [] }
}

/** Bounds of a reload as a whole, in milliseconds. */
export interface ReloadBounds {
  /** How long the gate may be closed, once more for a rollback, and once more for what is set up before. @default 10000 */
  readonly gateMs?: number | undefined
  /** How long what is in flight may take to end. @default 5000 */
  readonly drainMs?: number | undefined
}

/** What is replaced by what. */
export interface ReloadUnit extends ReloadBounds {
  /** The members' records, dependencies first: new code for those that changed, the current record for their dependents. */
  readonly records: readonly PluginRecord[]
  /** The plugins as they are. */
  readonly before: PluginOrder
  /** The plugins as they will be. */
  readonly after: PluginOrder
  /** New configurations, checked already, of those that have one. */
  readonly configs?: ReadonlyMap<string, unknown> | undefined
  /** Makes `after` the truth: called within the commit. */
  readonly commit: () => void
  /** Cancels the reload: before the commit, the old code comes back. */
  readonly signal?: AbortSignal | undefined
  /** Ends the reload where a newer change makes it pointless: heard until the gates close, and never after. */
  readonly superseded?: AbortSignal | undefined
  /** Ends the reload for good: before the commit, nothing comes back that was torn down. */
  readonly shutdown?: AbortSignal | undefined
}
