// Finds that the event loop stood still although nobody who is looked at kept it: then everybody is, for a while.

import { type IntervalHistogram, monitorEventLoopDelay } from 'node:perf_hooks'
import type { LoopWatch } from '@cf-plugins/hooks'

/** How often Node looks how late it is, in milliseconds. It does so by itself, without running any code here. */
const SAMPLE_MS = 20

/** How often this asks for the longest, in milliseconds. */
const ASK_MS = 500

/** For how long each call of a handler is looked at then, in milliseconds. */
const CLOSELY_MS = 10_000

/** Watches one host's loop while it is started. Keeps no process alive. */
export class StallProbe implements Disposable {
  readonly #loop: LoopWatch
  #delays: IntervalHistogram | undefined
  #timer: NodeJS.Timeout | undefined
  #closelyUntilMs: number | undefined

  constructor(loop: LoopWatch) {
    this.#loop = loop
  }

  /** Begins, where anybody wants to know; again is nothing. */
  start(): void {
    if (this.#timer || this.#loop.blockMs === Number.POSITIVE_INFINITY) return
    this.#delays = monitorEventLoopDelay({ resolution: SAMPLE_MS })
    this.#delays.enable()
    this.#timer = setInterval(() => this.#ask(), ASK_MS).unref()
  }

  [Symbol.dispose](): void {
    clearInterval(this.#timer)
    this.#timer = undefined
    this.#delays?.disable()
    this.#lookLess()
  }

  #ask(): void {
    const loop = this.#loop
    const stalledMs = (this.#delays?.max ?? 0) / 1e6 - SAMPLE_MS
    const accountedMs = loop.longestMs
    this.#delays?.reset()
    loop.longestMs = 0
    const nowMs = performance.now()
    if (stalledMs - accountedMs > loop.blockMs) {
      if (this.#closelyUntilMs === undefined) loop.needed()
      this.#closelyUntilMs = nowMs + CLOSELY_MS
    } else if (this.#closelyUntilMs !== undefined && nowMs > this.#closelyUntilMs) this.#lookLess()
  }

  #lookLess(): void {
    if (this.#closelyUntilMs === undefined) return
    this.#closelyUntilMs = undefined
    this.#loop.unneeded()
  }
}
