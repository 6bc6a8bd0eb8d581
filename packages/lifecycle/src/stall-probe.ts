// Finds that the event loop stood still although nobody who is looked at kept it: then everybody is, for a while.
import { type IntervalHistogram, monitorEventLoopDelay } from 'node:perf_hooks'
import type { LoopWatch } from '@cf-plugins/hooks'
import { AwaitedCode } from './awaited-code.ts'

/** How often Node looks how late it is, in milliseconds. It does so by itself, without running any code here. */
const SAMPLE_MS = 20

/** How often this asks for the longest, in milliseconds. */
const ASK_MS = 500

/** For how long each call of a handler is looked at then, and followed over its awaits where the host wants that, in milliseconds. */
const CLOSELY_MS = 10_000

/** After how long what waits may be followed again, in milliseconds: twice as long each time that it was of no use. */
const REST_MS = 60_000
const REST_MAX_MS = 3_600_000

/** Watches one host's loop while it is started. Keeps no process alive. */
export class StallProbe implements Disposable {
  readonly #loop: LoopWatch
  readonly #awaited: AwaitedCode
  #delays: IntervalHistogram | undefined
  #timer: NodeJS.Timeout | undefined
  /** Until when each call is looked at, by the clock that only goes forward. */
  #closelyUntilMs: number | undefined
  #followedUntilMs: number | undefined
  /** Stalls that were nobody's although all were followed. */
  #unexplained = 0
  #restMs = REST_MS
  #restsUntilMs = 0

  constructor(loop: LoopWatch) {
    this.#loop = loop
    this.#awaited = new AwaitedCode(loop)
  }

  /** Begins, where anybody wants to know; again is nothing. */
  start(): void {
    if (this.#timer || this.#loop.blockMs === Number.POSITIVE_INFINITY) return
    this.#delays = monitorEventLoopDelay({ resolution: SAMPLE_MS })
    this.#delays.enable()
    this.#timer = setInterval(() => this.#ask(performance.now()), ASK_MS).unref()
  }

  [Symbol.dispose](): void {
    clearInterval(this.#timer)
    this.#timer = undefined
    this.#delays?.disable()
    this.#lookLess()
    this.#followNoMore(0)
  }

  #ask(nowMs: number): void {
    const loop = this.#loop
    const stalledMs = (this.#delays?.max ?? 0) / 1e6 - SAMPLE_MS
    const isUnexplained = stalledMs - loop.longestMs > loop.blockMs
    this.#delays?.reset()
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
    this.#awaited[Symbol.dispose]()
  }
}
