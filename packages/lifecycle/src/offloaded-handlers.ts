// Handlers with `offload`: what is registered for them calls a thread.
import { type HandlerOptions, PluginError, type Undo } from '@cf-plugins/plugin-api'
import type { OffloadedFunction, OffloadedTask } from '@cf-plugins/plugin-api/host'
import type { HookCaller } from './hook-call.ts'
import { isThreaded } from './host.ts'
import type { Scope } from './scope.ts'
import { standsFor } from './stands-for.ts'
import { threadsFor } from './threaded-plugin.ts'

/** Whose handlers they are. */
export interface OffloadOwner extends Pick<HookCaller, 'name' | 'record' | 'host'> {
  readonly scope: Scope
}

/** What of a handler its thread is told. */
export type OffloadedCall = Pick<OffloadedTask, 'kind' | 'name' | 'timeoutMs'>

/** A function that the plugin gave, by its name among what it was given. */
type Functions = Readonly<Record<string, ((...args: never[]) => unknown) | undefined>>

/** The functions of one generation that run in threads. They are released with what it owns, and each with its own undo. */
export class OffloadedHandlers {
  readonly #of: OffloadOwner
  #releases: Set<Undo> | undefined

  constructor(owner: OffloadOwner) {
    this.#of = owner
  }

  /**
   * Registers a handler, by its plugin's functions themselves or by such as call them in a thread.
   *
   * @throws `CFP_WORKER_UNAVAILABLE`, `CFP_OFFLOAD_NOT_EXPORTED`, and what `register` throws
   */
  register<Given extends Functions, Options extends HandlerOptions | undefined>(
    call: OffloadedCall,
    given: Given,
    options: Options,
    register: (given: Given, options: Options) => Undo,
  ): Undo {
    if (options?.offload === undefined && options?.idempotent === undefined) return register(given, options)
    const { offload, idempotent, ...rest } = options as HandlerOptions
    this.#checkFlag(call, 'offload', offload)
    this.#checkFlag(call, 'idempotent', idempotent)
    // A plugin in a thread is where it may block already.
    const { host, record } = this.#of
    if (!offload || host.inline || isThreaded(host, record.meta)) return register(given, rest as Options)
    const release = () => {
      for (const { release: undo } of made) undo()
    }
    const made: OffloadedFunction[] = []
    try {
      const callers = Object.entries(given).map(([key, run]) => {
        if (typeof run !== 'function') return [key, run] as const
        const task = { ...call, run, host: host.id, idempotent: idempotent ?? false }
        const offloaded = this.#threads(call).offload(record, task)
        made.push(offloaded)
        const calling = (...args: unknown[]) => offloaded.call(...args)
        return [key, standsFor(run, calling, true)] as const
      })
      return this.#kept(register(Object.fromEntries(callers) as Given, rest as Options), release)
    } catch (error) {
      release()
      throw error
    }
  }

  #threads({ kind, name }: OffloadedCall) {
    return threadsFor(this.#of, `has offload: true at its ${kind === 'step' ? 'step' : 'handler'} of "${name}"`)
  }

  #kept(undo: Undo, release: Undo): Undo {
    this.#releases ??= this.#owned()
    const releases = this.#releases
    releases.add(release)
    return () => {
      undo()
      if (releases.delete(release)) release()
    }
  }

  #owned(): Set<Undo> {
    const releases = new Set<Undo>()
    this.#of.scope.own(() => {
      for (const release of releases) release()
      releases.clear()
    })
    return releases
  }

  #checkFlag({ name }: OffloadedCall, option: string, value: unknown): void {
    if (value === undefined || typeof value === 'boolean') return
    const { name: plugin, record } = this.#of
    const { file, generation } = record.source
    const message = `Plugin "${plugin}" gave its handler of "${name}" the option ${option}: ${String(value)}. It takes true or false.`
    throw new PluginError('CFP_CONTEXT_ARGUMENT', message, { plugin, file, generation })
  }
}
