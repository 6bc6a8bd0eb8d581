// One call of a hook that wraps: each handler is given the handlers after it, and the innermost is the caller's own function.
import { type HookHandler, isThenable } from '@cf-plugins/plugin-api'
import { type DeliveryGate, isParked, park } from './delivery-gate.ts'
import { handlerTimeout, hookFailed, innerAsync, pluginReloading } from './failures.ts'
import type { HandlerEntry } from './handler-entry.ts'
import type { Plan } from './handler-table.ts'
import type { HookCall } from './hook-call.ts'
import { Wrapped } from './wrapped.ts'

type Entry = HandlerEntry<HookHandler>
type Args = readonly unknown[]

/** How far a way through the handlers has come. Ways fork, because a handler may call `next` more than once. */
interface Way {
  readonly plan: Plan<HookHandler>
  readonly index: number
  /** Set for the handlers of one owner that are called at its place. */
  readonly isShare: boolean
  /** Owners whose handlers were called all together: parked, or replaced meanwhile. */
  readonly apart: readonly string[]
  /** The plugins whose handlers wait for what is called here, beside who has called. */
  readonly waiting: readonly string[]
  /** What comes after its last handler. */
  readonly end: (args: Args, waiting: readonly string[]) => unknown
}

export class WrapRun {
  readonly #call: HookCall
  readonly #plan: Plan<HookHandler>
  readonly #inner: (...args: Args) => unknown
  /** Errors that say already which plugin's handler failed. */
  readonly #told = new WeakSet<object>()

  constructor(call: HookCall, plan: Plan<HookHandler>, inner: (...args: Args) => unknown) {
    this.#call = call
    this.#plan = plan
    this.#inner = inner
  }

  /** The outermost handler's result, or a promise of it. @throws `CFP_HOOK_FAILED`, what `inner` throws */
  run(args: Args): unknown {
    const end = (last: Args) => this.#end(last)
    return this.#go({ plan: this.#plan, index: 0, isShare: false, apart: [], waiting: [], end }, args)
  }

  /** Whether an error is a handler's, and not the caller's own. */
  isHandlers(error: unknown): boolean {
    return typeof error === 'object' && error !== null && this.#told.has(error)
  }

  #end(args: Args): unknown {
    const result = this.#inner(...args)
    if (!this.#call.sync || !isThenable(result)) return result
    const { core, source } = this.#call
    result.then(undefined, (error) => core.report(this.#plan.name, source, error))
    throw innerAsync(this.#plan.name)
  }

  #go(way: Way, args: Args): unknown {
    const { plan, isShare, apart, waiting } = way
    const { source, sync } = this.#call
    for (let index = way.index; index < plan.entries.length; index++) {
      const entry = plan.entries[index] as Entry
      const { owner } = entry
      if (!isShare) {
        if (apart.includes(owner.name)) continue
        // Who waits for this handler must not wait for the gate, where that waits for them.
        const parked = [source, ...waiting].every((each) => isParked(owner, each, sync))
        if (parked || !entry.stage.live) {
          return this.#share({ ...way, index: index + 1, apart: [...apart, owner.name] }, index, entry, args, parked)
        }
      }
      if (entry.live) return this.#wrap(entry, { ...way, index: index + 1 }, args)
    }
    return way.end(args, waiting)
  }

  /** Goes through the live handlers of an owner set apart, and then on by `rest`. */
  #share(rest: Way, index: number, entry: Entry, args: Args, parked: boolean): unknown {
    const through = () => {
      const plan = this.#call.core.table.shareOf(rest.plan, index)
      const end = (last: Args, waiting: readonly string[]) => this.#go({ ...rest, waiting }, last)
      return this.#go({ ...rest, plan, index: 0, isShare: true, end }, args)
    }
    if (!parked) return through()
    const refused = (error: unknown): unknown => {
      this.#call.settlement?.refused(entry.owner.name, error)
      if (this.#isIgnored(entry, error)) return this.#go(rest, args)
      throw this.#failure(entry, error)
    }
    if (this.#call.sync) return refused(pluginReloading(entry.owner, this.#plan.name))
    return this.#parked(entry.gate as DeliveryGate, through, refused)
  }

  async #parked(gate: DeliveryGate, through: () => unknown, refused: (error: unknown) => unknown): Promise<unknown> {
    let answer: () => unknown = () => undefined
    await park(
      gate,
      'call',
      async () => {
        try {
          const result = await through()
          answer = () => result
        } catch (error) {
          answer = () => {
            throw error
          }
        }
      },
      (error) => {
        answer = () => refused(error)
      },
    )
    return answer()
  }

  #wrap(entry: Entry, rest: Way, args: Args): unknown {
    const waiting = [...rest.waiting, entry.owner.name]
    const wrapped = new Wrapped(this.#call, this.#plan, entry, (given) => this.#go({ ...rest, waiting }, given))
    const failed = (error: unknown): unknown => {
      if (wrapped.isForeign(error)) throw error
      entry.record.failures++
      if (!this.#isIgnored(entry, error)) throw this.#failure(entry, error)
      return wrapped.hasCalled ? wrapped.result() : this.#go(rest, args)
    }
    let result: unknown
    try {
      result = wrapped.run(args)
    } catch (error) {
      return failed(error)
    }
    if (wrapped.isSkipped(result)) return this.#go(rest, args)
    if (!isThenable(result)) return result
    const late = (limitMs: number) => handlerTimeout(entry.owner, entry.name, limitMs)
    return wrapped
      .within(result, entry.timeoutMs ?? this.#plan.hook?.timeoutMs ?? this.#call.core.usualMs, late)
      .then((value) => (wrapped.isSkipped(value) ? this.#go(rest, args) : value), failed)
  }

  #isIgnored(entry: Entry, error: unknown): boolean {
    if (!entry.ignoreErrors && !this.#plan.hook?.ignoreErrors) return false
    this.#call.core.report(this.#plan.name, entry.owner.name, error)
    return true
  }

  #failure(entry: Entry, error: unknown): unknown {
    const failure = hookFailed(this.#plan.name, [{ plugin: entry.owner.name, error }])
    this.#told.add(failure)
    return failure
  }
}
