// What becomes of the answers of a hook's handlers, by the hook's kind, and of their failures.
import type { HandlerFailure, HookHandler } from '@cf-plugins/plugin-api'
import { hookFailed } from './failures.ts'
import { SKIPPED } from './handler-call.ts'
import type { HandlerEntry } from './handler-entry.ts'
import type { Plan } from './handler-table.ts'
import { flattened } from './hook-aside.ts'
import type { HookCall } from './hook-call.ts'
import type { DeclaredHook } from './hook-declaration.ts'

export abstract class HookAnswers {
  protected readonly call: HookCall
  protected readonly plan: Plan<HookHandler>
  protected readonly hook: DeclaredHook | undefined
  /** Set for what is called on behalf of an owner set apart: that of all the others. */
  protected readonly parent: HookAnswers | undefined
  protected readonly results: unknown[]
  /** What the next handler is given: each of a waterfall gets what the one before it returned. */
  protected args: readonly unknown[]
  /** Whether no further handler is to be called. */
  protected over = false
  /** Whether places among the results are filled later. */
  #hasPlaces = false
  #failures: HandlerFailure[] | undefined = undefined

  constructor(
    call: HookCall,
    plan: Plan<HookHandler>,
    args: readonly unknown[],
    results: unknown[],
    parent: HookAnswers | undefined,
  ) {
    this.call = call
    this.plan = plan
    this.hook = parent === undefined ? plan.hook : parent.hook
    this.args = args
    this.results = results
    this.parent = parent
  }

  protected take(result: unknown): void {
    if (result === SKIPPED) return
    switch (this.hook?.kind) {
      case 'waterfall':
        if (result !== undefined) this.args = [result, ...this.args.slice(1)]
        break
      case 'bail':
        if (result === undefined) break
        this.results.push(result)
        this.over = true
        break
      default:
        this.results.push(result)
    }
  }

  /** Keeps a place among the results, which is filled later. */
  protected putAside(place: unknown): void {
    this.results.push(place)
    this.#all.#hasPlaces = true
  }

  /** Goes on from where the handlers of an owner set apart have come. */
  protected adopt(share: HookAnswers): void {
    this.args = share.args
    this.over ||= share.over
  }

  /** Tells the caller that a handler failed, or whoever is to be told instead. */
  protected tell(entry: HandlerEntry<HookHandler>, error: unknown): void {
    const { core, settlement } = this.call
    if (entry.ignoreErrors || this.hook?.ignoreErrors) {
      core.report(this.plan.name, entry.owner.name, error)
      return
    }
    if (settlement !== undefined) return
    // What the others answer would be lost to the caller, and a guard that failed has not said yes.
    this.over = this.hook?.kind === 'waterfall' || this.hook?.kind === 'bail'
    this.#all.#failures ??= []
    this.#all.#failures.push({ plugin: entry.owner.name, error })
  }

  get #all(): HookAnswers {
    return this.parent ?? this
  }

  /** @throws `CFP_HOOK_FAILED` and what callSync refuses, where a handler failed. */
  protected outcome(): unknown {
    if (this.#failures !== undefined) throw hookFailed(this.plan.name, this.#failures)
    switch (this.hook?.kind) {
      case 'waterfall':
        return this.args[0]
      case 'bail':
        return this.results[0]
      default:
        return this.#hasPlaces && this.parent === undefined ? flattened(this.results) : this.results
    }
  }
}
