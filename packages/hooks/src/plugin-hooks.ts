// Hooks: the host asks, every handler answers, and the caller gets what the hook's kind makes of the answers.
import type {
  HandlerOptions,
  HookArguments,
  HookHandler,
  HookHandlerOf,
  HookRef,
  HookResult,
  Undo,
} from '@cf-plugins/plugin-api'
import { catchUp } from './catch-up.ts'
import { type HandlerOwner, isParked } from './delivery-gate.ts'
import { DispatchCore, type DispatchOptions, HOST } from './dispatch-core.ts'
import { pluginReloading } from './failures.ts'
import { invalid } from './handler-options.ts'
import type { Plan } from './handler-plan.ts'
import { type HandlerStage, type Named, nameOf } from './handler-stage.ts'
import type { ListenerView } from './handler-table.ts'
import type { HandlerView } from './handler-view.ts'
import { goAhead } from './hook-ahead.ts'
import { HookCall } from './hook-call.ts'
import { checkAgainst, checkHookHandler, type DeclaredHook, HookDeclarations } from './hook-declaration.ts'
import type { KeptCall } from './hook-history.ts'
import { HookRun } from './hook-run.ts'
import { type SettledHook, type SettledValue, Settlement } from './hook-settled.ts'
import { WrapRun } from './wrap-run.ts'

/**
 * Hooks of one host: questions that every handler answers, one handler after the other where nothing else was declared.
 *
 * @example
 * const PageTitle = hookRef.waterfall<(title: string, page: Page) => string>('page.title')
 * const hooks = new PluginHooks()
 * const undo = hooks.on(PageTitle, (title) => title.trim(), { priority: 'low' })
 * const title = await hooks.call(PageTitle, page.name, page)
 */
export class PluginHooks {
  readonly #core: DispatchCore<HookHandler>
  readonly #declarations: HookDeclarations
  /** Calls of the host's own that nothing else is to be known of. */
  readonly #plainCall: HookCall
  readonly #plainSync: HookCall

  /** @throws `CFP_HANDLER_INVALID` where an option is not what it must be. */
  constructor(options: DispatchOptions = {}) {
    this.#core = new DispatchCore<HookHandler>('hook', options, {
      admit: (entry, name) => {
        checkHookHandler(entry)
        const hook =
          typeof name === 'string' ? this.#declarations.of(name) : this.#declarations.declare(name as HookRef)
        if (hook !== undefined) checkAgainst(hook, entry)
      },
      declared: (name) => this.#declarations?.of(name),
      shown: (entries) => {
        for (const entry of entries) {
          const hook = this.#declarations.fit(entry)
          if (hook?.history === undefined || entry.record.caughtUp) continue
          entry.record.caughtUp = true
          const missed = hook.history.missedBy(entry)
          if (missed.length > 0) catchUp(this.#core, hook, entry, missed)
        }
      },
    })
    const { table } = this.#core
    this.#declarations = new HookDeclarations(
      (name) => table.known(name).filter((entry) => entry.name === name),
      (entry, error) => {
        this.#core.report(entry.name, entry.owner.name, error)
        this.#core.switchOff(entry.id, 'does not fit its hook')
      },
      (name) => table.renew(name),
    )
    this.#plainCall = new HookCall(this.#core, HOST, false)
    this.#plainSync = new HookCall(this.#core, HOST, true)
  }

  /**
   * Says of which kind a hook is, before anybody uses it: the first use of its reference says so too.
   *
   * @throws `CFP_HOOK_REDECLARED` where something else was said before, and it has handlers; `CFP_HANDLER_INVALID`
   */
  declare(hook: HookRef): void {
    this.#declarations.declare(hook)
  }

  /** Adds a handler of the host's own, live at once. @throws `CFP_HANDLER_INVALID`, `CFP_HANDLER_ORDER`, `CFP_HOOK_REDECLARED` */
  on<Ref extends HookRef>(hook: Ref, handler: HookHandlerOf<Ref>, options?: HandlerOptions): Undo
  on<Args extends readonly unknown[]>(hook: string, handler: HookHandler<Args>, options?: HandlerOptions): Undo
  on(hook: Named, handler: unknown, options?: HandlerOptions): Undo {
    return this.#core.own.on(hook, handler as HookHandler, options)
  }

  /** Where one generation of a plugin registers its handlers. */
  stage(owner: HandlerOwner): HandlerStage<HookHandler> {
    return this.#core.table.stage(owner)
  }

  /** Who answers `hook`, in order. */
  listeners(hook: Named): readonly ListenerView[] {
    return this.#core.table.listeners(nameOf(hook))
  }

  /** Every handler of `hook`, or of all hooks, with how it fares; those that are switched off come last. */
  handlers(hook?: Named): readonly HandlerView[] {
    return this.#core.handlers(hook === undefined ? undefined : nameOf(hook))
  }

  /** Has a handler not called until it is switched on again, or its plugin replaced. @throws `CFP_HANDLER_UNKNOWN` */
  switchOff(id: string, reason: string): void {
    this.#core.switchOff(id, reason)
  }

  /** @throws `CFP_HANDLER_UNKNOWN` */
  switchOn(id: string): void {
    this.#core.switchOn(id)
  }

  /**
   * Calls the handlers as the hook's kind has it. Where none was declared: every handler in order, each after the one before
   * it is done, and their results in that order; where some fail, the others are called nevertheless. Of a hook that wraps,
   * the first argument is the function that is wrapped. Deadlines are kept to within a thirty-second part of their length.
   *
   * @throws `CFP_HOOK_FAILED` with `failures`; `CFP_HANDLER_INVALID` for a bad name; of a hook that wraps, what the caller's own
   * function throws.
   */
  call<Ref extends HookRef>(hook: Ref, ...args: HookArguments<Ref>): Promise<HookResult<Ref>>
  call(hook: string, ...args: unknown[]): Promise<unknown[]>
  call(hook: Named, ...args: unknown[]): Promise<unknown> {
    return this.callAs(HOST, hook, args)
  }

  /** `call` on behalf of the plugin `source`, which a closed gate may let through. */
  // Not an async function, which would make a promise more where a handler is async.
  callAs(source: string, hook: Named, args: readonly unknown[]): Promise<unknown> {
    try {
      const plan = this.#planOf(hook)
      const declared = plan.hook
      const isOther = declared !== undefined && (declared.kind === 'wrap' || declared.history !== undefined)
      if (isOther || plan.handlers.length === 0) return this.#callDeclared(source, hook, plan, args)
      const call = source === HOST ? this.#plainCall : new HookCall(this.#core, source, false)
      return this.#begin(call, plan, args) as Promise<unknown>
    } catch (error) {
      return Promise.reject(error)
    }
  }

  /**
   * The same, at once.
   *
   * @throws what `call` rejects with; `CFP_HOOK_ASYNC` where a handler returned a promise; `CFP_PLUGIN_RELOADING`, before any
   * handler is called, where a plugin that has one is being reloaded and neither its old code nor its new code is up.
   */
  callSync<Ref extends HookRef>(hook: Ref, ...args: HookArguments<Ref, 'sync'>): HookResult<Ref>
  callSync(hook: string, ...args: unknown[]): unknown[]
  callSync(hook: Named, ...args: unknown[]): unknown {
    return this.callSyncAs(HOST, hook, args)
  }

  /** `callSync` on behalf of the plugin `source`, which a closed gate may let through. */
  callSyncAs(source: string, hook: Named, args: readonly unknown[]): unknown {
    const plan = this.#planOf(hook)
    if (!plan.plain) {
      for (const { owner } of plan.entries) if (isParked(owner, source, true)) throw pluginReloading(owner, plan.name)
    }
    const declared = this.#declaredOf(hook, plan)
    const kept = declared?.history?.begin(args, plan.entries)
    const isPlain = source === HOST && kept === undefined
    const call = isPlain ? this.#plainSync : new HookCall(this.#core, source, true, undefined, kept)
    try {
      if (declared?.kind === 'wrap') return this.#wrap(call, declared.name, plan, args).run(args.slice(1))
      if (plan.handlers.length === 0) return unanswered(declared, args)
      return this.#begin(call, plan, args)
    } finally {
      if (kept !== undefined) this.#tellMissing(declared as DeclaredHook, kept)
    }
  }

  /**
   * The same as `call`, and how each handler fared: one that fails is an entry of the results, and otherwise taken as if it had
   * answered nothing.
   *
   * @throws `CFP_HANDLER_INVALID` for a bad name; of a hook that wraps, what the caller's own function throws.
   */
  callSettled<Ref extends HookRef>(hook: Ref, ...args: HookArguments<Ref>): Promise<SettledHook<SettledValue<Ref>>>
  callSettled(hook: string, ...args: unknown[]): Promise<SettledHook<unknown[]>>
  async callSettled(hook: Named, ...args: unknown[]): Promise<SettledHook> {
    const settlement = new Settlement(this.#core.watch)
    const value = await this.#callDeclared(HOST, hook, this.#planOf(hook), args, settlement)
    return { value, results: settlement.results }
  }

  async #callDeclared(
    source: string,
    hook: Named,
    plan: Plan<HookHandler>,
    args: readonly unknown[],
    settlement?: Settlement,
  ): Promise<unknown> {
    const declared = this.#declaredOf(hook, plan)
    const kept = declared?.history?.begin(args, plan.entries)
    const call = new HookCall(this.#core, source, false, settlement, kept)
    try {
      if (declared?.kind === 'wrap') return await this.#callWrap(call, declared.name, plan, args)
      if (plan.handlers.length === 0) return unanswered(declared, args)
      return await this.#begin(call, plan, args)
    } finally {
      if (kept !== undefined) this.#tellMissing(declared as DeclaredHook, kept)
    }
  }

  async #callWrap(call: HookCall, name: string, plan: Plan<HookHandler>, args: readonly unknown[]): Promise<unknown> {
    const run = this.#wrap(call, name, plan, args)
    try {
      return await run.run(args.slice(1))
    } catch (error) {
      if (call.settlement !== undefined && run.isHandlers(error)) return undefined
      throw error
    }
  }

  #wrap(call: HookCall, name: string, plan: Plan<HookHandler>, [inner]: readonly unknown[]): WrapRun {
    if (typeof inner === 'function') {
      const isFull = this.#core.watch.looksAt(plan) || plan.hook?.retry !== undefined || call.settlement !== undefined
      return new WrapRun(call, plan, inner as (...args: readonly unknown[]) => unknown, isFull)
    }
    throw invalid(undefined, `hook "${name}" wraps, and the first argument of its call must be a function`, inner)
  }

  /** What the handlers of a plan make of it; for a call that is not sync, a promise of that. */
  #begin(call: HookCall, plan: Plan<HookHandler>, args: readonly unknown[]): unknown {
    const { hook } = plan
    const isLookedAt = this.#core.watch.looksAt(plan) || call.settlement !== undefined
    if (!isLookedAt && !hook?.elaborate) return goAhead(call, plan, args)
    return new HookRun(call, plan, args, isLookedAt || hook?.retry !== undefined, []).end(0)
  }

  #planOf(hook: Named): Plan<HookHandler> {
    return this.#core.table.plan(typeof hook === 'string' ? hook : this.#declarations.declare(hook as HookRef).name)
  }

  #declaredOf(hook: Named, plan: Plan<HookHandler>): DeclaredHook | undefined {
    // Who has no handler has no plan of its own.
    return plan.hook ?? (plan.handlers.length === 0 ? this.#declarations.of(nameOf(hook)) : undefined)
  }

  /** Tells handlers that came while a call ran, and that it has not reached. */
  #tellMissing(hook: DeclaredHook, kept: KeptCall): void {
    kept.running = false
    for (const entry of this.#core.table.known(hook.name)) {
      if (!entry.live || kept.told.has(entry)) continue
      kept.told.add(entry)
      catchUp(this.#core, hook, entry, [kept])
    }
  }
}

/** What a hook gives that nobody answers. */
function unanswered(hook: DeclaredHook | undefined, args: readonly unknown[]): unknown {
  if (hook?.kind === 'waterfall') return args[0]
  return hook?.kind === 'bail' ? undefined : []
}
