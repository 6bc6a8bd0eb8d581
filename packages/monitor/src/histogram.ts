// How long things took, in a fixed amount of memory: counts by buckets that grow by a fixed factor.

/** What a histogram tells. Durations in milliseconds; percentiles are estimates, at most 10 % off. */
export interface HistogramSnapshot {
  readonly count: number
  readonly sumMs: number
  readonly meanMs: number
  readonly p50Ms: number
  readonly p95Ms: number
  readonly p99Ms: number
  /** Exact. */
  readonly maxMs: number
}

/** Each bucket's end is this much of its beginning: four buckets double it. */
const PER_OCTAVE = 4
/** The first bucket ends here, in milliseconds: a microsecond. */
const LEAST_MS = 0.001
/** Doublings from there on: to 18 minutes. What takes longer is in the last bucket. */
const OCTAVES = 30
const BUCKETS = OCTAVES * PER_OCTAVE + 1

/** Counts durations. A weight other than 1 has a duration count as that many. */
export class Histogram {
  readonly #weights = new Float64Array(BUCKETS)
  #count = 0
  #weight = 0
  #sum = 0
  #max = 0

  /** How many were recorded, whatever their weight. */
  get count(): number {
    return this.#count
  }

  get sumMs(): number {
    return this.#sum
  }

  /** What is no duration, as a clock that was set back would give, counts as 0. */
  record(durationMs: number, weight = 1): void {
    let ms = 0
    if (durationMs > 0) ms = durationMs
    this.#count++
    this.#weight += weight
    this.#sum += ms
    if (ms > this.#max) this.#max = ms
    const bucket = ms <= LEAST_MS ? 0 : Math.min(BUCKETS - 1, Math.ceil(Math.log2(ms / LEAST_MS) * PER_OCTAVE))
    this.#weights[bucket] = (this.#weights[bucket] as number) + weight
  }

  /** An estimate of what `share`, from 0 to 1, of all are at most. */
  percentile(share: number): number {
    const wanted = share * this.#weight
    let below = 0
    for (let bucket = 0; bucket < BUCKETS - 1; bucket++) {
      const weight = this.#weights[bucket] as number
      below += weight
      // The middle of the bucket on its own scale; no more than what there was.
      if (weight > 0 && below >= wanted) return Math.min(this.#max, LEAST_MS * 2 ** ((bucket - 0.5) / PER_OCTAVE))
    }
    return this.#max
  }

  clear(): void {
    this.#weights.fill(0)
    this.#count = this.#weight = this.#sum = this.#max = 0
  }

  snapshot(): HistogramSnapshot {
    const count = this.#count
    return {
      count,
      sumMs: this.#sum,
      meanMs: count === 0 ? 0 : this.#sum / count,
      p50Ms: this.percentile(0.5),
      p95Ms: this.percentile(0.95),
      p99Ms: this.percentile(0.99),
      maxMs: this.#max,
    }
  }
}
