// How late the event loop is: for how long what was due had to wait.
import { type EventLoopUtilization, performance } from 'node:perf_hooks'
import { Histogram } from './histogram.ts'

/** How late the event loop was. A long block is one delay among thousands, so that percentiles by number hide it: these weigh by time. */
export interface EventLoopMetrics {
  /** Half of the time the loop was at most this late. */
  readonly p50Ms: number
  /** All but a hundredth of the time it was at most this late. */
  readonly p99Ms: number
  /** The longest that it ever was late, to within `sampleMs`. */
  readonly maxMs: number
  /** Which share of the time it was busy, from 0 to 1. */
  readonly utilization: number
}

/** Looks every `sampleMs` how late it is called. Keeps no process alive. */
export class EventLoopDelay {
  readonly #sampleMs: number
  readonly #delays = new Histogram()
  #from: EventLoopUtilization = performance.eventLoopUtilization()
  #last = 0
  #timer: NodeJS.Timeout | undefined

  constructor(sampleMs: number) {
    this.#sampleMs = sampleMs
  }

  start(): void {
    if (this.#timer) return
    this.#last = performance.now()
    this.#timer = setInterval(() => this.#sample(), this.#sampleMs).unref()
  }

  stop(): void {
    clearInterval(this.#timer)
    this.#timer = undefined
  }

  /** Begins anew. */
  clear(): void {
    this.#delays.clear()
    this.#from = performance.eventLoopUtilization()
  }

  snapshot(): EventLoopMetrics {
    // A block that lasts until now is not sampled yet.
    if (this.#timer) this.#sample()
    return {
      p50Ms: this.#delays.percentile(0.5),
      p99Ms: this.#delays.percentile(0.99),
      maxMs: this.#delays.snapshot().maxMs,
      utilization: performance.eventLoopUtilization(this.#from).utilization,
    }
  }

  #sample(): void {
    const now = performance.now()
    const passedMs = now - this.#last
    this.#last = now
    // Asked for between two samples, there is less than a sample's time; Node's timers are up to a millisecond early or late.
    this.#delays.record(passedMs - this.#sampleMs, passedMs)
  }
}
