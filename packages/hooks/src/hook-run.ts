// One call of a hook: handlers one after the other, each under its own deadline.
import { type HandlerFailure, type HookHandler, isThenable } from '@cf-plugins/plugin-api'
import type { Deadlines, Remaining, Watched } from './deadlines.ts'
import { isParked } from './delivery-gate.ts'
import { handlerTimeout, hookAsync, hookFailed, pluginReloading } from './failures.ts'
import type { HandlerEntry } from './handler-entry.ts'
import type { HandlerTable, Plan } from './handler-table.ts'

/** What the calls of one `PluginHooks` share. */
export interface HooksCore {
  readonly table: HandlerTable<HookHandler>
  readonly deadlines: Deadlines
  /** How long a handler may take that does not say, in milliseconds. */
  readonly usualMs: number
  /** Takes a failure that no caller is told of. */
  report(hook: string, failure: HandlerFailure): void
}

type Entry = HandlerEntry<HookHandler>

/** What `advance` returns when no handler is left to call. */
export const DONE = -1

const UNLIMITED: Remaining = Object.freeze({ limitMs: Number.POSITIVE_INFINITY, leftMs: Number.POSITIVE_INFINITY })

/**
 * One call. `advance(0)` calls handlers until one is to be awaited, `settle` awaits that one and goes on for as long as
 * none is given up, and tells where to `advance` from:
 *
 * `for (let index = run.advance(0); index !== DONE; ) index = run.advance(await run.settle(index))`
 */
export class HookRun implements Watched {
  next: Watched | undefined
  previous: Watched | undefined
  readonly #core: HooksCore
  readonly #hook: string
  readonly #plan: Plan<HookHandler>
  readonly #args: readonly unknown[]
  readonly #source: string
  /** Set for what is called on behalf of an owner set apart: that one's run. */
  readonly #parent: HookRun | undefined
  readonly #sync: boolean
  readonly #results: unknown[]
  #failures: HandlerFailure[] | undefined
  /** Owners whose handlers are not called one by one but all together: parked, or replaced meanwhile. */
  #apart: Set<string> | undefined
  /** What is to be awaited: of the handler called last, or of all the handlers of an owner set apart. */
  #pending: PromiseLike<unknown> | undefined
  #isShare = false
  /** Counts what was awaited, so that a look at the clock can tell one handler from the next. */
  #step = 0
  #seenStep = 0
  #seenMs = 0
  #limitMs = 0
  /** Which handler is awaited. */
  #at = DONE
  #settled: ((from: number) => void) | undefined

  constructor(
    core: HooksCore,
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
    for (let index = first; index < plan.length; index++) {
      const entry = plan[index] as Entry
      const { direct } = entry
      if (!direct && !this.#enter(entry, index)) {
        if (this.#pending !== undefined) return index
        continue
      }
      try {
        const result = invoke(entry.handler, args)
        if (result === undefined || !isThenable(result)) this.#results.push(result)
        else if (this.#sync) this.#refuse(entry, result)
        else {
          this.#pending = result
          return index
        }
      } catch (error) {
        this.#fail(entry, error)
      }
      if (!direct) entry.owner.gate?.leave()
    }
    return DONE
  }

  /** Awaits the handler at `index`, and then all others until one is given up. Where to `advance` from. */
  settle(index: number): Promise<number> {
    return new Promise((resolve) => {
      this.#settled = resolve
      this.#core.deadlines.watch(this, Number.POSITIVE_INFINITY)
      this.#drive(index)
    })
  }

  /** @throws `CFP_HOOK_FAILED` and what callSync refuses, where a handler failed. */
  outcome(): unknown[] {
    if (this.#failures !== undefined) throw hookFailed(this.#hook, this.#failures)
    return this.#results
  }

  // It goes on by itself only as long as nothing is overdue: from the timer, the next handlers would run in the async context
  // of whoever armed that.
  look(nowMs: number): Remaining {
    if (this.#settled === undefined || this.#isShare) return UNLIMITED
    if (this.#seenStep !== this.#step) {
      this.#seenStep = this.#step
      this.#seenMs = nowMs
    }
    const limitMs = this.#limitMs
    const leftMs = limitMs - (nowMs - this.#seenMs)
    if (leftMs > 0) return { limitMs, leftMs }
    const entry = this.#plan[this.#at] as Entry
    this.#fail(entry, handlerTimeout(entry.owner.name, entry.name, limitMs))
    entry.owner.gate?.leave()
    this.#end(this.#at + 1)
    return UNLIMITED
  }

  async #drive(first: number): Promise<void> {
    for (let index = first; index !== DONE; index = this.advance(index + 1)) {
      const entry = this.#plan[index] as Entry
      const step = this.#await(entry, index)
      const isShare = this.#isShare
      try {
        const result = await this.#pending
        // Given up meanwhile, and somebody else goes on.
        if (step !== this.#step) return
        if (!isShare) this.#results.push(result)
      } catch (error) {
        if (step !== this.#step) return
        this.#fail(entry, error)
      }
      this.#pending = undefined
      this.#isShare = false
      if (!isShare) entry.owner.gate?.leave()
    }
    this.#end(this.#plan.length)
  }

  #await(entry: Entry, index: number): number {
    this.#at = index
    const limitMs = this.#isShare ? Number.POSITIVE_INFINITY : (entry.timeoutMs ?? this.#core.usualMs)
    if (limitMs !== this.#limitMs) {
      this.#limitMs = limitMs
      this.#core.deadlines.hasten(limitMs)
    }
    return ++this.#step
  }

  #end(from: number): void {
    this.#step++
    this.#limitMs = 0
    this.#pending = undefined
    this.#core.deadlines.unwatch(this)
    const settled = this.#settled
    this.#settled = undefined
    settled?.(from)
  }

  /** Whether the handler is to be called now. If not, what has taken its place may be pending. */
  #enter(entry: Entry, index: number): boolean {
    const { owner } = entry
    if (this.#parent === undefined) {
      if (this.#apart?.has(owner.name)) return false
      const parked = isParked(owner, this.#source)
      if (parked || !entry.stage.live) {
        this.#apart ??= new Set()
        this.#apart.add(owner.name)
        this.#callShare(entry, index, parked)
        return false
      }
    }
    if (!entry.live) return false
    if (entry.once) entry.stage.remove(entry)
    owner.gate?.enter()
    return true
  }

  #callShare(entry: Entry, index: number, parked: boolean): void {
    if (this.#sync) {
      if (parked) this.#fail(entry, pluginReloading(entry.owner.name, this.#hook))
      else this.#shareOf(index).advance(0)
      return
    }
    this.#isShare = true
    this.#pending = parked ? this.#park(entry, index) : this.#shareOf(index).#runAll()
  }

  async #park(entry: Entry, index: number): Promise<void> {
    let delivered: Promise<void> | undefined
    let refused = false
    try {
      await entry.owner.gate?.park(() => {
        if (!refused) delivered ??= this.#shareOf(index).#runAll()
        return delivered
      })
    } catch (error) {
      refused = true
      if (delivered === undefined) this.#fail(entry, error)
    }
    await delivered
  }

  #shareOf(index: number): HookRun {
    const share = this.#core.table.shareOf(this.#plan, index)
    return new HookRun(this.#core, this.#hook, share, this.#args, this.#source, this.#sync, this)
  }

  async #runAll(): Promise<void> {
    for (let index = this.advance(0); index !== DONE; ) index = this.advance(await this.settle(index))
  }

  #refuse({ owner, name }: Entry, result: PromiseLike<unknown>): void {
    result.then(undefined, (error) => this.#core.report(name, { plugin: owner.name, error }))
    throw hookAsync(owner.name, name)
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
