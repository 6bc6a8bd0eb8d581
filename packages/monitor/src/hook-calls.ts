// Calls of plugins' hooks, timed by what is published when each begins and ends.
import type { TracedHook, TraceMoment } from './host-messages.ts'
import type { ObservedHook } from './messages.ts'

/** One call of a plugin's hook that has ended. */
export interface HookCall {
  readonly hook: TracedHook
  readonly plugin: string
  readonly generation: number
  /** When it began, as `performance.now()` has it. */
  readonly startedAt: number
  readonly durationMs: number
  /** How long it kept the event loop: until it returned, or first waited. */
  readonly syncMs: number
  readonly failed: boolean
}

/** Makes one call of the moments that are published of it: of one call they carry one object. */
export class HookCalls {
  readonly #open = new WeakMap<ObservedHook, { readonly startedAt: number; returnedAt: number | undefined }>()
  readonly #onEnd: (call: HookCall) => void
  readonly #onStart: ((hook: TracedHook, message: ObservedHook, startedAt: number) => void) | undefined

  constructor(
    onEnd: (call: HookCall) => void,
    onStart?: (hook: TracedHook, message: ObservedHook, startedAt: number) => void,
  ) {
    this.#onEnd = onEnd
    this.#onStart = onStart
  }

  readonly listener = (hook: TracedHook, moment: TraceMoment, message: ObservedHook): void => {
    const now = performance.now()
    if (moment === 'start') {
      this.#open.set(message, { startedAt: now, returnedAt: undefined })
      this.#onStart?.(hook, message, now)
      return
    }
    // One that began before anybody listened is nobody's.
    const call = this.#open.get(message)
    if (!call) return
    if (moment === 'end') {
      call.returnedAt = now
      return
    }
    this.#open.delete(message)
    const { plugin, generation, error } = message
    const { startedAt, returnedAt = now } = call
    const failed = error !== undefined
    this.#onEnd({
      hook,
      plugin,
      generation,
      startedAt,
      durationMs: now - startedAt,
      syncMs: returnedAt - startedAt,
      failed,
    })
  }
}
