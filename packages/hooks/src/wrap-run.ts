// One call of a hook that wraps: each handler is given the handlers after it, and the innermost is the caller's own function.
import { type HookHandler, isThenable } from '@cf-plugins/plugin-api'
import { type DeliveryGate, isParked, park } from './delivery-gate.ts'
import { hookFailed, innerAsync, pluginReloading } from './failures.ts'
import { SKIPPED } from './handler-call.ts'
import type { HandlerEntry } from './handler-entry.ts'
import type { Plan } from './handler-plan.ts'
import type { HookCall } from './hook-call.ts'
import { Wrapped } from './wrapped.ts'

type Entry = HandlerEntry<HookHandler>
type Args = readonly unknown[]

/** A way through handlers. */
interface Way {
  readonly plan: Plan<HookHandler>
  /** Set for the handlers of one owner that are called at its place. */
  readonly isShare: boolean
  /** Owners whose handlers were called all together: parked, or replaced meanwhile. */
  readonly apart: readonly string[]
  /** What comes after its last handler. */
  readonly end: (args: Args, waiting: Waiting | undefined) => unknown
}

/** The plugins whose handlers wait for what is called, from the inside out. */
interface Waiting {
  readonly plugin: string
  readonly outside: Waiting | undefined
}

export class WrapRun {
  readonly #call: HookCall
  readonly #plan: Plan<HookHandler>
  readonly #fully: boolean
  readonly #inner: (...args: Args) => unknown
  /** Errors that say already which plugin's handler failed. */
  readonly #told = new WeakSet<object>()

  /** @param fully whether each handler takes a `HandlerCall` */
  constructor(call: HookCall, plan: Plan<HookHandler>, inner: (...args: Args) => unknown, fully: boolean) {
    this.#call = call
    this.#fully = fully
    this.#plan = plan
    this.#inner = inner
  }

  /** The outermost handler's result, or a promise of it. @throws `CFP_HOOK_FAILED`, what `inner` throws */
  run(args: Args): unknown {
    return this.#go({ plan: this.#plan, isShare: false, apart: [], end: (last) => this.#end(last) }, 0, undefined, args)
  }

  /** Whether an error is a handler's, and not the caller's own. */
  isHandlers(error: unknown): boolean {
    return typeof error === 'object' && error !== null && this.#told.has(error)
  }

  #end(args: Args): unknown {
    const result = this.#inner(...args)
    if (!this.#call.sync || !isThenable(result)) return result
    const { core, source } = this.#call
    Promise.resolve(result).catch((error) => core.report(this.#plan.name, source, error))
    throw innerAsync(this.#plan.name)
  }

  /** Goes on by `way` from the handler at `first` on. A handler may call `next` more than once, so nothing is kept of where it is. */
  #go(way: Way, first: number, waiting: Waiting | undefined, args: Args): unknown {
    const { entries } = way.plan
    for (let index = first; index < entries.length; index++) {
      const entry = entries[index] as Entry
      const { owner } = entry
      if (!way.isShare) {
        if (way.apart.includes(owner.name)) continue
        const parked = entry.gate?.closed === true && this.#isParked(entry, waiting)
        if (parked || !entry.stage.live) return this.#share(way, index, waiting, args, parked)
      }
      if (entry.live) return this.#wrap(entry, way, index + 1, waiting, args)
    }
    return way.end(args, waiting)
  }

  /** Who waits for a handler must not wait for its gate, where that waits for them. */
  #isParked({ owner }: Entry, waiting: Waiting | undefined): boolean {
    const { source, sync } = this.#call
    if (!isParked(owner, source, sync)) return false
    for (let each = waiting; each !== undefined; each = each.outside) {
      if (!isParked(owner, each.plugin, sync)) return false
    }
    return true
  }

  /** Goes through the live handlers of the owner of the one at `index`, and then on behind it. */
  #share(way: Way, index: number, waiting: Waiting | undefined, args: Args, parked: boolean): unknown {
    const entry = way.plan.entries[index] as Entry
    const rest = { ...way, apart: [...way.apart, entry.owner.name] }
    const through = () => {
      const plan = this.#call.core.table.shareOf(way.plan, index)
      const end = (last: Args, inside: Waiting | undefined) => this.#go(rest, index + 1, inside, last)
      return this.#go({ plan, isShare: true, apart: [], end }, 0, waiting, args)
    }
    if (!parked) return through()
    const refused = (error: unknown): unknown => {
      this.#call.settlement?.refused(entry.owner.name, error)
      if (this.#isIgnored(entry, error)) return this.#go(rest, index + 1, waiting, args)
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

  #wrap(entry: Entry, way: Way, behind: number, waiting: Waiting | undefined, args: Args): unknown {
    const inside = { plugin: entry.owner.name, outside: waiting }
    const wrapped = new Wrapped(this.#call, this.#plan, entry, this.#fully || entry.elaborate, (given) =>
      this.#go(way, behind, inside, given),
    )
    const failed = (error: unknown): unknown => {
      if (wrapped.isForeign(error)) throw error
      entry.record.failures++
      if (!this.#isIgnored(entry, error)) throw this.#failure(entry, error)
      return wrapped.hasCalled ? wrapped.result() : this.#go(way, behind, waiting, args)
    }
    let result: unknown
    try {
      result = wrapped.run(args)
    } catch (error) {
      return failed(error)
    }
    if (result === SKIPPED) return this.#go(way, behind, waiting, args)
    if (!isThenable(result)) return result
    const limitMs = entry.timeoutMs ?? this.#plan.hook?.timeoutMs ?? this.#call.core.usualMs
    return wrapped
      .within(result, limitMs)
      .then((value) => (value === SKIPPED ? this.#go(way, behind, waiting, args) : value), failed)
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
