// How contenders are measured: in turn, round by round, so that a drift of the machine's speed hits all of them alike.
import { type Contenders, calibrate, type Timed } from './contender.ts'
import { type Goal, type JudgedGoal, judge } from './goals.ts'
import { spreadOf } from './spread.ts'
import type { Row, TimeUnit } from './table.ts'

/** How contenders are measured, and where that is told. */
export interface MeasureOptions {
  /** Unit of the table. @default the one that fits the fastest */
  readonly unit?: TimeUnit
  /** Samples a contender, fewer where they would take longer than `budgetMs`, at least 5. @default 30 */
  readonly rounds?: number
  /** How long a contender is called before it is measured, in milliseconds. @default 50 */
  readonly warmup?: number
  /** Operations in one call; times are told an operation. @default 1 */
  readonly perCall?: number
  /** How long all rounds of one try should take, in milliseconds. @default 4000 */
  readonly budgetMs?: number
  /** Called, untimed and awaited, before each sample of a contender, and given its name. */
  readonly setup?: (contender: string) => unknown
  /** Where the table goes. @default standard output */
  readonly write?: (text: string) => void
}

/** What was measured, and what that means for the goals. */
export interface Judged {
  readonly rows: readonly Row[]
  readonly goals: readonly JudgedGoal[]
}

const TRIES = 3
const LEAST_ROUNDS = 5

/** Measures, and again where a goal was missed, three times at most; of each goal, the best try counts. */
export async function measureAgainst(
  goals: readonly Goal[],
  contenders: Contenders,
  options: MeasureOptions,
): Promise<Judged> {
  const timed: Timed[] = []
  for (const [name, contender] of Object.entries(contenders)) {
    const { setup } = options
    timed.push(await calibrate(name, contender, options.warmup ?? 50, setup && (() => setup(name))))
  }
  let rows = await measure(timed, options)
  let judged = judge(goals, mediansOf(rows))
  for (let tries = 1; tries < TRIES && judged.some(isMissed); tries++) {
    rows = await measure(timed, options)
    judged = judge(goals, mediansOf(rows), judged)
  }
  return { rows, goals: judged }
}

/** By contender. */
export function mediansOf(rows: readonly Row[]): Map<string, number> {
  return new Map(rows.map(({ name, median }) => [name, median]))
}

export function isMissed({ verdict }: JudgedGoal): boolean {
  return verdict === 'missed'
}

/** To where the options say, or standard output. */
export function tell(text: string, { write = (text) => void process.stdout.write(text) }: MeasureOptions): void {
  write(`${text}\n\n`)
}

async function measure(timed: readonly Timed[], options: MeasureOptions): Promise<Row[]> {
  const quick = process.env.CF_BENCH_QUICK === '1'
  const roundMs = timed.reduce((sum, { sampleMs }) => sum + sampleMs, 0)
  const budgetMs = (options.budgetMs ?? 4_000) / (quick ? 4 : 1)
  const wanted = Math.ceil((options.rounds ?? 30) / (quick ? 3 : 1))
  const rounds = Math.max(LEAST_ROUNDS, Math.min(wanted, Math.floor(budgetMs / roundMs)))

  const samples = new Map(timed.map(({ name }) => [name, [] as number[]]))
  for (let round = 0; round < rounds; round++) {
    // Forth and back, so that no contender always runs in the wake (caches, garbage) of the same other.
    const order = round % 2 === 0 ? timed : [...timed].reverse()
    for (const contender of order) samples.get(contender.name)?.push(await contender.sample())
  }
  const perCall = options.perCall ?? 1
  return [...samples].map(([name, values]) => ({ name, ...spreadOf(values.map((value) => value / perCall)) }))
}
