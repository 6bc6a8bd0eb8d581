// What is left of a call of a hook once a handler has returned a promise.
import { AsyncResource } from 'node:async_hooks'
import type { HookHandler } from '@cf-plugins/plugin-api'
import type { Remaining, Watched } from '@cf-plugins/plugin-api/host'
import { handlerTimeout } from './failures.ts'
import type { Halt } from './halt.ts'
import type { HandlerEntry } from './handler-entry.ts'
import type { Plan } from './handler-plan.ts'
import { callFrom, type Given, halt } from './hook-ahead.ts'
import type { HookCall } from './hook-call.ts'
import { HookRun } from './hook-run.ts'

type Entry = HandlerEntry<HookHandler>
type Settle = (value: unknown) => void

const UNLIMITED: Remaining = Object.freeze({ limitMs: Number.POSITIVE_INFINITY, leftMs: Number.POSITIVE_INFINITY })
const MANUAL = Object.freeze({ requireManualDestroy: true })

/** What `#at` is when it is over. */
const OVER = -1

// One function for all promises, which are made by calling it at once: a closure for each costs more.
const nobody = () => undefined
let resolveLast: Settle = nobody
let rejectLast: Settle = nobody
const keep = (resolve: Settle, reject: Settle) => {
  resolveLast = resolve
  rejectLast = reject
}

// Not what a promise may say that its `then` is; `await` asks none either.
const { then } = Promise.prototype

/**
 * Awaits handlers in turn, each under its own deadline, and calls those between at once, with one promise and two callbacks for all. The
 * first thing that takes more than that is left to a `HookRun`.
 */
export class HookTail implements Watched {
  next: Watched | undefined = undefined
  previous: Watched | undefined = undefined
  readonly promise: Promise<unknown> = new Promise(keep)
  readonly #resolve = resolveLast
  readonly #reject = rejectLast
  readonly #call: HookCall
  readonly #plan: Plan<HookHandler>
  readonly #given: Given
  readonly #results: unknown[]
  /** From the timer, handlers would run in the async context of whoever armed that. */
  readonly #context = new AsyncResource('cf-plugins.hook', MANUAL)
  /** The handler that is awaited. */
  #at = OVER
  #limitMs = 0
  /** The handler that was awaited when the clock was last read, and when that was. */
  #seenAt = OVER
  #seenMs = 0

  constructor(call: HookCall, plan: Plan<HookHandler>, given: Given, results: unknown[]) {
    this.#call = call
    this.#plan = plan
    this.#given = given
    this.#results = results
    // What they hold on to would stay for as long as no other call comes.
    resolveLast = nobody
    rejectLast = nobody
  }

  /** Waits for what the handler at `at` has returned, the first one. What comes of the call. */
  begin(at: number, promise: PromiseLike<unknown>): Promise<unknown> {
    this.#limitMs = this.#limitOf(at)
    this.#call.core.deadlines.watch(this, this.#limitMs)
    this.#await(at, promise)
    return this.promise
  }

  look(nowMs: number): Remaining {
    const at = this.#at
    if (at === OVER) return UNLIMITED
    if (this.#seenAt !== at) {
      this.#seenAt = at
      this.#seenMs = nowMs
    }
    const limitMs = this.#limitMs
    const leftMs = limitMs - (nowMs - this.#seenMs)
    if (leftMs > 0) return { limitMs, leftMs }
    const { owner, name } = this.#plan.entries[at] as Entry
    this.#context.runInAsyncScope(() => this.#failed(handlerTimeout(owner, name, limitMs)))
    return UNLIMITED
  }

  #await(at: number, promise: PromiseLike<unknown>): void {
    this.#at = at
    try {
      // Through a promise of our own where it is another's, for a thenable may call both of its callbacks, or throw.
      then.call(Promise.resolve(promise), this.#done, this.#failed)
    } catch (error) {
      this.#failed(error)
    }
  }

  readonly #done = (value: unknown): void => {
    const at = this.#at
    if (at === OVER) return
    const plan = this.#plan
    const kind = plan.hook?.kind
    if (kind === undefined || kind === 'series') this.#results.push(value)
    else if (value !== undefined) {
      if (kind === 'bail') halt.answered(at, value)
      else (this.#given as unknown[])[0] = value
    }
    const entry = plan.entries[at] as Entry
    entry.gate?.leave()
    const next = halt.what === undefined ? callFrom(plan, at + 1, this.#given, this.#results) : at
    const { what } = halt
    if (what === 'pending') {
      const limitMs = this.#limitOf(next)
      if (limitMs !== this.#limitMs) this.#call.core.deadlines.hasten(limitMs)
      this.#limitMs = limitMs
      this.#await(next, halt.take() as PromiseLike<unknown>)
    } else if (what === 'answered') this.#end(halt.take())
    else if (what === undefined && next === plan.handlers.length) {
      this.#end(kind === 'waterfall' ? this.#given[0] : kind === 'bail' ? undefined : this.#results)
    } else this.#handOver(next, what, halt.take())
  }

  readonly #failed = (error: unknown): void => {
    if (this.#at !== OVER) this.#handOver(this.#at, 'failed', error)
  }

  #end(value: unknown): void {
    this.#at = OVER
    this.#call.core.deadlines.unwatch(this)
    this.#resolve(value)
  }

  #handOver(at: number, what: Halt['what'], error: unknown): void {
    try {
      const run = new HookRun(this.#call, this.#plan, this.#given, false, this.#results)
      this.#at = OVER
      this.#call.core.deadlines.unwatch(this)
      this.#resolve(run.end(what === 'failed' ? run.failedAt(at, error) : at))
    } catch (thrown) {
      this.#reject(thrown)
    }
  }

  #limitOf(at: number): number {
    return (this.#plan.entries[at] as Entry).timeoutMs ?? this.#plan.hook?.timeoutMs ?? this.#call.usualMs
  }
}
