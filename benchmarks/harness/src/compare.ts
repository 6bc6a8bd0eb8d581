// The comparison: contenders in turn, round by round, so that a drift of the machine's speed hits all of them alike.
import { type Contenders, calibrate, type Timed } from './contender.ts'
import { checkContender, checkGoals, type Goal, type JudgedGoal, judge } from './goals.ts'
import { type RecordedGoals, recordGoals } from './record.ts'
import { spreadOf } from './spread.ts'
import { type Row, renderGoal, renderTable, type TimeUnit } from './table.ts'

/** How a comparison measures, and what it must find. */
export interface CompareOptions {
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
  /** The contender whose ratio to each of the others is a column of the table. */
  readonly ours?: string
  /** Ratios that must hold. A miss is measured up to three times, and then sets `process.exitCode`. */
  readonly goals?: readonly Goal[]
  /** Called, untimed and awaited, before each sample of a contender, and given its name. */
  readonly setup?: (contender: string) => unknown
  /** Where the table goes. @default standard output */
  readonly write?: (text: string) => void
}

/** What a comparison found. */
export interface CompareResult extends RecordedGoals {
  /** Whether no goal was missed. */
  readonly ok: boolean
}

const TRIES = 3
const LEAST_ROUNDS = 5

/**
 * Times contenders side by side, prints a table of medians with their ratios, and judges the goals.
 *
 * With `CF_BENCH_QUICK=1` in the environment it takes a third of the rounds in a quarter of the time; with `CF_BENCH_JSON` it appends
 * `{ title, medians, goals }` as one line to that file.
 *
 * @throws Error when a goal or `ours` names no contender, or a contender throws (it is named; what it threw is the `cause`)
 * @example
 * await compare('sum of 1,000 numbers', { loop: () => sum(list), reduce: () => list.reduce(add) }, {
 *   goals: [{ of: 'loop', against: 'reduce', atMost: 1 }],
 * })
 */
export async function compare(
  title: string,
  contenders: Contenders,
  options: CompareOptions = {},
): Promise<CompareResult> {
  const goals = options.goals ?? []
  const names = Object.keys(contenders)
  if (names.length === 0) throw new Error(`"${title}" compares nothing: give at least one contender.`)
  checkGoals(goals, names)
  if (options.ours !== undefined) checkContender('The table is asked for the ratios of', options.ours, names)
  const write = options.write ?? ((text: string) => void process.stdout.write(text))

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

  write(`${[renderTable(title, rows, options.unit, options.ours), ...judged.map(renderGoal)].join('\n')}\n\n`)
  const result = {
    title,
    medians: Object.fromEntries(mediansOf(rows)),
    goals: judged,
    ok: !judged.some(isMissed),
  }
  if (!result.ok) process.exitCode = 1
  recordGoals(result)
  return result
}

async function measure(timed: readonly Timed[], options: CompareOptions): Promise<Row[]> {
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

function mediansOf(rows: readonly Row[]): Map<string, number> {
  return new Map(rows.map(({ name, median }) => [name, median]))
}

function isMissed({ verdict }: JudgedGoal): boolean {
  return verdict === 'missed'
}
