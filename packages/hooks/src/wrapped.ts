// One handler around others: what it is given as `next`, and its own share of the time.
import { type HookHandler, isThenable } from '@cf-plugins/plugin-api'
import type { Remaining, Watched } from '@cf-plugins/plugin-api/host'
import { handlerTimeout, wrapOver } from './failures.ts'
import type { HandlerCall } from './handler-call.ts'
import type { HandlerEntry } from './handler-entry.ts'
import type { Plan } from './handler-plan.ts'
import { type HookCall, invoke, refusePromise } from './hook-call.ts'

type Args = readonly unknown[]

const UNLIMITED: Remaining = Object.freeze({ limitMs: Number.POSITIVE_INFINITY, leftMs: Number.POSITIVE_INFINITY })

export class Wrapped implements Watched {
  next: Watched | undefined = undefined
  previous: Watched | undefined = undefined
  readonly #of: HookCall
  readonly #entry: HandlerEntry<HookHandler>
  readonly #plan: Plan<HookHandler>
  readonly #rest: (args: Args) => unknown
  /** Where the handler takes more than to call it. */
  readonly #call: HandlerCall | undefined
  /** What came out of `next` as errors, and so is not the handler's own. */
  #foreign: unknown[] | undefined = undefined
  /** When it was called, by the clock that only goes forward, and what of its time is not its own, in milliseconds. */
  #sinceMs = 0
  #foreignMs = 0
  /** Calls of `next` that are not done, and since when there is one. */
  #inside = 0
  #insideSinceMs = 0
  #result: (() => unknown) | undefined = undefined
  #limitMs = Number.POSITIVE_INFINITY
  #overdue: (() => void) | undefined = undefined
  #over = false

  /**
   * @param fully whether it takes a `HandlerCall`
   * @param rest what comes after the handler
   */
  constructor(
    of: HookCall,
    plan: Plan<HookHandler>,
    entry: HandlerEntry<HookHandler>,
    fully: boolean,
    rest: (args: Args) => unknown,
  ) {
    this.#of = of
    this.#plan = plan
    this.#entry = entry
    this.#rest = rest
    this.#call = fully ? of.handlerCall(entry, plan, (error) => this.isForeign(error)) : undefined
  }

  /** Whether the handler has called `next`. */
  get hasCalled(): boolean {
    return this.#result !== undefined
  }

  /** What the last call of `next` gave, or a promise of it. @throws what it threw */
  result(): unknown {
    return this.#result?.()
  }

  isForeign(error: unknown): boolean {
    return this.#foreign?.includes(error) === true
  }

  run(args: Args): unknown {
    const { once, stage, gate } = this.#entry
    gate?.enter()
    let result: unknown
    try {
      const given = [this.#next, ...args]
      if (this.#call !== undefined) result = this.#call.run(given)
      else {
        if (once) stage.remove(this.#entry)
        this.#entry.record.calls++
        result = invoke(this.#entry.handler, given)
      }
      if (!isThenable(result)) this.#end()
      else if (this.#of.sync) throw refusePromise(this.#of.core, this.#entry, result)
    } catch (error) {
      this.#end()
      throw error
    }
    return result
  }

  /** What the handler's promise gives, within its time. What others take is not counted. */
  within(promise: PromiseLike<unknown>, limitMs: number): Promise<unknown> {
    const { deadlines } = this.#of.core
    this.#limitMs = limitMs
    return new Promise((resolve, reject) => {
      const end = (settle: (value: unknown) => void, value: unknown) => {
        if (this.#over) return
        deadlines.unwatch(this)
        this.#end()
        settle(value)
      }
      this.#overdue = () => {
        const error = handlerTimeout(this.#entry.owner, this.#entry.name, limitMs)
        this.#call?.giveUp(error)
        end(reject, error)
      }
      deadlines.watch(this, limitMs)
      // Through a promise of our own, for a thenable may call both of its callbacks, or throw.
      Promise.resolve(promise).then(
        (value) => end(resolve, value),
        (error) => end(reject, error),
      )
    })
  }

  look(nowMs: number): Remaining {
    if (this.#inside > 0 || this.#over) return UNLIMITED
    // Its time counts from the first look, or the first call of next.
    if (this.#sinceMs === 0) this.#sinceMs = nowMs
    const leftMs = this.#limitMs - (nowMs - this.#sinceMs - this.#foreignMs)
    if (leftMs > 0) return { limitMs: this.#limitMs, leftMs }
    this.#overdue?.()
    return UNLIMITED
  }

  readonly #next = (...args: Args): unknown => {
    if (this.#over) throw wrapOver(this.#entry.owner, this.#plan.name)
    const sinceMs = this.#enter()
    const { loop } = this.#of.core.watch
    const accountedMs = loop.accountedMs
    let result: unknown
    try {
      result = this.#rest(args)
    } catch (error) {
      this.#leave()
      return this.#fails(error)
    } finally {
      if (this.#call !== undefined) {
        const tookMs = performance.now() - sinceMs
        this.#call.foreignSyncMs += tookMs
        // All of it, for what is innermost is not the handler's own either.
        loop.accountedMs = accountedMs + tookMs
      }
    }
    if (!isThenable(result)) {
      this.#leave()
      this.#result = () => result
      return result
    }
    const promise = Promise.resolve(result).then(
      (value) => {
        this.#leave()
        return value
      },
      (error) => {
        this.#leave()
        return this.#fails(error)
      },
    )
    // A handler that does not wait for it does not care.
    promise.catch(() => undefined)
    this.#result = () => promise
    return promise
  }

  #fails(error: unknown): never {
    this.#foreign ??= []
    this.#foreign.push(error)
    this.#result = () => {
      throw error
    }
    throw error
  }

  /** Gives the time. */
  #enter(): number {
    const nowMs = performance.now()
    if (this.#sinceMs === 0) this.#sinceMs = nowMs
    if (this.#inside++ === 0) this.#insideSinceMs = nowMs
    return nowMs
  }

  #leave(): void {
    if (--this.#inside > 0) return
    const tookMs = performance.now() - this.#insideSinceMs
    this.#foreignMs += tookMs
    if (this.#call !== undefined) this.#call.foreignMs += tookMs
    if (!this.#over && this.#limitMs !== Number.POSITIVE_INFINITY) this.#of.core.deadlines.hasten(this.#limitMs)
  }

  #end(): void {
    this.#over = true
    this.#entry.gate?.leave()
  }
}
