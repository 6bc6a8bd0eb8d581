// How long whatever happens has to wait for the event loop.

/** What was measured of an event loop, in milliseconds. */
export interface LoopDelay {
  /** The longest that anything had to wait. */
  readonly max: number
  /** For 99 % of the time the loop was no later than this. A stall counts by its length, not as one of ever so many turns. */
  readonly p99: number
}

const TICK_MS = 1

/** Measures from now on; what it gives ends that. */
export function measureLoopDelay(): () => LoopDelay {
  const gaps: number[] = []
  let last = performance.now()
  const look = () => {
    const now = performance.now()
    gaps.push(now - last)
    last = now
  }
  const timer = setInterval(look, TICK_MS).unref()
  return () => {
    clearInterval(timer)
    look()
    return delayOf(gaps)
  }
}

/** From the times between looks at the clock, which should have been `TICK_MS` each. */
export function delayOf(gaps: readonly number[]): LoopDelay {
  const longestFirst = gaps.toSorted((a, b) => b - a)
  const hundredth = gaps.reduce((sum, gap) => sum + gap, 0) / 100
  let passed = 0
  const p99 = longestFirst.find((gap) => {
    passed += gap
    return passed > hundredth
  })
  return { max: late(longestFirst[0] ?? 0), p99: late(p99 ?? 0) }
}

function late(gap: number): number {
  return Math.max(0, gap - TICK_MS)
}
