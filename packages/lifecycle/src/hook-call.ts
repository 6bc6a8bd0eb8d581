// One call of a plugin's hook, from its beginning to its end or its deadline.
import { isThenable, type PluginError, type PluginTimeouts } from '@cf-plugins/plugin-api'
import { failureOf, timeoutOf } from './failures.ts'
import type { Generation } from './generation.ts'
import { boundOf } from './host.ts'

/** The bound of each hook that a generation calls. */
const BOUNDS = {
  register: 'registerMs',
  setup: 'setupMs',
  teardown: 'teardownMs',
  onEnable: 'enableMs',
  onDisable: 'enableMs',
  onReload: 'reloadMs',
  health: 'reloadMs',
} as const satisfies Record<string, keyof PluginTimeouts>

/** A hook with a deadline. */
export type TimedHook = keyof typeof BOUNDS

/** A hook that returned a promise, while that is waited for. */
export class PendingHook {
  readonly ended: Promise<unknown>
  #timer: NodeJS.Timeout | undefined
  #reject: (error: PluginError) => void = () => {}

  constructor(
    result: PromiseLike<unknown>,
    ms: number,
    late: () => PluginError,
    blame: (error: unknown) => PluginError,
  ) {
    this.ended = new Promise((resolve, reject) => {
      this.#reject = reject
      this.#timer = setTimeout(() => reject(late()), ms)
      result.then(
        (value) => {
          clearTimeout(this.#timer)
          resolve(value)
        },
        (error) => {
          clearTimeout(this.#timer)
          reject(blame(error))
        },
      )
    })
  }

  /** Waits no longer: the hook counts as failed with `error`. */
  giveUp(error: PluginError): void {
    clearTimeout(this.#timer)
    this.#reject(error)
  }
}

/**
 * Calls a hook: gives what it returned, or its wait where that is a promise.
 *
 * @param limitMs what is left for it, where that is less than its own bound
 * @throws what the hook threw, said whose it is
 */
export function callHook(
  generation: Generation,
  hook: TimedHook,
  task: () => unknown,
  limitMs: number = Number.POSITIVE_INFINITY,
): unknown {
  const blame = (error: unknown) => failureOf(generation, hook, error)
  let result: unknown
  try {
    result = task()
    if (!isThenable(result)) return result
  } catch (error) {
    throw blame(error)
  }
  const bound = BOUNDS[hook]
  const ms = Math.min(limitMs, boundOf(generation.host, generation.record.meta, bound))
  return new PendingHook(result, ms, () => timeoutOf(generation, hook, bound, ms), blame)
}
