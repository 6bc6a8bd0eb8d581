// One plugin, registered by itself.
import { isThenable, type PluginError, type PluginRecord } from '@cf-plugins/plugin-api'
import { PluginRegistry } from '@cf-plugins/registry'
import { bringUp, show } from './bring-up.ts'
import { createCore, type LifecycleOptions } from './core.ts'
import type { Generation } from './generation.ts'
import { NO_DEPENDENCIES } from './generation-start.ts'
import type { StopReport } from './start-report.ts'
import { stopAll } from './stop-all.ts'

/** A plugin that was registered by itself. */
export interface RegisteredPlugin extends AsyncDisposable {
  readonly name: string
  /** What `register` returned. */
  readonly instance: object
  /** What it offers: the instance, or for a definition what its `setup` returned. */
  readonly service: unknown
  /** Tears it down and releases what it owns. */
  stop(options?: { readonly boundMs?: number }): Promise<StopReport>
}

/**
 * Registers and sets up one plugin, sync or async as it comes: what its hooks return tells, and only a plugin that
 * returned a promise makes this return one.
 *
 * @throws what the plugin threw, or what it lacks; where it is async, the promise rejects
 * @example
 * const counter = await registerPlugin(toPluginRecord(namespace, source), app, shared)
 */
export function registerPlugin<App, Shared>(
  record: PluginRecord,
  app: App,
  shared: Shared,
  options: Omit<LifecycleOptions<App, Shared>, 'app' | 'shared' | 'registry'> = {},
): RegisteredPlugin | Promise<RegisteredPlugin> {
  const registry = new PluginRegistry()
  registry.add(record)
  const { name } = record.meta
  const lacking = registry.resolve({ enabled: () => true }).blocked.get(name)
  if (lacking) throw lacking
  const core = createCore({ ...options, app, shared }, registry)
  const toPlugin = (generation: Generation): RegisteredPlugin => {
    show(core, generation)
    return {
      name,
      instance: generation.instance,
      service: generation.service,
      stop: ({ boundMs = 10_000 } = {}) => stopAll(core, registry, boundMs),
      async [Symbol.asyncDispose]() {
        await stopAll(core, registry, 10_000)
      },
    }
  }
  const start = { reason: 'start' as const, lookup: core.host.offersOf, dependencies: NO_DEPENDENCIES }
  const fail = (error: PluginError): never => {
    throw error
  }
  const started = bringUp(core, core.roster.slot(name), record, start, toPlugin, fail)
  return isThenable(started) ? Promise.resolve(started) : started
}
