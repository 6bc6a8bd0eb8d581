// One call of a hook whose handlers come one after the other, or all together: every kind but `wrap`.
import { type HandlerFailure, type HookHandler, isThenable } from '@cf-plugins/plugin-api'
import { type DeliveryGate, isParked, park } from './delivery-gate.ts'
import { handlerTimeout, hookFailed, pluginReloading } from './failures.ts'
import { type HandlerCall, SKIPPED } from './handler-call.ts'
import type { HandlerEntry } from './handler-entry.ts'
import type { Plan } from './handler-table.ts'
import { type Aside, Asides, flattened } from './hook-aside.ts'
import { type HookCall, invoke, refusePromise } from './hook-call.ts'
import type { DeclaredHook } from './hook-declaration.ts'
import { Turns } from './turns.ts'

type Entry = HandlerEntry<HookHandler>

/** What `advance` returns when no handler is left to call. */
export const DONE = -1

/**
 * One call. `advance(0)` calls handlers until one is to be awaited, and `finish` does the rest; where none is, `outcome` has
 * all at once.
 */
export class HookRun {
  readonly #call: HookCall
  readonly #plan: Plan<HookHandler>
  readonly #hook: DeclaredHook | undefined
  /** Whether each handler takes a `HandlerCall`. */
  readonly #fully: boolean
  /** Set for what is called on behalf of an owner set apart: that one's run. */
  readonly #parent: HookRun | undefined
  readonly #results: unknown[]
  /** What the next handler is given: each of a waterfall gets what the one before it returned. */
  #args: readonly unknown[]
  #answer: unknown = undefined
  /** Whether no further handler is to be called. */
  #over = false
  #failures: HandlerFailure[] | undefined = undefined
  /** Owners whose handlers are not called one by one but all together: parked, or replaced meanwhile. */
  #apart: Set<string> | undefined = undefined
  /** What is to be awaited: of the handler called last, or of all the handlers of an owner set apart. */
  #pending: PromiseLike<unknown> | undefined = undefined
  #isShare = false
  #pendingCall: HandlerCall | undefined = undefined
  #asides: Asides | undefined = undefined
  /** Whether places among the results are filled by asides, its own or those of a share. */
  #hasPlaces = false

  constructor(
    call: HookCall,
    plan: Plan<HookHandler>,
    args: readonly unknown[],
    fully: boolean,
    parent?: HookRun,
    results: unknown[] = [],
  ) {
    this.#call = call
    this.#plan = plan
    this.#hook = parent === undefined ? plan.hook : parent.#hook
    this.#args = args
    this.#fully = fully
    this.#parent = parent
    this.#results = results
  }

  /** Calls handlers from `first` on. The index of the one to be awaited, or `DONE`. */
  advance(first: number): number {
    const plan = this.#plan
    const hook = this.#hook
    const { entries, handlers } = plan
    for (let index = this.#over ? handlers.length : first; index < handlers.length; index++) {
      let gate: DeliveryGate | undefined
      if (this.#fully || !plan.plain) {
        const entry = entries[index] as Entry
        gate = entry.gate
        const isUsual = !this.#fully && entry.usual && entry.live && !gate?.closed && this.#apart === undefined
        if (!isUsual) {
          const isWanted = this.#mayCall(entry, index)
          if (!isWanted || this.#fully || entry.elaborate) {
            if (isWanted ? this.#callFully(entry) : this.#pending !== undefined) return index
            if (this.#over) return DONE
            continue
          }
          if (entry.once) entry.stage.remove(entry)
        }
        if (!plan.counts) entry.record.calls++
        gate?.enter()
      }
      try {
        const result = invoke(handlers[index] as HookHandler, this.#args)
        if (result !== undefined && isThenable(result)) {
          if (this.#call.sync) throw refusePromise(this.#call.core, entries[index] as Entry, result)
          this.#pending = result
          return index
        }
        if (hook === undefined) this.#results.push(result)
        else this.#take(result)
      } catch (error) {
        this.#fail(entries[index] as Entry, error)
      }
      gate?.leave()
      if (this.#over) return DONE
    }
    return DONE
  }

  /** Whether something is to be awaited although no handler is left to call. */
  get isWaiting(): boolean {
    return this.#asides !== undefined
  }

  /** Awaits the handler at `index`, and calls all others. @throws as `outcome` */
  async finish(index: number): Promise<unknown> {
    for (let next = index; next !== DONE; ) next = this.advance(await this.#settle(next))
    if (this.#asides !== undefined) await this.#asides.ended()
    return this.#parent === undefined ? this.outcome() : undefined
  }

  /** @throws `CFP_HOOK_FAILED` and what callSync refuses, where a handler failed. */
  outcome(): unknown {
    if (this.#failures !== undefined) throw hookFailed(this.#plan.name, this.#failures)
    switch (this.#hook?.kind) {
      case 'waterfall':
        return this.#args[0]
      case 'bail':
        return this.#answer
      default:
        return this.#hasPlaces ? flattened(this.#results) : this.#results
    }
  }

  /** Awaits the handler at `first`, and then all others until one is given up. Where to `advance` from. */
  #settle(first: number): Promise<number> {
    return new Promise((resolve) => {
      this.#drive(first, resolve)
    })
  }

  // It stops at the first handler that is given up, and leaves it to `finish` to go on: from the timer, the next
  // handlers would run in the async context of whoever armed that.
  async #drive(first: number, settled: (from: number) => void): Promise<void> {
    let index = first
    let call: HandlerCall | undefined
    const turns = new Turns(this.#call.core.deadlines, (limitMs) => {
      const entry = this.#plan.entries[index] as Entry
      turns.stop()
      this.#late(entry, call, limitMs)
      entry.gate?.leave()
      settled(index + 1)
    })
    for (; index !== DONE; index = this.advance(index + 1)) {
      const entry = this.#plan.entries[index] as Entry
      const pending = this.#pending
      const isShare = this.#isShare
      call = this.#pendingCall
      this.#pending = undefined
      this.#isShare = false
      this.#pendingCall = undefined
      const turn = turns.begin(isShare ? Number.POSITIVE_INFINITY : this.#limitOf(entry))
      try {
        const result = await pending
        if (!turns.isOn(turn)) return
        if (!isShare) this.#take(result)
      } catch (error) {
        if (!turns.isOn(turn)) return
        this.#fail(entry, error)
      }
      if (!isShare) entry.gate?.leave()
    }
    turns.stop()
    settled(this.#plan.handlers.length)
  }

  #limitOf(entry: Entry): number {
    return entry.timeoutMs ?? this.#hook?.timeoutMs ?? this.#call.core.usualMs
  }

  #late(entry: Entry, call: HandlerCall | undefined, limitMs: number): void {
    const error = handlerTimeout(entry.owner, entry.name, limitMs)
    call?.giveUp(error)
    this.#fail(entry, error)
  }

  /** Whether the handler is to be called now. If not, what has taken its place may be pending. */
  #mayCall(entry: Entry, index: number): boolean {
    const { owner } = entry
    if (this.#parent === undefined) {
      if (this.#apart?.has(owner.name)) return false
      const { source, sync } = this.#call
      const parked = isParked(owner, source, sync)
      if (parked || !entry.stage.live) {
        this.#apart ??= new Set()
        this.#apart.add(owner.name)
        this.#callShare(entry, index, parked)
        return false
      }
    }
    return entry.live
  }

  /** Whether it is to be awaited in turn. */
  #callFully(entry: Entry): boolean {
    const call = this.#call.handlerCall(entry, this.#plan)
    entry.gate?.enter()
    try {
      const result = call.run(this.#args)
      if (isThenable(result)) {
        if (!entry.parallel && this.#hook?.kind !== 'parallel') {
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
            call.giveUp(error)
            return error
          },
          over: () => entry.gate?.leave(),
        })
        return false
      }
      this.#take(result)
    } catch (error) {
      this.#fail(entry, error)
    }
    entry.gate?.leave()
    return false
  }

  #aside(aside: Aside): void {
    this.#asides ??= new Asides(this.#call.core.deadlines)
    const run = this.#parent ?? this
    run.#hasPlaces = true
    this.#results.push(this.#asides.add(aside))
  }

  #callShare(entry: Entry, index: number, parked: boolean): void {
    if (this.#call.sync) {
      if (parked) this.#refused(entry, pluginReloading(entry.owner, this.#plan.name))
      else {
        const share = this.#shareOf(index, this.#results)
        share.advance(0)
        this.#adopt(share)
      }
      return
    }
    const isAside = this.#hook?.kind === 'parallel'
    const results = isAside ? [] : this.#results
    const callAll = async () => {
      const share = this.#shareOf(index, results)
      await share.finish(share.advance(0))
      this.#adopt(share)
    }
    const promise = parked
      ? park(entry.gate as DeliveryGate, 'call', callAll, (error) => this.#refused(entry, error))
      : callAll()
    if (!isAside) {
      this.#isShare = true
      this.#pending = promise
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
    const share = this.#call.core.table.shareOf(this.#plan, index)
    this.#call.reaches(share.entries)
    return new HookRun(this.#call, share, this.#args, this.#fully, this, results)
  }

  /** Goes on from where the handlers of an owner set apart have come. */
  #adopt(share: HookRun): void {
    this.#args = share.#args
    this.#answer = share.#answer
    this.#over ||= share.#over
  }

  /** Of handlers that could not be called. */
  #refused(entry: Entry, error: unknown): void {
    this.#call.settlement?.refused(entry.owner.name, error)
    this.#fail(entry, error)
  }

  #take(result: unknown): void {
    if (result === SKIPPED) return
    switch (this.#hook?.kind) {
      case 'waterfall':
        if (result !== undefined) this.#args = [result, ...this.#args.slice(1)]
        break
      case 'bail':
        this.#answer = result
        this.#over = result !== undefined
        break
      default:
        this.#results.push(result)
    }
  }

  #fail(entry: Entry, error: unknown): void {
    entry.record.failures++
    const { core, settlement } = this.#call
    if (entry.ignoreErrors || this.#hook?.ignoreErrors) {
      core.report(this.#plan.name, entry.owner.name, error)
      return
    }
    if (settlement !== undefined) return
    // What the others answer is lost to the caller, and a guard that failed has not said yes.
    this.#over = this.#hook?.kind === 'waterfall' || this.#hook?.kind === 'bail'
    const run = this.#parent ?? this
    run.#failures ??= []
    run.#failures.push({ plugin: entry.owner.name, error })
  }
}
