// What a new generation is told: why it exists, its plugin's place, whom it depends on, and where it finds services.
import type { PublishedService } from '@cf-plugins/registry'
import type { Gate } from './gate.ts'
import type { PluginListeners } from './listener.ts'

/** Why an instance exists. */
export type StartReason = 'start' | 'reload' | 'rollback'

/** Finds who offers a service: what a plugin may see depends on whether it starts alone or within a reload. */
export type ServiceLookup = (service: string) => readonly PublishedService[]

/** What a generation starts with. */
export interface GenerationStart {
  readonly reason: StartReason
  readonly lookup: ServiceLookup
  readonly dependencies: Dependencies
  /** A configuration that is checked already, such as that of the one that it brings back. @default the host's, checked at the start */
  readonly config?: { readonly value: unknown } | undefined
  /** A snapshot that has what `context.state` begins with. */
  readonly kept?: unknown
}

/** What a plugin depended on when it started. */
export interface Dependencies {
  readonly names: readonly string[]
  /** Which instance each of them was; 0 for an optional one that was not there. */
  readonly numbers: readonly number[]
}

/** The dependencies of a plugin that has none. */
export const NO_DEPENDENCIES: Dependencies = { names: [], numbers: [] }

/** The plugin's place in its lifecycle, which outlives the generation. */
export interface PluginPlace {
  readonly name: string
  /** The plugin's place among the handlers of one priority, kept over reloads. */
  readonly rank: number
  readonly gate: Gate
  readonly listeners: PluginListeners
  /** What a person asked for at runtime; nothing while the metadata decides. */
  readonly wanted: boolean | undefined
  /** Instances made so far. */
  made: number
  /** Takes note of code that would not end. */
  countZombie(code: unknown): void
}
