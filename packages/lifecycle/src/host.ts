// What every plugin of one lifecycle shares, and where it gets its bounds from.

import type { PluginEvents, PluginHooks } from '@cf-plugins/hooks'
import type { Logger, PluginTimeouts, ResolvedPluginMeta } from '@cf-plugins/plugin-api'
import type { Deadlines } from '@cf-plugins/plugin-api/host'
import type { AccessControl } from './access-control.ts'
import type { HeldResources } from './held-resources.ts'
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

/** Makes the view of the app that one generation of one plugin gets. */
export type ScopeApp<App = unknown> = (app: App, meta: ResolvedPluginMeta) => AppScope<App>

/** What the plugins of one lifecycle share. */
export interface PluginHost {
  /** Which host it is, for observers. */
  readonly id: string
  readonly app: unknown
  readonly shared: unknown
  readonly logger: Logger
  readonly events: PluginEvents
  readonly hooks: PluginHooks
  readonly scopeApp: ScopeApp | undefined
  readonly bounds: Required<PluginTimeouts>
  readonly deadlines: Deadlines
  /** Keeps secrets out of what is told, where the host knows any. */
  readonly secrets: SecretFilter | undefined
  readonly held: HeldResources
  /** What each plugin may use. */
  readonly access: AccessControl
  /** Knows whose code runs, where the host wants to know. */
  strays?: StrayWatch
  /** Finds a service that everybody sees. */
  findService(service: string): { readonly owner: string; readonly service: unknown } | undefined
  /** The raw configuration of a plugin. */
  configOf(plugin: string): unknown
  /** Keeps the state of plugins, where somebody does. */
  readonly keeper: StateKeeper | undefined
  /** Makes what a live generation offers known to all. */
  publishServices(generation: { readonly name: string; services(): Map<string, unknown> }): void
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

const nothing = () => {}

/** A logger that says nothing: what packages use until a host gives one. */
export const silentLogger: Logger = { debug: nothing, info: nothing, warn: nothing, error: nothing }

/** A plugin's own logger: a child where the host's logger makes them, else one that adds the bindings to each entry. */
export function childLogger(logger: Logger, bindings: Record<string, unknown>): Logger {
  if (logger.child) return logger.child(bindings)
  const level = (name: 'debug' | 'info' | 'warn' | 'error') => (first: string | object, message?: string) =>
    typeof first === 'string' ? logger[name](bindings, first) : logger[name]({ ...bindings, ...first }, message)
  return { debug: level('debug'), info: level('info'), warn: level('warn'), error: level('error') }
}

/** Whether `meta` says that its plugin may use `service`, which `owner` offers. */
export function declares(meta: ResolvedPluginMeta, owner: string, service: string): boolean {
  return (
    owner === meta.name ||
    meta.requires.includes(service) ||
    meta.dependencies.some((dependency) => dependency.name === owner) ||
    meta.optionalDependencies.some((dependency) => dependency.name === owner)
  )
}
