// One call of a hook whose handlers come one after the other, or all together: every kind but `wrap`.
import { type HookHandler, isThenable } from '@cf-plugins/plugin-api'
import { type DeliveryGate, isParked, park } from './delivery-gate.ts'
import { handlerTimeout, pluginReloading } from './failures.ts'
import { type HandlerCall, SKIPPED } from './handler-call.ts'
import type { HandlerEntry } from './handler-entry.ts'
import type { Plan } from './handler-plan.ts'
import { type AnswerExtras, type Answers, adopt, extrasOf, outcomeOf, putAside, take, tell } from './hook-answers.ts'
import { type Aside, Asides } from './hook-aside.ts'
import { type HookCall, invoke, refusePromise } from './hook-call.ts'
import { Turns } from './turns.ts'

type Entry = HandlerEntry<HookHandler>

/** What `#advance` returns when no handler is left to call. */
const DONE = -1

/** Stands for all the handlers of an owner set apart. */
const SHARE = Symbol('share')

/** One call, from wherever it is begun: `end` calls what is left at once, or as far as it must not be awaited. */
// Made for each call that is not over at once, so it has few members: each costs some nanoseconds, as a base class would.
export class HookRun implements Answers {
  readonly call: HookCall
  readonly plan: Plan<HookHandler>
  args: unknown[]
  readonly results: unknown[]
  readonly parent: Answers | undefined
  over = false
  extras: AnswerExtras | undefined = undefined
  /** Whether each handler takes a `HandlerCall`. */
  readonly #fully: boolean
  /** What is to be awaited: of the handler called last, or of all the handlers of an owner set apart. */
  #pending: PromiseLike<unknown> | undefined = undefined
  /** Whose promise it is, where more than the handler itself must be asked. */
  #pendingCall: HandlerCall | typeof SHARE | undefined = undefined

  constructor(
    call: HookCall,
    plan: Plan<HookHandler>,
    args: readonly unknown[],
    fully: boolean,
    results: unknown[],
    parent?: Answers,
  ) {
    this.call = call
    this.plan = plan
    this.args = plan.hook?.kind === 'waterfall' && parent === undefined ? [...args] : (args as unknown[])
    this.results = results
    this.parent = parent
    this.#fully = fully
  }

  /** The handler at `index` was called before this, and failed. Where to go on. */
  failedAt(index: number, error: unknown): number {
    const entry = this.plan.entries[index] as Entry
    this.#fail(entry, error)
    entry.gate?.leave()
    return index + 1
  }

  /** The handler at `index` was called before this, and is to be awaited. Where to go on. */
  pendingAt(index: number, promise: PromiseLike<unknown>): number {
    const { core, sync } = this.call
    if (sync) return this.failedAt(index, refusePromise(core, this.plan.entries[index] as Entry, promise))
    this.#pending = promise
    return index
  }

  /**
   * Calls all from `first` on. What comes of it; for a call that is not sync, a promise of that.
   *
   * @throws `CFP_HOOK_FAILED` and what callSync refuses
   */
  end(first: number): unknown {
    const next = this.#pending === undefined ? this.#advance(first) : first
    if (this.call.sync) return outcomeOf(this)
    if (next !== DONE || this.extras?.asides !== undefined) return this.#finish(next)
    return Promise.resolve(outcomeOf(this))
  }

  /** Calls handlers from `first` on. The index of the one to be awaited, or `DONE`. */
  #advance(first: number): number {
    const plan = this.plan
    const { entries, handlers, hook } = plan
    for (let index = this.over ? handlers.length : first; index < handlers.length; index++) {
      let gate: DeliveryGate | undefined
      if (this.#fully || !plan.plain) {
        const entry = entries[index] as Entry
        gate = entry.gate
        const isUsual = entry.usual && entry.live && !gate?.closed && this.extras === undefined
        if (!isUsual || this.#fully || hook?.kind === 'parallel') {
          const isWanted = this.#mayCall(entry, index)
          if (!isWanted || this.#fully || entry.elaborate || this.#isAside(entry)) {
            if (isWanted ? this.#callApart(entry) : this.#pending !== undefined) return index
            if (this.over) return DONE
            continue
          }
          if (entry.once) entry.stage.remove(entry)
        }
        if (!plan.counts) entry.record.calls++
        gate?.enter()
      }
      try {
        const result = invoke(handlers[index] as HookHandler, this.args)
        if (result !== undefined && isThenable(result)) {
          if (this.call.sync) throw refusePromise(this.call.core, entries[index] as Entry, result)
          this.#pending = result
          return index
        }
        if (hook === undefined) this.results.push(result)
        else take(this, result)
      } catch (error) {
        this.#fail(entries[index] as Entry, error)
      }
      gate?.leave()
      if (this.over) return DONE
    }
    return DONE
  }

  /** Awaits the handler at `index`, and calls all others. */
  async #finish(index: number): Promise<unknown> {
    for (let next = index; next !== DONE; ) next = this.#advance(await this.#settle(next))
    if (this.extras?.asides !== undefined) await this.extras.asides.ended()
    return outcomeOf(this)
  }

  /** Awaits the handler at `first`, and then all others until one is given up. Where to `advance` from. */
  #settle(first: number): Promise<number> {
    return new Promise((resolve) => {
      this.#drive(first, resolve)
    })
  }

  // It stops at the first handler that is given up, and leaves it to `#finish` to go on: from the timer, the next
  // handlers would run in the async context of whoever armed that.
  async #drive(first: number, settled: (from: number) => void): Promise<void> {
    let index = first
    const turns = new Turns(this.call.core.deadlines, (limitMs) => {
      const entry = this.plan.entries[index] as Entry
      const call = this.#pendingCall
      turns.stop()
      this.#pendingCall = undefined
      const error = handlerTimeout(entry.owner, entry.name, limitMs)
      if (call !== undefined && call !== SHARE) call.giveUp(error)
      this.#fail(entry, error)
      entry.gate?.leave()
      settled(index + 1)
    })
    for (; index !== DONE; index = this.#advance(index + 1)) {
      const entry = this.plan.entries[index] as Entry
      const pending = this.#pending
      this.#pending = undefined
      const turn = turns.begin(this.#pendingCall === SHARE ? Number.POSITIVE_INFINITY : this.#limitOf(entry))
      try {
        const result = await pending
        if (!turns.isOn(turn)) return
        if (this.#pendingCall === undefined && this.plan.hook === undefined) this.results.push(result)
        else if (this.#pendingCall !== SHARE) take(this, result)
      } catch (error) {
        if (!turns.isOn(turn)) return
        this.#fail(entry, error)
      }
      if (this.#pendingCall !== SHARE) entry.gate?.leave()
      this.#pendingCall = undefined
    }
    turns.stop()
    settled(this.plan.handlers.length)
  }

  #limitOf(entry: Entry): number {
    return entry.timeoutMs ?? this.plan.hook?.timeoutMs ?? this.call.usualMs
  }

  /** Whether the handler is to be called now. If not, what has taken its place may be pending. */
  #mayCall(entry: Entry, index: number): boolean {
    const { owner } = entry
    if (this.parent === undefined) {
      if (this.extras?.apart.has(owner.name)) return false
      const { source, sync } = this.call
      const parked = isParked(owner, source, sync)
      if (parked || !entry.stage.live) {
        extrasOf(this).apart.add(owner.name)
        this.#callShare(entry, index, parked)
        return false
      }
    }
    return entry.live
  }

  /** Whether it is to be awaited in turn. */
  #callApart(entry: Entry): boolean {
    const { sync, core } = this.call
    const call = this.#fully || entry.elaborate ? this.call.handlerCall(entry, this.plan) : undefined
    if (call === undefined) {
      if (entry.once) entry.stage.remove(entry)
      entry.record.calls++
    }
    entry.gate?.enter()
    try {
      const result = call === undefined ? invoke(entry.handler, this.args) : call.run(this.args)
      if (isThenable(result)) {
        if (sync) throw refusePromise(core, entry, result)
        if (!this.#isAside(entry)) {
          this.#pending = result
          this.#pendingCall = call
          return true
        }
        this.#aside({
          promise: result,
          limitMs: this.#limitOf(entry),
          done: (value) => (value === SKIPPED ? [] : [value]),
          failed: (error) => this.#fail(entry, error),
          late: (limitMs) => {
            const error = handlerTimeout(entry.owner, entry.name, limitMs)
            call?.giveUp(error)
            return error
          },
          over: () => entry.gate?.leave(),
        })
        return false
      }
      take(this, result)
    } catch (error) {
      this.#fail(entry, error)
    }
    entry.gate?.leave()
    return false
  }

  /** Whether the next handler does not wait for this one. */
  #isAside({ parallel }: Entry): boolean {
    const kind = this.plan.hook?.kind ?? 'series'
    return kind === 'parallel' || (parallel && kind === 'series')
  }

  #aside(aside: Aside): void {
    const extras = extrasOf(this)
    extras.asides ??= new Asides(this.call.core.deadlines)
    putAside(this, extras.asides.add(aside))
  }

  #callShare(entry: Entry, index: number, parked: boolean): void {
    if (this.call.sync) {
      if (parked) this.#refused(entry, pluginReloading(entry.owner, this.plan.name))
      else {
        const share = this.#shareOf(index, this.results)
        share.end(0)
        adopt(this, share)
      }
      return
    }
    const isAside = this.plan.hook?.kind === 'parallel'
    const results = isAside ? [] : this.results
    const callAll = async () => {
      const share = this.#shareOf(index, results)
      await share.end(0)
      adopt(this, share)
    }
    const promise = parked
      ? park(entry.gate as DeliveryGate, 'call', callAll, (error) => this.#refused(entry, error))
      : callAll()
    if (!isAside) {
      this.#pending = promise
      this.#pendingCall = SHARE
      return
    }
    this.#aside({
      promise,
      limitMs: Number.POSITIVE_INFINITY,
      done: () => results,
      failed: (error) => this.#fail(entry, error),
      late: () => undefined,
      over: () => undefined,
    })
  }

  #shareOf(index: number, results: unknown[]): HookRun {
    const share = this.call.core.table.shareOf(this.plan, index)
    this.call.reaches(share.entries)
    return new HookRun(this.call, share, this.args, this.#fully, results, this)
  }

  /** Of handlers that could not be called. */
  #refused(entry: Entry, error: unknown): void {
    this.call.settlement?.refused(entry.owner.name, error)
    tell(this, entry, error)
  }

  #fail(entry: Entry, error: unknown): void {
    entry.record.failures++
    tell(this, entry, error)
  }
}
