// How each handler of a call fared, for who asks for that instead of an error.
import type { HookRef, HookResult } from '@cf-plugins/plugin-api'
import type { CallWatcher, HandlerCall } from './handler-call.ts'
import type { HandlerOutcome } from './handler-trace.ts'
import type { LoopWatch } from './loop-watch.ts'

/** How one handler fared. */
export interface SettledHandler {
  readonly plugin: string
  /** `skipped`: its condition passed it over. */
  readonly status: 'fulfilled' | 'rejected' | 'skipped'
  readonly value?: unknown
  readonly error?: unknown
  /** In milliseconds, all attempts together. */
  readonly durationMs: number
  /** How often it was called: 0 where it never was. */
  readonly attempts: number
}

/** What `callSettled` gives. */
export interface SettledHook<Value = unknown> {
  /** The hook's result, as far as handlers gave one. */
  readonly value: Value
  /** In the order of calls; a handler that was not reached is not among them. */
  readonly results: readonly SettledHandler[]
}

/** The value of a settled call: that of a hook that wraps may be missing. */
export type SettledValue<Ref extends HookRef> = Ref['kind'] extends 'wrap'
  ? HookResult<Ref> | undefined
  : HookResult<Ref>

/** Notes how each handler of one call fares. */
export class Settlement implements CallWatcher {
  readonly loop: LoopWatch
  readonly #watcher: CallWatcher
  readonly #calls = new Map<object, SettledHandler | undefined>()

  constructor(watcher: CallWatcher) {
    this.#watcher = watcher
    this.loop = watcher.loop
  }

  /** Keeps the handler's place among the results. */
  begun(call: HandlerCall): void {
    this.#calls.set(call, undefined)
  }

  ended(call: HandlerCall, outcome: HandlerOutcome, result: unknown): void {
    this.#watcher.ended(call, outcome, result)
    const { entry, durationMs, attempts } = call
    const how = { plugin: entry.owner.name, durationMs, attempts }
    this.#calls.set(
      call,
      outcome === 'ok'
        ? { ...how, status: 'fulfilled', value: result }
        : outcome === 'skipped'
          ? { ...how, status: 'skipped' }
          : { ...how, status: 'rejected', error: result },
    )
  }

  /** For a plugin whose handlers could not be called. */
  refused(plugin: string, error: unknown): void {
    this.#calls.set({}, { plugin, status: 'rejected', error, durationMs: 0, attempts: 0 })
  }

  get results(): readonly SettledHandler[] {
    return [...this.#calls.values()].filter((result) => result !== undefined)
  }
}
