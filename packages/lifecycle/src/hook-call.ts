// One call of a plugin's hook, from its beginning to its end or its deadline.
import { isThenable, type PluginError, type PluginRecord, type PluginTimeouts } from '@cf-plugins/plugin-api'
import type { Remaining, Watched } from '@cf-plugins/plugin-api/host'
import { isListenedTo, registerChannel, setupChannel, teardownChannel, traced } from './channels.ts'
import { failureOf, timeoutOf } from './failures.ts'
import { boundOf, isThreaded, type PluginHost } from './host.ts'
import { PluginCode } from './plugin-code.ts'

/** The bound of each hook that a generation calls. */
const BOUNDS = {
  register: 'registerMs',
  setup: 'setupMs',
  teardown: 'teardownMs',
  onEnable: 'enableMs',
  onDisable: 'enableMs',
  onReload: 'reloadMs',
  health: 'reloadMs',
  onConfigChange: 'reloadMs',
} as const satisfies Record<string, keyof PluginTimeouts>

const OVER: Remaining = { limitMs: Number.POSITIVE_INFINITY, leftMs: Number.POSITIVE_INFINITY }

/** The channels of those that are traced. */
const CHANNELS: { readonly [Hook in TimedHook]?: typeof registerChannel } = {
  register: registerChannel,
  setup: setupChannel,
  teardown: teardownChannel,
}

/** A hook with a deadline. */
export type TimedHook = keyof typeof BOUNDS

/** Whose hook is called. */
export interface HookCaller {
  readonly name: string
  readonly record: PluginRecord
  readonly host: PluginHost
  /** Told when the hook is over, however it ended. */
  hookEnded(hook: TimedHook, nowMs: number): void
}

/** Who waits for a hook, or for what hooks are a part of: told once. */
export interface Waiter {
  done(value: unknown): void
  failed(error: unknown): void
}

/** A hook that returned a promise, while that is waited for: by `wait`, or by `ended`, in the turn in which it began. */
export class PendingHook implements Watched {
  next: Watched | undefined
  previous: Watched | undefined
  readonly #caller: HookCaller
  readonly #hook: TimedHook
  readonly #ms: number
  #sinceMs: number | undefined
  #waiter: Waiter | undefined

  constructor(caller: HookCaller, hook: TimedHook, result: PromiseLike<unknown>, limitMs: number) {
    this.#caller = caller
    this.#hook = hook
    this.#ms = Math.min(limitMs, boundOf(caller.host, caller.record.meta, BOUNDS[hook]))
    caller.host.deadlines.watch(this, this.#ms)
    // Through a promise of our own, for a thenable may call both of its callbacks, or throw.
    Promise.resolve(result).then(
      (value) => this.#end()?.done(value),
      (error) => this.#end()?.failed(failureOf(caller, hook, error)),
    )
  }

  /** Has somebody told who needs no promise for it: in the turn in which the hook ends. */
  wait(waiter: Waiter): void {
    this.#waiter = waiter
  }

  /** Settles as the hook does, or with why it is waited for no longer. */
  get ended(): Promise<unknown> {
    return new Promise((done, failed) => this.wait({ done, failed }))
  }

  /** Waits no longer: the hook counts as failed with `error`. */
  giveUp(error: PluginError): void {
    const waiter = this.#end()
    // Later, for whoever gives up may be in the midst of anything.
    if (waiter) queueMicrotask(() => waiter.failed(error))
  }

  look(nowMs: number): Remaining {
    this.#sinceMs ??= nowMs
    const leftMs = this.#sinceMs + this.#ms - nowMs
    if (leftMs > 0) return { limitMs: this.#ms, leftMs }
    this.giveUp(timeoutOf(this.#caller, this.#hook, BOUNDS[this.#hook], this.#ms))
    return OVER
  }

  /** Who is told, the first time; a hook that ends after its deadline is nobody's any more. */
  #end(): Waiter | undefined {
    const waiter = this.#waiter
    if (!waiter) return undefined
    this.#waiter = undefined
    this.#caller.host.deadlines.unwatch(this)
    this.#caller.hookEnded(this.#hook, performance.now())
    return waiter
  }
}

/**
 * Calls a hook: gives what it returned, or its wait where that is a promise.
 *
 * @param limitMs what is left for it, where that is less than its own bound
 * @param sinceMs when it begins, where the clock has just been read
 * @throws what the hook threw, said whose it is
 */
export function callHook(
  caller: HookCaller,
  hook: TimedHook,
  task: () => unknown,
  limitMs: number = Number.POSITIVE_INFINITY,
  sinceMs: number = performance.now(),
): unknown {
  try {
    const channel = CHANNELS[hook]
    const { strays } = caller.host
    const call = strays ? () => strays.run(caller, task) : task
    // A closure only where somebody listens: most starts are watched by nobody.
    const run = channel && isListenedTo(channel) ? () => traced(channel, caller, call) : call
    // What a plugin in a thread does, does not take the host's event loop.
    const code = isThreaded(caller.host, caller.record.meta)
      ? undefined
      : new PluginCode(caller, 'lifecycle', hook, true)
    const result = code ? code.runFrom(sinceMs, run) : run()
    if (isThenable(result)) return new PendingHook(caller, hook, result, limitMs)
    caller.hookEnded(hook, code ? code.endedMs : performance.now())
    return result
  } catch (error) {
    throw failureOf(caller, hook, error)
  }
}
