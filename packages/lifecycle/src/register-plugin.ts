// One plugin, registered by itself.
import type { PluginError, PluginRecord } from '@cf-plugins/plugin-api'
import { PluginRegistry } from '@cf-plugins/registry'
import { BringUp, show } from './bring-up.ts'
import { createCore, type LifecycleOptions } from './core.ts'
import type { Generation } from './generation.ts'
import { NO_DEPENDENCIES, type ServiceLookup, type StartReason } from './generation-start.ts'
import { LATER } from './schedule.ts'
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
  const up = new LoneStart(core, core.roster.slot(name), record, NO_DEPENDENCIES).up()
  return up instanceof Promise ? up.then(toPlugin) : toPlugin(up)
}

/** The start of a plugin that depends on nothing. */
class LoneStart extends BringUp {
  #up: Generation | undefined
  #error: PluginError | undefined
  #over: (() => void) | undefined

  /** The generation, set up; a promise only where something of it was one. @throws why it could not be */
  up(): Generation | Promise<Generation> {
    if (this.begin() !== LATER) return this.#outcome()
    return new Promise<void>((resolve) => {
      this.#over = resolve
    }).then(() => this.#outcome())
  }

  get reason(): StartReason {
    return 'start'
  }

  get lookup(): ServiceLookup {
    return this.core.host.offersOf
  }

  protected succeed(generation: Generation): void {
    this.#up = generation
  }

  protected fail(error: PluginError): void {
    this.#error = error
  }

  protected over(): void {
    this.#over?.()
  }

  #outcome(): Generation {
    if (!this.#up) throw this.#error
    return this.#up
  }
}
