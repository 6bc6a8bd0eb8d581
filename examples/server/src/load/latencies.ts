// How long answers took: counts in steps of 2 %, so that millions of them cost nothing to keep.

/** One step to the next, and where they begin. */
const RATIO = Math.log(1.02)
const LEAST_MS = 0.01

export interface LatencyFigures {
  readonly count: number
  readonly p50: number
  readonly p99: number
  readonly max: number
}

export class Latencies {
  readonly #counts: number[] = []
  #count = 0
  #max = 0

  add(ms: number): void {
    const step = Math.max(0, Math.ceil(Math.log(ms / LEAST_MS) / RATIO))
    this.#counts[step] = (this.#counts[step] ?? 0) + 1
    this.#count++
    this.#max = Math.max(this.#max, ms)
  }

  figures(): LatencyFigures {
    return { count: this.#count, p50: this.#percentile(0.5), p99: this.#percentile(0.99), max: this.#max }
  }

  #percentile(share: number): number {
    let left = this.#count * share
    for (const [step, count] of this.#counts.entries()) {
      left -= count ?? 0
      if (left <= 0) return Math.min(this.#max, LEAST_MS * Math.exp(step * RATIO))
    }
    return this.#max
  }
}
