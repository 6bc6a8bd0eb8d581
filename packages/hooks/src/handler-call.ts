// One call of one handler that takes more than to call it: a condition, further attempts, or somebody who watches.
import { isThenable } from '@cf-plugins/plugin-api'
import type { HandlerEntry } from './handler-entry.ts'
import type { HandlerOutcome } from './handler-trace.ts'
import { LoopSpan, type LoopWatch, type Watchable, type WatchedCode } from './loop-watch.ts'

/** What a call gives whose handler's condition passed it over. */
export const SKIPPED: unique symbol = Symbol('skipped')

/** Who wants to know how a call ended. */
export interface CallWatcher {
  readonly loop: LoopWatch
  /** @param result what the handler gave where that is `ok`, and else what it failed with */
  ended(call: HandlerCall, outcome: HandlerOutcome, result: unknown): void
}

/** What a handler is told from, and whether it may be awaited. */
export interface CallDetails {
  /** What was dispatched. */
  readonly name: string
  readonly eventId?: string | undefined
  /** The table's plan that it is called for. */
  readonly plan?: { lookAt: number } | undefined
  /** Makes the error of a promise that nobody may await. */
  readonly refuse?: ((entry: HandlerEntry<unknown>, promise: PromiseLike<unknown>) => unknown) | undefined
  /** Whether an error is not the handler's own, but of what it has called. */
  readonly isForeign?: ((error: unknown) => boolean) | undefined
  /** Tries that are made where the handler says nothing. */
  readonly retry?: HandlerEntry<unknown>['retry']
}

/**
 * One call. `run` gives what the handler does, or `SKIPPED`, or a promise of either, and throws where it fails at once. Whoever gives
 * the promise up calls `giveUp`, and nothing is tried again. A handler that runs once is taken back here, for its condition decides
 * whether it runs; what becomes of a failure, `ignoreErrors` too, is the caller's affair.
 */
export class HandlerCall implements Watchable {
  readonly entry: HandlerEntry<unknown>
  readonly details: CallDetails
  attempts = 0
  /** When it began, by the clock that only goes forward. */
  sinceMs = 0
  /** In milliseconds. */
  syncMs = 0
  /** In milliseconds, once it is over. */
  durationMs = 0
  /** What of its time is not its own, in milliseconds. */
  foreignMs = 0
  /** What of the time until it first returned is not its own, in milliseconds. */
  foreignSyncMs = 0
  readonly #watcher: CallWatcher
  #over = false
  #refused = false
  #wake: (() => void) | undefined

  constructor(entry: HandlerEntry<unknown>, details: CallDetails, watcher: CallWatcher) {
    this.entry = entry
    this.details = details
    this.#watcher = watcher
  }

  run(args: readonly unknown[]): unknown {
    const span = new LoopSpan(this.#watcher.loop, this)
    this.sinceMs = span.sinceMs
    let result: unknown
    let isPending = false
    try {
      result = this.#decided(args)
      isPending = isThenable(result)
    } catch (error) {
      this.#returned(span)
      this.#failed(error)
      throw error
    }
    this.#returned(span)
    if (isPending) return this.#settled(result as PromiseLike<unknown>)
    this.#end(result === SKIPPED ? 'skipped' : 'ok', result)
    return result
  }

  get code(): WatchedCode {
    const { owner, stage, name, label: step, handler } = this.entry
    return { plugin: owner.name, generation: owner.source?.generation, kind: stage.kind, name, step, handler }
  }

  get suspect(): boolean {
    return this.entry.record.suspect
  }

  set suspect(isSuspect: boolean) {
    this.entry.record.suspect = isSuspect
  }

  /** Nobody waits any longer. */
  giveUp(error: unknown): void {
    this.#end('timeout', error)
    this.#wake?.()
  }

  #decided(args: readonly unknown[]): unknown {
    const { condition } = this.entry
    if (condition === undefined) return this.#begin(args)
    const wanted = condition(...(args as never[]))
    if (!isThenable(wanted)) return wanted ? this.#begin(args) : SKIPPED
    if (this.details.refuse) throw this.details.refuse(this.entry, wanted)
    // Given up, perhaps, while its condition was awaited.
    return Promise.resolve(wanted).then((isWanted) => (isWanted && !this.#over ? this.#begin(args) : SKIPPED))
  }

  #begin(args: readonly unknown[]): unknown {
    const { entry } = this
    // Taken back by its condition, or while that was awaited.
    if (!entry.live) return SKIPPED
    if (entry.once) entry.stage.remove(entry)
    for (;;) {
      try {
        const result = this.#invoke(args)
        return isThenable(result) && this.#retry !== undefined ? this.#retrying(args, result) : result
      } catch (error) {
        if (!this.#mayRetry(error)) throw error
        // Whoever may not await cannot wait between two attempts either.
        if (this.details.refuse === undefined) return this.#retrying(args, undefined, error)
      }
    }
  }

  async #retrying(
    args: readonly unknown[],
    first: PromiseLike<unknown> | undefined,
    thrown?: unknown,
  ): Promise<unknown> {
    let error = thrown
    if (first !== undefined) {
      try {
        return await first
      } catch (rejection) {
        error = rejection
      }
    }
    while (this.#mayRetry(error)) {
      await this.#pause()
      if (this.#over || !this.entry.stage.live) break
      try {
        return await this.#invoke(args)
      } catch (next) {
        error = next
      }
    }
    throw error
  }

  #invoke(args: readonly unknown[]): unknown {
    this.attempts++
    const handler = this.entry.handler as (...args: readonly unknown[]) => unknown
    const result = handler(...args)
    if (this.details.refuse === undefined || !isThenable(result)) return result
    this.#refused = true
    throw this.details.refuse(this.entry, result)
  }

  get #retry(): HandlerEntry<unknown>['retry'] {
    return this.entry.retry ?? this.details.retry
  }

  #mayRetry(error: unknown): boolean {
    if (this.#refused || this.attempts >= (this.#retry?.attempts ?? 1)) return false
    return this.details.isForeign?.(error) !== true
  }

  /** Waits before the next attempt. */
  #pause(): Promise<void> {
    const { delayMs, factor, maxDelayMs } = this.#retry as Required<NonNullable<HandlerEntry<unknown>['retry']>>
    const waitMs = Math.min(delayMs * factor ** (this.attempts - 1), maxDelayMs)
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, waitMs)
      this.#wake = () => {
        clearTimeout(timer)
        resolve()
      }
    })
  }

  async #settled(promise: PromiseLike<unknown>): Promise<unknown> {
    try {
      const result = await promise
      this.#end(result === SKIPPED ? 'skipped' : 'ok', result)
      return result
    } catch (error) {
      this.#failed(error)
      throw error
    }
  }

  #returned(span: LoopSpan): void {
    span.end()
    this.syncMs = span.tookMs - this.foreignSyncMs
  }

  #failed(error: unknown): void {
    if (this.details.isForeign?.(error)) this.#end('ok', undefined)
    else this.#end('failed', error)
  }

  #end(outcome: HandlerOutcome, result: unknown): void {
    if (this.#over) return
    this.#over = true
    this.durationMs = performance.now() - this.sinceMs - this.foreignMs
    this.#watcher.ended(this, outcome, result)
  }
}
