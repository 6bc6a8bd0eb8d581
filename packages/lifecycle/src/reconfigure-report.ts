// What becomes of changed configurations.
import type { PluginError } from '@cf-plugins/plugin-api'

/** What `reconfigure` takes besides the configurations. */
export interface ReconfigureOptions {
  /** Cancels it: what was changed is changed back. */
  readonly signal?: AbortSignal
  /** Resolves when it is over, also where a plugin that it concerns asks. @default false */
  readonly wait?: boolean
}

/** How a change of configurations ended. */
export interface ReconfigureReport {
  /**
   * `committed`: the new configurations are in force. `rolled-back`: the old ones are, everywhere. `failed`: some plugin did not
   * come back with its old one. `accepted`: a plugin that it concerns asked, which must not wait for it.
   */
  readonly outcome: 'committed' | 'rolled-back' | 'failed' | 'accepted'
  /** Plugins whose instance was told, by `onConfigChange`. */
  readonly told: readonly string[]
  /** Plugins that were made anew, those that depend on them among them; dependencies first. */
  readonly restarted: readonly string[]
  /** Plugins that do not run, and take it up when they do. */
  readonly later: readonly string[]
  /** Why it was not committed. */
  readonly error?: PluginError | undefined
  /** What went wrong without changing the outcome. */
  readonly problems: readonly PluginError[]
}

export function acceptedChange(): ReconfigureReport {
  return { outcome: 'accepted', told: [], restarted: [], later: [], problems: [] }
}
