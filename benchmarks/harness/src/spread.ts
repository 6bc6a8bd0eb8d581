// What samples come to: their median, and the middle half of them.

/** Of the samples of one contender, in their own unit. */
export interface Spread {
  readonly median: number
  /** The middle half of the samples: first and third quartile. */
  readonly low: number
  readonly high: number
}

/** The median of samples in any order, and their middle half. */
export function spreadOf(samples: readonly number[]): Spread {
  const sorted = [...samples].sort((a, b) => a - b)
  return { low: quantile(sorted, 0.25), median: quantile(sorted, 0.5), high: quantile(sorted, 0.75) }
}

/** Interpolated, from values in ascending order. */
function quantile(sorted: readonly number[], share: number): number {
  const at = (sorted.length - 1) * share
  const below = sorted[Math.floor(at)] ?? Number.NaN
  const above = sorted[Math.ceil(at)] ?? Number.NaN
  return below + (above - below) * (at - Math.floor(at))
}
