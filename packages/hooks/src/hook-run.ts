// One call of a hook: handlers one after the other, each under its own deadline.
import { type HandlerFailure, type HookHandler, isThenable } from '@cf-plugins/plugin-api'
import { type DeliveryGate, isParked, park } from './delivery-gate.ts'
import type { DispatchCore } from './dispatch-core.ts'
import { handlerTimeout, hookAsync, hookFailed, pluginReloading } from './failures.ts'
import type { HandlerEntry } from './handler-entry.ts'
import type { Plan } from './handler-table.ts'
import { Turns } from './turns.ts'

type Entry = HandlerEntry<HookHandler>

/** What `advance` returns when no handler is left to call. */
export const DONE = -1

/**
 * One call. `advance(0)` calls handlers until one is to be awaited, and `finish` does the rest; where none is, `outcome` has
 * all at once.
 */
export class HookRun {
  readonly #core: DispatchCore<HookHandler>
  readonly #hook: string
  readonly #plan: Plan<HookHandler>
  readonly #args: readonly unknown[]
  readonly #source: string
  /** Set for what is called on behalf of an owner set apart: that one's run. */
  readonly #parent: HookRun | undefined
  readonly #sync: boolean
  readonly #results: unknown[]
  #failures: HandlerFailure[] | undefined = undefined
  /** Owners whose handlers are not called one by one but all together: parked, or replaced meanwhile. */
  #apart: Set<string> | undefined = undefined
  /** What is to be awaited: of the handler called last, or of all the handlers of an owner set apart. */
  #pending: PromiseLike<unknown> | undefined = undefined
  #isShare = false

  constructor(
    core: DispatchCore<HookHandler>,
    hook: string,
    plan: Plan<HookHandler>,
    args: readonly unknown[],
    source: string,
    sync: boolean,
    parent?: HookRun,
  ) {
    this.#core = core
    this.#hook = hook
    this.#plan = plan
    this.#args = args
    this.#source = source
    this.#sync = sync
    this.#parent = parent
    this.#results = parent === undefined ? [] : parent.#results
  }

  /** Calls handlers from `first` on. The index of the one to be awaited, or `DONE`. */
  advance(first: number): number {
    const plan = this.#plan
    const args = this.#args
    const { entries, handlers } = plan
    for (let index = first; index < handlers.length; index++) {
      let gate: DeliveryGate | undefined
      if (!plan.plain) {
        const entry = entries[index] as Entry
        gate = entry.gate
        const isUsual = entry.usual && entry.live && !gate?.closed && this.#apart === undefined
        if (!isUsual && !this.#mayCall(entry, index)) {
          if (this.#pending !== undefined) return index
          continue
        }
        gate?.enter()
      }
      try {
        const result = invoke(handlers[index] as HookHandler, args)
        if (result === undefined || !isThenable(result)) this.#results.push(result)
        else if (this.#sync) this.#refuse(entries[index] as Entry, result)
        else {
          this.#pending = result
          return index
        }
      } catch (error) {
        this.#fail(entries[index] as Entry, error)
      }
      gate?.leave()
    }
    return DONE
  }

  /** Awaits the handler at `index`, and calls all others. @throws as `outcome` */
  async finish(index: number): Promise<unknown[]> {
    for (let next = index; next !== DONE; ) next = this.advance(await this.#settle(next))
    return this.outcome()
  }

  /** @throws `CFP_HOOK_FAILED` and what callSync refuses, where a handler failed. */
  outcome(): unknown[] {
    if (this.#failures !== undefined) throw hookFailed(this.#hook, this.#failures)
    return this.#results
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
    const turns = new Turns(this.#core.deadlines, (limitMs) => {
      const entry = this.#plan.entries[index] as Entry
      turns.stop()
      this.#fail(entry, handlerTimeout(entry.owner, entry.name, limitMs))
      entry.gate?.leave()
      settled(index + 1)
    })
    for (; index !== DONE; index = this.advance(index + 1)) {
      const entry = this.#plan.entries[index] as Entry
      const pending = this.#pending
      const isShare = this.#isShare
      this.#pending = undefined
      this.#isShare = false
      const turn = turns.begin(isShare ? Number.POSITIVE_INFINITY : (entry.timeoutMs ?? this.#core.usualMs))
      try {
        const result = await pending
        if (!turns.isOn(turn)) return
        if (!isShare) this.#results.push(result)
      } catch (error) {
        if (!turns.isOn(turn)) return
        this.#fail(entry, error)
      }
      if (!isShare) entry.gate?.leave()
    }
    turns.stop()
    settled(this.#plan.handlers.length)
  }

  /** Whether the handler is to be called now. If not, what has taken its place may be pending. */
  #mayCall(entry: Entry, index: number): boolean {
    const { owner } = entry
    if (this.#parent === undefined) {
      if (this.#apart?.has(owner.name)) return false
      const parked = isParked(owner, this.#source, this.#sync)
      if (parked || !entry.stage.live) {
        this.#apart ??= new Set()
        this.#apart.add(owner.name)
        this.#callShare(entry, index, parked)
        return false
      }
    }
    if (!entry.live) return false
    if (entry.once) entry.stage.remove(entry)
    return true
  }

  #callShare(entry: Entry, index: number, parked: boolean): void {
    if (this.#sync) {
      if (parked) this.#fail(entry, pluginReloading(entry.owner, this.#hook))
      else this.#shareOf(index).advance(0)
      return
    }
    this.#isShare = true
    const callAll = () => this.#callAll(index)
    this.#pending = parked
      ? park(entry.gate as DeliveryGate, 'call', callAll, (error) => this.#fail(entry, error))
      : callAll()
  }

  #callAll(index: number): Promise<unknown> {
    const share = this.#shareOf(index)
    return share.finish(share.advance(0))
  }

  #shareOf(index: number): HookRun {
    const share = this.#core.table.shareOf(this.#plan, index)
    return new HookRun(this.#core, this.#hook, share, this.#args, this.#source, this.#sync, this)
  }

  #refuse({ owner, name }: Entry, result: PromiseLike<unknown>): void {
    result.then(undefined, (error) => this.#core.report(name, owner.name, error))
    throw hookAsync(owner, name)
  }

  #fail(entry: Entry, error: unknown): void {
    const call = this.#parent ?? this
    call.#failures ??= []
    call.#failures.push({ plugin: entry.owner.name, error })
  }
}

// A spread call costs several times a plain one.
function invoke(handler: HookHandler, args: readonly unknown[]): unknown {
  switch (args.length) {
    case 0:
      return handler()
    case 1:
      return handler(args[0])
    case 2:
      return handler(args[0], args[1])
    default:
      return handler(...args)
  }
}
