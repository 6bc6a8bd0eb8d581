// Dispatch never waits, and so it is timed by what it takes of the processors: a machine that has other things to do stretches a clock's
// time by more than the contenders differ by. What collecting garbage takes, on whatever thread, is part of it.
import type { Prepared } from '../../case.ts'

/** How long a contender is called before it is measured, and for one sample, in milliseconds. */
const WARM_MS = 150
const SAMPLE_MS = 4

/** The work of one call of a contender. */
export interface Work {
  readonly run: () => unknown
  readonly perCall: number
  /** Throws where the work was not done. */
  readonly check: () => unknown
}

/** Checks the work, warms it up, and gives samples of it. */
export async function byProcessorTime({ run, perCall, check }: Work): Promise<Prepared> {
  await check()
  const isAsync = run() instanceof Promise
  const timed = async (calls: number) => {
    const start = process.cpuUsage()
    if (isAsync) for (let call = 0; call < calls; call++) await run()
    else for (let call = 0; call < calls; call++) run()
    const { user, system } = process.cpuUsage(start)
    return (user + system) * 1e3
  }
  let calls = 1
  for (let warmed = 0; warmed < WARM_MS * 1e6; ) {
    const elapsed = await timed(calls)
    warmed += elapsed
    // Grown at most tenfold a step: the first calls run cold and would promise too little.
    calls = Math.max(1, Math.min(Math.ceil((calls * SAMPLE_MS * 1e6) / Math.max(elapsed, 1)), calls * 10))
  }
  return { sample: async () => (await timed(calls)) / (calls * perCall) }
}
