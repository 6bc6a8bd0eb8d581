// What `register` returns: an object with some of the lifecycle's hooks.
import type { EventContext } from './handlers.ts'
import type { Awaitable } from './thenable.ts'

/** How a plugin says that it is well. */
export interface PluginHealth {
  readonly status: 'healthy' | 'degraded' | 'unhealthy'
  readonly message?: string
}

/**
 * The hooks of an instance. Each is optional, may be sync or async, and gets a deadline. `setup` and `teardown` are
 * strictly paired: an instance is set up at most once and, if its setup began, torn down exactly once.
 */
export interface PluginInstance {
  setup?(): unknown
  teardown?(): unknown
  /** After a disabled plugin was enabled. An ordinary start does not call it. */
  onEnable?(): unknown
  onDisable?(): unknown
  /** After a reload, once the new instance is set up and has its state. Throwing rolls the reload back. */
  onReload?(): unknown
  /**
   * After the plugin's configuration was edited, and found right by its schema; `context.config` is the new one already. Throwing
   * brings the old one back. A plugin without this hook is made anew instead.
   */
  onConfigChange?(config: never, previous: never): unknown
  /** State to carry over a reload: anything that `structuredClone` takes. */
  getReloadState?(): unknown
  setReloadState?(state: never): unknown
  /**
   * Turns state of another `stateVersion`, older or newer, into this version's. Called before `setReloadState`; for what `context.state` keeps,
   * after `register` and before `setup`. A plugin that has both is told by `part` which of them it is given.
   */
  migrateState?(state: never, fromVersion: number, part: StatePartName): unknown
  handleEvent?(event: string, context: EventContext): unknown
  health?(): Awaitable<PluginHealth>
}

/** Which state is migrated: what `context.state` keeps, or what `getReloadState` returned. */
export type StatePartName = 'state' | 'reload'

/** The hooks' names, as the lifecycle calls them. */
export type InstanceHook = keyof PluginInstance

/** Under which an instance has what it offers instead of itself. */
export const SERVICE = Symbol.for('cf-plugins.service')

/** An instance that offers something else than itself under its plugin's name. */
export interface ServiceCarrier {
  readonly [SERVICE]: unknown
}

/** Makes `instance` offer what `service` returns when asked. */
export function carryService<Instance extends object>(instance: Instance, service: () => unknown): Instance {
  return Object.defineProperty(instance, SERVICE, { get: service, configurable: true })
}

/** What others get under a plugin's name: the instance, or, for a definition, what its `setup` returned. */
export function serviceOf(instance: object): unknown {
  return SERVICE in instance ? (instance as ServiceCarrier)[SERVICE] : instance
}
