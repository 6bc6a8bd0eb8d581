// One handler around others: what it is given as `next`, and its own share of the time.
import { type HookHandler, isThenable } from '@cf-plugins/plugin-api'
import type { Remaining, Watched } from '@cf-plugins/plugin-api/host'
import { wrapOver } from './failures.ts'
import { type HandlerCall, SKIPPED } from './handler-call.ts'
import type { HandlerEntry } from './handler-entry.ts'
import type { Plan } from './handler-table.ts'
import type { HookCall } from './hook-call.ts'

type Args = readonly unknown[]

const UNLIMITED: Remaining = Object.freeze({ limitMs: Number.POSITIVE_INFINITY, leftMs: Number.POSITIVE_INFINITY })

export class Wrapped implements Watched {
  next: Watched | undefined = undefined
  previous: Watched | undefined = undefined
  readonly #of: HookCall
  readonly #entry: HandlerEntry<HookHandler>
  readonly #plan: Plan<HookHandler>
  readonly #rest: (args: Args) => unknown
  readonly #call: HandlerCall
  /** What came out of `next` as an error, and so is not the handler's own. */
  readonly #foreign = new Set<unknown>()
  /** Calls of `next` that are not done, and since when there is one. */
  #inside = 0
  #insideSinceMs = 0
  #result: (() => unknown) | undefined = undefined
  #limitMs = Number.POSITIVE_INFINITY
  #overdue: (() => void) | undefined = undefined
  #over = false

  /** @param rest what comes after the handler */
  constructor(of: HookCall, plan: Plan<HookHandler>, entry: HandlerEntry<HookHandler>, rest: (args: Args) => unknown) {
    this.#of = of
    this.#plan = plan
    this.#entry = entry
    this.#rest = rest
    this.#call = of.handlerCall(entry, plan, (error) => this.isForeign(error))
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
    return this.#foreign.has(error)
  }

  isSkipped(result: unknown): boolean {
    return result === SKIPPED
  }

  run(args: Args): unknown {
    this.#entry.gate?.enter()
    let result: unknown
    try {
      result = this.#call.run([this.#next, ...args])
    } catch (error) {
      this.#end()
      throw error
    }
    if (!isThenable(result)) this.#end()
    return result
  }

  /** What the handler's promise gives, within its time. What others take is not counted. */
  within(promise: PromiseLike<unknown>, limitMs: number, late: (limitMs: number) => unknown): Promise<unknown> {
    const { deadlines } = this.#of.core
    this.#limitMs = limitMs
    return new Promise((resolve, reject) => {
      const end = (settle: () => void) => {
        if (this.#over) return
        deadlines.unwatch(this)
        this.#end()
        settle()
      }
      this.#overdue = () => {
        const error = late(limitMs)
        this.#call.giveUp(error)
        end(() => reject(error))
      }
      deadlines.watch(this, limitMs)
      promise.then(
        (value) => end(() => resolve(value)),
        (error) => end(() => reject(error)),
      )
    })
  }

  look(nowMs: number): Remaining {
    if (this.#inside > 0 || this.#over) return UNLIMITED
    const leftMs = this.#limitMs - (nowMs - this.#call.sinceMs - this.#call.foreignMs)
    if (leftMs > 0) return { limitMs: this.#limitMs, leftMs }
    this.#overdue?.()
    return UNLIMITED
  }

  readonly #next = (...args: Args): unknown => {
    if (this.#over) throw wrapOver(this.#entry.owner, this.#plan.name)
    this.#enter()
    const sinceMs = performance.now()
    let result: unknown
    try {
      result = this.#rest(args)
    } catch (error) {
      this.#leave()
      return this.#fails(error)
    } finally {
      this.#call.foreignSyncMs += performance.now() - sinceMs
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
    this.#foreign.add(error)
    this.#result = () => {
      throw error
    }
    throw error
  }

  #enter(): void {
    if (this.#inside++ === 0) this.#insideSinceMs = performance.now()
  }

  #leave(): void {
    if (--this.#inside > 0) return
    this.#call.foreignMs += performance.now() - this.#insideSinceMs
    if (!this.#over && this.#limitMs !== Number.POSITIVE_INFINITY) this.#of.core.deadlines.hasten(this.#limitMs)
  }

  #end(): void {
    this.#over = true
    this.#entry.gate?.leave()
  }
}
