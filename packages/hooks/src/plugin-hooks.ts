// Hooks: the host asks, every handler answers, and the caller gets the answers in order.
import {
  type HandlerFailure,
  type HandlerOptions,
  type HookHandler,
  isThenable,
  messageOf,
  PluginError,
  type Undo,
} from '@cf-plugins/plugin-api'
import { type HandlerOwner, isParked } from './delivery-gate.ts'
import { type DispatchOptions, HookError, reportFailure } from './failures.ts'
import { checkName, checkTimeout, type HandlerEntry } from './handler-entry.ts'
import type { HandlerStage } from './handler-stage.ts'
import { HandlerTable, type ListenerView } from './handler-table.ts'
import { DEFAULT_TIMEOUT_MS, HOST } from './plugin-events.ts'
import { Series } from './series.ts'

export class PluginHooks {
  readonly #table = new HandlerTable<HookHandler>()
  readonly #options: DispatchOptions
  readonly #usualMs: number
  readonly #own: HandlerStage<HookHandler>

  /** @throws `CFP_HANDLER_INVALID` where `timeoutMs` is no duration. */
  constructor(options: DispatchOptions = {}) {
    checkTimeout(options.timeoutMs, 'timeoutMs')
    this.#options = options
    this.#usualMs = options.timeoutMs ?? DEFAULT_TIMEOUT_MS
    this.#own = this.#table.stage({ name: HOST, rank: 0 })
    this.#own.commit()
  }

  /** Adds a handler of the host's own, live at once. @throws `CFP_HANDLER_INVALID` */
  on<Args extends readonly unknown[]>(hook: string, handler: HookHandler<Args>, options?: HandlerOptions): Undo {
    return this.#own.on(hook, handler as unknown as HookHandler, options)
  }

  /** Where a plugin's generation registers its handlers. */
  stage(owner: HandlerOwner): HandlerStage<HookHandler> {
    return this.#table.stage(owner)
  }

  /** Who answers `hook`, in order. */
  listeners(hook: string): readonly ListenerView[] {
    return this.#table.listeners(hook)
  }

  /**
   * Calls every handler in order, each after the one before it is done, and gives their results in that order. Where some
   * fail the others are called nevertheless.
   *
   * @throws `CFP_HOOK_FAILED` with `failures`, after the last handler; `CFP_HANDLER_INVALID` for a bad name.
   */
  call(hook: string, ...args: unknown[]): Promise<unknown[]> {
    return this.callAs(HOST, hook, args)
  }

  /** `call` on behalf of the plugin `source`, which a closed gate may let through. */
  async callAs(source: string, hook: string, args: readonly unknown[]): Promise<unknown[]> {
    checkName(hook)
    const results: unknown[] = []
    const failures: HandlerFailure[] = []
    const slot = this.#table.slot(hook)
    if (slot === undefined) return results
    const call = { table: this.#table, source, args, usualMs: this.#usualMs, results, failures }
    await new Series(call, slot.plan.entries).run()
    if (failures.length > 0) throw hookFailed(hook, failures)
    return results
  }

  /**
   * The same, at once.
   *
   * @throws `CFP_HOOK_FAILED` with `failures`, after the last handler; `CFP_HOOK_ASYNC` where a handler returned a promise;
   * `CFP_PLUGIN_RELOADING`, before any handler is called, where a plugin that has one is being reloaded.
   */
  callSync(hook: string, ...args: unknown[]): unknown[] {
    return this.callSyncAs(HOST, hook, args)
  }

  /** `callSync` on behalf of the plugin `source`, which a closed gate may let through. */
  callSyncAs(source: string, hook: string, args: readonly unknown[]): unknown[] {
    checkName(hook)
    const results: unknown[] = []
    const slot = this.#table.slot(hook)
    if (slot === undefined) return results
    const { entries } = slot.plan
    for (const { owner } of entries) if (isParked(owner, source)) throw reloading(hook, owner)
    const failures: HandlerFailure[] = []
    for (const entry of entries) {
      if (!entry.live) continue
      try {
        results.push(this.#callNow(entry, source, args))
      } catch (error) {
        failures.push({ plugin: entry.owner.name, error })
      }
    }
    if (failures.length > 0) throw hookFailed(hook, failures)
    return results
  }

  #callNow(entry: HandlerEntry<HookHandler>, source: string, args: readonly unknown[]): unknown {
    const { owner, name } = entry
    if (isParked(owner, source)) throw reloading(name, owner)
    if (entry.once) entry.stage.remove(entry)
    owner.gate?.enter()
    try {
      const result = entry.handler(...args)
      if (!isThenable(result)) return result
      result.then(undefined, (error) => reportFailure(this.#options, { event: name, plugin: owner.name, error }))
      throw new PluginError(
        'CFP_HOOK_ASYNC',
        `Plugin "${owner.name}" returned a promise from its handler of "${name}", which is called with callSync. Make the handler sync, or call the hook with call.`,
        { plugin: owner.name },
      )
    } finally {
      owner.gate?.leave()
    }
  }
}

function reloading(hook: string, { name }: HandlerOwner): PluginError {
  return new PluginError(
    'CFP_PLUGIN_RELOADING',
    `Plugin "${name}" is being reloaded, and callSync of "${hook}" cannot wait for it. Use call, or try again.`,
    { plugin: name },
  )
}

function hookFailed(hook: string, failures: readonly HandlerFailure[]): HookError {
  const [first] = failures as [HandlerFailure]
  const { plugin, error } = first
  // What this package itself refuses keeps its code: whoever catches it looks for that.
  if (error instanceof PluginError && (error.code === 'CFP_HOOK_ASYNC' || error.code === 'CFP_PLUGIN_RELOADING')) {
    return new HookError(error.code, error.message, failures, { plugin, cause: error })
  }
  const others = failures.length > 1 ? ` (and ${failures.length - 1} more, see failures)` : ''
  const message = `Plugin "${plugin}" failed in its handler of "${hook}"${others}: ${messageOf(error)}`
  return new HookError('CFP_HOOK_FAILED', message, failures, { plugin, cause: error })
}
