// What every plugin of one lifecycle shares, and where it gets its bounds from.

import type { LoopWatch, Pipelines, PluginEvents, PluginHooks } from '@cf-plugins/hooks'
import type { Logger, PluginTimeouts, ResolvedPluginMeta } from '@cf-plugins/plugin-api'
import type { Deadlines, PluginThreads } from '@cf-plugins/plugin-api/host'
import type { PublishedService } from '@cf-plugins/registry'
import type { AccessControl } from './access-control.ts'
import type { HeldResources } from './held-resources.ts'
import type { Quarantine } from './quarantine.ts'
import type { ConfigOf, ConfigPlace } from './raw-configs.ts'
import type { SecretFilter } from './secret-filter.ts'
import type { StateKeeper } from './state-keeper.ts'
import type { StrayWatch } from './stray-code.ts'

/**
 * A plugin's own view of the host application. What the plugin adds to `view` appears at `commit` and is gone at
 * `dispose`, both at once; `commit` after `dispose` brings it back, for a plugin that was disabled.
 */
export interface AppScope<App = unknown> {
  readonly view: App
  commit(): void
  dispose(): void
}

/** Makes the view of the app that one generation of one plugin gets: of the app's own type, or of one that is made for plugins. */
export type ScopeApp<App = unknown> = (app: App, meta: ResolvedPluginMeta) => AppScope

/** What the plugins of one lifecycle share. */
export interface PluginHost {
  /** Which host it is, for observers. */
  readonly id: string
  readonly app: unknown
  readonly shared: unknown
  readonly logger: Logger
  readonly events: PluginEvents
  readonly hooks: PluginHooks
  readonly pipelines: Pipelines
  readonly scopeApp: ScopeApp | undefined
  readonly bounds: Required<PluginTimeouts>
  readonly deadlines: Deadlines
  /** Keeps secrets out of what is told, where the host knows any. */
  readonly secrets: SecretFilter | undefined
  readonly held: HeldResources
  /** What each plugin may use. */
  readonly access: AccessControl
  /** What plugins take of the event loop. */
  readonly loop: LoopWatch
  /** Runs plugins, and handlers of theirs, in threads, where the host has any. */
  readonly threads: PluginThreads | undefined
  /** Whether what asks for a thread is run here instead. */
  readonly inline: boolean
  /** Who was switched off because they cannot be borne. */
  quarantine?: Quarantine
  /** Knows whose code runs, where the host wants to know. */
  strays?: StrayWatch
  /** Everyone's offers of a service, as everybody sees them. */
  offersOf(service: string): readonly PublishedService[]
  /** Which of several offers is to be taken. @throws `CFP_SERVICE_AMBIGUOUS` */
  pickService(service: string, offers: readonly PublishedService[]): PublishedService | undefined
  /** Every plugin whose metadata says that it provides a service. */
  providersOf(service: string): readonly string[]
  /** A plugin's place in the order in which plugins start. */
  rankOf(plugin: string): number
  /** The raw configuration of a plugin. @throws where the host refuses it */
  configOf: ConfigOf
  /** Where a value of it stands. */
  readonly configPlaceOf: ((plugin: string, path: readonly string[]) => ConfigPlace | undefined) | undefined
  /** Keeps the state of plugins, where somebody does. */
  readonly keeper: StateKeeper | undefined
  /** Makes what a live generation offers known to all. */
  publishServices(generation: { readonly name: string; services(): Map<string, unknown> }): void
  /** Told when an active plugin offers other services than before. */
  offersChanged?: () => void
}

/** The default deadlines, in milliseconds. */
export const DEFAULT_BOUNDS: Required<PluginTimeouts> = {
  registerMs: 10_000,
  setupMs: 10_000,
  teardownMs: 5000,
  enableMs: 5000,
  saveMs: 2000,
  restoreMs: 5000,
  reloadMs: 5000,
}

/** How long one of the plugin's hooks may take: its own bound, or else the host's. */
export function boundOf(host: PluginHost, meta: ResolvedPluginMeta, hook: keyof PluginTimeouts): number {
  return meta.timeouts[hook] ?? host.bounds[hook]
}

/** Whether a plugin runs in a thread of its own: its metadata says so, and its host does not say otherwise. */
export function isThreaded(host: Pick<PluginHost, 'inline'>, meta: Pick<ResolvedPluginMeta, 'execution'>): boolean {
  return meta.execution === 'worker' && !host.inline
}
