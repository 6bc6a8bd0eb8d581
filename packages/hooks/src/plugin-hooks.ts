// Hooks: the host asks, every handler answers, and the caller gets the answers in order.
import type { HandlerOptions, HookHandler, Undo } from '@cf-plugins/plugin-api'
import { type HandlerOwner, isParked } from './delivery-gate.ts'
import { DispatchCore, type DispatchOptions, HOST } from './dispatch-core.ts'
import { pluginReloading } from './failures.ts'
import type { HandlerStage } from './handler-stage.ts'
import type { ListenerView } from './handler-table.ts'
import { DONE, HookRun } from './hook-run.ts'

/**
 * Hooks of one host: questions that every handler answers, one handler after the other.
 *
 * @example
 * const hooks = new PluginHooks()
 * const undo = hooks.on('page.title', (page: Page) => page.name, { priority: 'low' })
 * const titles = await hooks.call('page.title', page)
 */
export class PluginHooks {
  readonly #core: DispatchCore<HookHandler>

  /** @throws `CFP_HANDLER_INVALID` where `timeoutMs` is no duration. */
  constructor(options: DispatchOptions = {}) {
    this.#core = new DispatchCore(options)
  }

  /** Adds a handler of the host's own, live at once. @throws `CFP_HANDLER_INVALID` */
  on<Args extends readonly unknown[]>(hook: string, handler: HookHandler<Args>, options?: HandlerOptions): Undo {
    return this.#core.own.on(hook, handler as unknown as HookHandler, options)
  }

  /** Where one generation of a plugin registers its handlers. */
  stage(owner: HandlerOwner): HandlerStage<HookHandler> {
    return this.#core.table.stage(owner)
  }

  /** Who answers `hook`, in order. */
  listeners(hook: string): readonly ListenerView[] {
    return this.#core.table.listeners(hook)
  }

  /**
   * Calls every handler in order, each after the one before it is done, and gives their results in that order. Where some
   * fail, the others are called nevertheless. Deadlines are kept to within a thirty-second part of their length.
   *
   * @throws `CFP_HOOK_FAILED` with `failures`, after the last handler; `CFP_HANDLER_INVALID` for a bad name.
   */
  call(hook: string, ...args: unknown[]): Promise<unknown[]> {
    return this.callAs(HOST, hook, args)
  }

  /** `call` on behalf of the plugin `source`, which a closed gate may let through. */
  // Not an async function, which would make a promise more where a handler is async.
  callAs(source: string, hook: string, args: readonly unknown[]): Promise<unknown[]> {
    try {
      const run = new HookRun(this.#core, hook, this.#core.table.plan(hook), args, source, false)
      const index = run.advance(0)
      return index === DONE ? Promise.resolve(run.outcome()) : run.finish(index)
    } catch (error) {
      return Promise.reject(error)
    }
  }

  /**
   * The same, at once.
   *
   * @throws `CFP_HOOK_FAILED` with `failures`, after the last handler; `CFP_HOOK_ASYNC` where a handler returned a promise;
   * `CFP_PLUGIN_RELOADING`, before any handler is called, where a plugin that has one is being reloaded and neither its old
   * code nor its new code is up.
   */
  callSync(hook: string, ...args: unknown[]): unknown[] {
    return this.callSyncAs(HOST, hook, args)
  }

  /** `callSync` on behalf of the plugin `source`, which a closed gate may let through. */
  callSyncAs(source: string, hook: string, args: readonly unknown[]): unknown[] {
    const plan = this.#core.table.plan(hook)
    if (!plan.plain) {
      for (const { owner } of plan.entries) if (isParked(owner, source, true)) throw pluginReloading(owner, hook)
    }
    const run = new HookRun(this.#core, hook, plan, args, source, true)
    run.advance(0)
    return run.outcome()
  }
}
