// What a start, or a stop, tells.
import type { PluginError } from '@cf-plugins/plugin-api'
import type { PluginSlot } from './plugin-slot.ts'

/** One plugin's part of a start. All times in milliseconds; `startedMs` and `endedMs` from the start's own beginning. */
export interface TimelineEntry {
  readonly plugin: string
  readonly startedMs: number
  readonly endedMs: number
  readonly registerMs: number
  readonly setupMs: number
  /** The dependency that was ready last: what the plugin waited for. */
  readonly waitedFor: string | undefined
  readonly outcome: 'active' | 'failed'
}

/** A plugin that is not active, and why. */
export interface StartFailure {
  readonly plugin: string
  /** `blocked` where something that it needs is not active; `failed` where it failed itself. */
  readonly state: 'failed' | 'blocked'
  readonly error: PluginError
}

/** How a start ended. */
export interface StartReport {
  /** Plugins that are active now, dependencies first. */
  readonly active: readonly string[]
  readonly failed: readonly StartFailure[]
  readonly disabled: readonly string[]
  /** What went wrong and kept no plugin from starting, such as state of an earlier process that was of no use. */
  readonly problems: readonly PluginError[]
  /** Those that this start began, in the order in which they began. */
  readonly timeline: readonly TimelineEntry[]
  readonly durationMs: number
}

/** How a stop ended. */
export interface StopReport {
  /** Plugins that were torn down, dependents first. */
  readonly stopped: readonly string[]
  /** What went wrong on the way; every plugin was stopped all the same. */
  readonly problems: readonly PluginError[]
  /** Plugins whose code had not ended at the bound. */
  readonly hung: readonly string[]
  /** How many events waited for a plugin, by its name, and were thrown away; nothing of those for which none did. */
  readonly undelivered: ReadonlyMap<string, number>
  readonly durationMs: number
}

/** @param order every plugin that could start, dependencies first */
export function startReport(
  slots: readonly PluginSlot[],
  order: readonly PluginSlot[],
  timeline: readonly TimelineEntry[],
  problems: readonly PluginError[],
  durationMs: number,
): StartReport {
  const failed: StartFailure[] = []
  const disabled: string[] = []
  for (const { name, state, error } of slots) {
    if (state === 'disabled') disabled.push(name)
    else if ((state === 'failed' || state === 'blocked') && error) failed.push({ plugin: name, state, error })
  }
  const active = order.filter(({ state }) => state === 'active').map(({ name }) => name)
  return { active, failed, disabled, problems, timeline, durationMs }
}
