// Finds that the event loop stood still although nobody who is looked at kept it: then everybody is, for a while.
import type { LoopWatch } from '@cf-plugins/hooks'
import { AwaitedCode } from './awaited-code.ts'
import { type StallListener, tellStalls } from './stall-clock.ts'

/** For how long each call of a handler is looked at then, and followed over its awaits where the host wants that, in milliseconds. */
const CLOSELY_MS = 10_000

/** After how long what waits may be followed again, in milliseconds: twice as long each time that it was of no use. */
const REST_MS = 60_000
const REST_MAX_MS = 3_600_000

/** Each lives as long as what it watches, whoever else has dropped it. */
const probes = new WeakMap<LoopWatch, StallProbe>()

/** Watches one host's loop while it is started. Keeps neither a process nor its host alive. */
export class StallProbe implements StallListener, Disposable {
  readonly #loop: LoopWatch
  #awaited: AwaitedCode | undefined
  #undo: (() => void) | undefined
  /** Until when each call is looked at, by the clock that only goes forward. */
  #closelyUntilMs: number | undefined
  #followedUntilMs: number | undefined
  /** Stalls that were nobody's although all were followed. */
  #unexplained = 0
  #restMs = REST_MS
  #restsUntilMs = 0

  constructor(loop: LoopWatch) {
    this.#loop = loop
    probes.set(loop, this)
  }

  /** Begins, where anybody wants to know; again is nothing. */
  start(): void {
    if (this.#loop.blockMs !== Number.POSITIVE_INFINITY) this.#undo ??= tellStalls(this)
  }

  [Symbol.dispose](): void {
    this.#undo?.()
    this.#undo = undefined
    this.#lookLess()
    this.#followNoMore(0)
  }

  stalled(stalledMs: number, nowMs: number): void {
    const loop = this.#loop
    const isUnexplained = stalledMs - loop.longestMs > loop.blockMs
    loop.longestMs = 0
    if (isUnexplained) this.#lookClosely(nowMs)
    if (nowMs > (this.#closelyUntilMs ?? Number.POSITIVE_INFINITY)) this.#lookLess()
    if (nowMs > (this.#followedUntilMs ?? Number.POSITIVE_INFINITY)) this.#followNoMore(nowMs)
  }

  #lookClosely(nowMs: number): void {
    if (this.#closelyUntilMs === undefined) this.#loop.needed()
    this.#closelyUntilMs = nowMs + CLOSELY_MS
    if (this.#followedUntilMs !== undefined) this.#unexplained++
    else if (this.#loop.followsAwaits && nowMs >= this.#restsUntilMs) {
      this.#followedUntilMs = nowMs + CLOSELY_MS
      this.#unexplained = 0
      this.#awaited ??= new AwaitedCode(this.#loop)
      this.#awaited.start()
    }
  }

  #lookLess(): void {
    if (this.#closelyUntilMs === undefined) return
    this.#closelyUntilMs = undefined
    this.#loop.unneeded()
  }

  #followNoMore(nowMs: number): void {
    if (this.#followedUntilMs === undefined) return
    this.#followedUntilMs = undefined
    // What stays nobody's is the host's own, perhaps.
    this.#restMs = this.#unexplained === 0 ? REST_MS : Math.min(2 * this.#restMs, REST_MAX_MS)
    this.#restsUntilMs = nowMs + this.#restMs
    this.#awaited?.[Symbol.dispose]()
  }
}
