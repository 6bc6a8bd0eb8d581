// How long the event loop kept whoever wanted something of it waiting.

/** How often it is asked, in milliseconds. */
const EVERY_MS = 1

/** How long the loop took from turn to turn, in milliseconds. */
export interface LoopDelays {
  /** For 99 % of the time the loop came round within this. A share of the turns would hide a long one, which is a single turn. */
  readonly p99Ms: number
  readonly longestMs: number
}

/** Watches the loop until `work` is over. */
export async function loopDelays(work: () => Promise<unknown>): Promise<LoopDelays> {
  const turns: number[] = []
  let lastMs = performance.now()
  const asking = setInterval(() => {
    const nowMs = performance.now()
    turns.push(nowMs - lastMs)
    lastMs = nowMs
  }, EVERY_MS)
  await work()
  clearInterval(asking)
  turns.sort((one, other) => one - other)
  const totalMs = turns.reduce((sum, turn) => sum + turn, 0)
  let sofarMs = 0
  const p99Ms = turns.find((turn) => {
    sofarMs += turn
    return sofarMs >= totalMs * 0.99
  })
  return { p99Ms: p99Ms ?? Number.NaN, longestMs: turns.at(-1) ?? Number.NaN }
}
