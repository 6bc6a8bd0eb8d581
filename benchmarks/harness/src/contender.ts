// One contender: how many calls make a sample that a clock can measure, and what such a sample took.

/** What is timed: one call. If it returns a thenable, the call ends when that settles. */
export type Contender = () => unknown

/** The contenders of one comparison, by the name that the table prints. */
export type Contenders = Readonly<Record<string, Contender>>

/** A contender that is warm, and measured in samples of `inner` calls. */
export interface Timed {
  readonly name: string
  /** Calls in one sample, so that it takes about `SAMPLE_MS` or longer. */
  readonly inner: number
  /** About how long a sample takes, in milliseconds. */
  readonly sampleMs: number
  /** Takes one sample: nanoseconds a call. */
  sample(): number | Promise<number>
}

type Loop = (contender: Contender, calls: number) => unknown

/** A sample shorter than this is mostly the clock's resolution and the scheduler's noise. */
const SAMPLE_MS = 2

/** Calls at which calibration stops growing, whatever the clock says. */
const MOST_CALLS = 1 << 26

/**
 * Warms a contender up and finds how many calls make one sample.
 *
 * @param warmupMs how long it is called before anything is measured, in milliseconds
 * @param before called, untimed, before each sample
 * @throws Error that names the contender and carries what it threw as `cause`
 */
export async function calibrate(
  name: string,
  contender: Contender,
  warmupMs: number,
  before?: () => unknown,
): Promise<Timed> {
  const attributed = async <T>(step: () => T | Promise<T>): Promise<T> => {
    try {
      return await step()
    } catch (cause) {
      throw new Error(`Contender "${name}" failed: ${cause instanceof Error ? cause.message : String(cause)}`, {
        cause,
      })
    }
  }

  const isAsync = await attributed(async () => {
    await before?.()
    const first = contender()
    const thenable = isThenable(first)
    await first
    return thenable
  })
  const loop = isAsync ? asyncLoop() : syncLoop()
  const timed = async (calls: number): Promise<number> => {
    await before?.()
    const start = process.hrtime.bigint()
    const last = loop(contender, calls)
    if (isAsync) await last
    const elapsed = Number(process.hrtime.bigint() - start)
    if (!isAsync && isThenable(last))
      throw new Error('it returned a thenable now, and none the first time it was called')
    return elapsed
  }

  let calls = 1
  let elapsed = await attributed(() => timed(calls))
  const warmUntil = performance.now() + warmupMs
  while ((elapsed < SAMPLE_MS * 1e6 && calls < MOST_CALLS) || performance.now() < warmUntil) {
    // Grown at most tenfold a step: the first calls run cold and would promise too little.
    const wanted = Math.ceil((calls * SAMPLE_MS * 1.2e6) / Math.max(elapsed, 1))
    calls = Math.min(Math.max(1, Math.min(wanted, calls * 10)), MOST_CALLS)
    elapsed = await attributed(() => timed(calls))
  }
  const inner = calls
  return { name, inner, sampleMs: elapsed / 1e6, sample: () => attributed(async () => (await timed(inner)) / inner) }
}

/** Whether `value` has to be awaited. */
function isThenable(value: unknown): value is PromiseLike<unknown> {
  return (
    value !== null &&
    (typeof value === 'object' || typeof value === 'function') &&
    typeof (value as { then?: unknown }).then === 'function'
  )
}

// Compiled anew for each contender: V8 keeps the type feedback of a call site with the function's source, so in one shared
// loop every contender would be called through the megamorphic path that the fifth one brought about.
function syncLoop(): Loop {
  return new Function(
    'contender',
    'calls',
    'let last; for (let i = 0; i < calls; i++) last = contender(); return last',
  ) as Loop
}

function asyncLoop(): Loop {
  return new Function(
    'contender',
    'calls',
    'return (async () => { for (let i = 0; i < calls; i++) await contender() })()',
  ) as Loop
}
