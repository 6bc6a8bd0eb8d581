// What is the same for all handlers of one call of a hook.
import type { HookHandler } from '@cf-plugins/plugin-api'
import type { DispatchCore } from './dispatch-core.ts'
import { hookAsync } from './failures.ts'
import { HandlerCall } from './handler-call.ts'
import type { HandlerEntry } from './handler-entry.ts'
import type { Plan } from './handler-plan.ts'
import type { KeptCall } from './hook-history.ts'
import type { Settlement } from './hook-settled.ts'

type Entry = HandlerEntry<HookHandler>

/** Who calls, and how. */
export class HookCall {
  readonly core: DispatchCore<HookHandler>
  /** The core's. */
  readonly usualMs: number
  /** The plugin that calls, or the host. */
  readonly source: string
  readonly sync: boolean
  /** Set where the caller asks how each handler fared. */
  readonly settlement: Settlement | undefined
  /** Set where the hook keeps its calls. */
  readonly kept: KeptCall | undefined

  constructor(
    core: DispatchCore<HookHandler>,
    source: string,
    sync: boolean,
    settlement?: Settlement | undefined,
    kept?: KeptCall | undefined,
  ) {
    this.core = core
    this.usualMs = core.usualMs
    this.source = source
    this.sync = sync
    this.settlement = settlement
    this.kept = kept
  }

  /** A call of one handler, noted where the caller asks how each fared. */
  handlerCall(
    entry: Entry,
    plan: Plan<HookHandler>,
    isForeign?: ((error: unknown) => boolean) | undefined,
  ): HandlerCall {
    const { core, settlement } = this
    const call = new HandlerCall(
      entry,
      { name: plan.name, plan, retry: plan.hook?.retry, refuse: this.sync ? this.#refuse : undefined, isForeign },
      settlement ?? core.watch,
    )
    settlement?.begun(call)
    return call
  }

  /** Handlers that this call reaches, though they were not there when it began. */
  reaches(entries: readonly Entry[]): void {
    for (const entry of entries) this.kept?.told.add(entry)
  }

  readonly #refuse = (entry: HandlerEntry<unknown>, promise: PromiseLike<unknown>): unknown =>
    refusePromise(this.core, entry, promise)
}

/** The error of a handler that returned a promise to a caller who cannot wait. What that promise rejects with is told to the log. */
export function refusePromise(
  core: DispatchCore<HookHandler>,
  { name, owner }: HandlerEntry<unknown>,
  promise: PromiseLike<unknown>,
): unknown {
  Promise.resolve(promise).catch((error) => core.report(name, owner.name, error))
  return hookAsync(owner, name)
}

// A spread call costs several times a plain one.
export function invoke<T>(handler: HookHandler<readonly unknown[], T>, args: readonly unknown[]): T {
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
