// Handlers that were called together and are not done yet, under one deadline.
import type { Deadlines, Remaining, Watched } from '@cf-plugins/plugin-api/host'
import type { HandlerContext } from './event-context.ts'
import { handlerTimeout } from './failures.ts'
import type { HandlerEntry } from './handler-entry.ts'

/** What a wave tells of each of its handlers that did not end well, and of its own end. */
export interface WaveOwner {
  fail(plugin: string, error: unknown): void
  waveEnded(wave: Wave): void
}

interface Pending {
  readonly entry: HandlerEntry<unknown>
  readonly context: HandlerContext
  readonly limitMs: number
  open: boolean
}

export class Wave implements Watched {
  next: Watched | undefined
  previous: Watched | undefined
  readonly #owner: WaveOwner
  readonly #deadlines: Deadlines
  readonly #all: Pending[] = []
  #open = 0
  #sealed = false
  #sinceMs: number | undefined
  #resolve: (() => void) | undefined

  constructor(owner: WaveOwner, deadlines: Deadlines) {
    this.#owner = owner
    this.#deadlines = deadlines
  }

  /** Waits for what `entry`'s handler returned; its gate was entered. */
  watch(entry: HandlerEntry<unknown>, context: HandlerContext, limitMs: number, promise: PromiseLike<unknown>): void {
    const pending = { entry, context, limitMs, open: true }
    this.#all.push(pending)
    this.#open++
    try {
      promise.then(
        () => this.#settle(pending),
        (error) => this.#fail(pending, error),
      )
    } catch (error) {
      this.#fail(pending, error)
    }
  }

  /** After the last `watch`: starts the deadline. False when nothing is left to wait for, and then `waveEnded` is not called. */
  seal(): boolean {
    if (this.#open === 0) return false
    this.#sealed = true
    this.#deadlines.watch(this, this.#shortestMs())
    return true
  }

  /** Settles with the last of its handlers; to be called on a sealed wave. */
  ended(): Promise<void> {
    return new Promise((resolve) => {
      this.#resolve = resolve
    })
  }

  /** Aborts what the handlers that are not done were given as signal. */
  abort(reason: unknown): void {
    for (const { open, context } of this.#all) if (open) context.end(reason)
  }

  look(nowMs: number): Remaining {
    this.#sinceMs ??= nowMs
    const elapsedMs = nowMs - this.#sinceMs
    for (const pending of this.#all) {
      const { entry, context, limitMs, open } = pending
      if (!open || limitMs > elapsedMs) continue
      const error = handlerTimeout(entry.owner, entry.name, limitMs)
      context.end(error)
      this.#fail(pending, error)
    }
    const limitMs = this.#shortestMs()
    return { limitMs, leftMs: limitMs - elapsedMs }
  }

  #shortestMs(): number {
    let shortest = Number.POSITIVE_INFINITY
    for (const { open, limitMs } of this.#all) if (open && limitMs < shortest) shortest = limitMs
    return shortest
  }

  #fail(pending: Pending, error: unknown): void {
    if (pending.open) this.#owner.fail(pending.entry.owner.name, error)
    this.#settle(pending)
  }

  #settle(pending: Pending): void {
    if (!pending.open) return
    pending.open = false
    pending.entry.gate?.leave()
    if (--this.#open > 0 || !this.#sealed) return
    this.#deadlines.unwatch(this)
    this.#owner.waveEnded(this)
    this.#resolve?.()
  }
}
