// Handlers that were called together and are not done yet, under one deadline.
import type { Deadlines, Remaining, Watched } from '@cf-plugins/plugin-api/host'
import { handlerTimeout } from './failures.ts'
import type { HandlerCall } from './handler-call.ts'
import type { HandlerEntry } from './handler-entry.ts'

/** A handler that was called; its gate was entered. */
export interface Pending {
  readonly entry: HandlerEntry<unknown>
  /** What it was told, whose signal ends. */
  readonly context: { end(reason: unknown): void }
  readonly limitMs: number
  /** Set where it takes more than to call it. */
  readonly call: HandlerCall | undefined
  open: boolean
}

/** What a wave tells of each of its handlers, and of its own end. */
export interface WaveOwner<P extends Pending> {
  done(pending: P, value: unknown): void
  /** @param isLate whether it was given up, and may run still */
  fail(pending: P, error: unknown, isLate: boolean): void
  waveEnded(wave: Wave<P>): void
}

export class Wave<P extends Pending> implements Watched {
  next: Watched | undefined
  previous: Watched | undefined
  readonly #owner: WaveOwner<P>
  readonly #deadlines: Deadlines
  readonly #all: P[] = []
  #open = 0
  #sealed = false
  #sinceMs: number | undefined
  #resolve: (() => void) | undefined

  constructor(owner: WaveOwner<P>, deadlines: Deadlines) {
    this.#owner = owner
    this.#deadlines = deadlines
  }

  /** Waits for what a handler returned. */
  watch(pending: P, promise: PromiseLike<unknown>): void {
    this.#all.push(pending)
    this.#open++
    try {
      promise.then(
        (value) => this.#done(pending, value),
        (error) => this.#fail(pending, error, false),
      )
    } catch (error) {
      this.#fail(pending, error, false)
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

  /**
   * Aborts what the handlers that are not done were given as signal.
   *
   * @param isFinal whether what fails of it is not tried again
   */
  abort(reason: unknown, isFinal = false): void {
    for (const { open, context, call } of this.#all) {
      if (!open) continue
      context.end(reason)
      if (isFinal) call?.giveUp(reason)
    }
  }

  /** Waits no longer for those that are not done. */
  giveUp(error: unknown): void {
    for (const pending of this.#all) if (pending.open) this.#giveUp(pending, error)
  }

  look(nowMs: number): Remaining {
    this.#sinceMs ??= nowMs
    const elapsedMs = nowMs - this.#sinceMs
    for (const pending of this.#all) {
      const { entry, limitMs, open } = pending
      if (open && limitMs <= elapsedMs) this.#giveUp(pending, handlerTimeout(entry.owner, entry.name, limitMs))
    }
    const limitMs = this.#shortestMs()
    return { limitMs, leftMs: limitMs - elapsedMs }
  }

  #shortestMs(): number {
    let shortest = Number.POSITIVE_INFINITY
    for (const { open, limitMs } of this.#all) if (open && limitMs < shortest) shortest = limitMs
    return shortest
  }

  #giveUp(pending: P, error: unknown): void {
    pending.context.end(error)
    pending.call?.giveUp(error)
    this.#fail(pending, error, true)
  }

  #done(pending: P, value: unknown): void {
    if (pending.open) this.#owner.done(pending, value)
    this.#settle(pending)
  }

  #fail(pending: P, error: unknown, isLate: boolean): void {
    if (pending.open) this.#owner.fail(pending, error, isLate)
    this.#settle(pending)
  }

  #settle(pending: P): void {
    if (!pending.open) return
    pending.open = false
    pending.entry.gate?.leave()
    if (--this.#open > 0 || !this.#sealed) return
    this.#deadlines.unwatch(this)
    this.#owner.waveEnded(this)
    this.#resolve?.()
  }
}
