// The comparison: several ways to do the same, side by side.
import type { Contenders } from './contender.ts'
import { checkContender, checkGoals, type Goal } from './goals.ts'
import { isMissed, type MeasureOptions, measureAgainst, mediansOf, tell } from './measure.ts'
import { type RecordedGoals, recordGoals } from './record.ts'
import { renderGoal, renderTable } from './table.ts'

/** How a comparison measures, and what it must find. */
export interface CompareOptions extends MeasureOptions {
  /** The contender whose ratio to each of the others is a column of the table. */
  readonly ours?: string
  /** Ratios that must hold. A miss is measured up to three times, and then sets `process.exitCode`. */
  readonly goals?: readonly Goal[]
}

/** What a comparison found. */
export interface CompareResult extends RecordedGoals {
  /** Whether no goal was missed. */
  readonly ok: boolean
}

/**
 * Times contenders side by side, prints a table of medians with their ratios, and judges the goals.
 *
 * With `CF_BENCH_QUICK=1` in the environment it takes a third of the rounds in a quarter of the time; with `CF_BENCH_JSON` it appends
 * what it found as one line to that file.
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
  const names = Object.keys(contenders)
  if (names.length === 0) throw new Error(`"${title}" compares nothing: give at least one contender.`)
  checkGoals(options.goals ?? [], names)
  if (options.ours !== undefined) checkContender('The table is asked for the ratios of', options.ours, names)

  const { rows, goals } = await measureAgainst(options.goals ?? [], contenders, options)
  tell([renderTable(title, rows, options.unit, options.ours), ...goals.map(renderGoal)].join('\n'), options)
  const result = { title, medians: Object.fromEntries(mediansOf(rows)), goals, ok: !goals.some(isMissed) }
  if (!result.ok) process.exitCode = 1
  recordGoals(result)
  return result
}
