// What a comparison prints: an aligned table in a unit that fits, and a line a goal.
import type { JudgedGoal } from './goals.ts'
import type { Spread } from './spread.ts'

/** The unit that a table's times are told in. */
export type TimeUnit = 'ns' | 'us' | 'ms'

/** One contender's row. Times in nanoseconds an operation. */
export interface Row extends Spread {
  readonly name: string
}

const NANOSECONDS: Readonly<Record<TimeUnit, number>> = { ns: 1, us: 1e3, ms: 1e6 }

/** The rows in the order given, each with its ratio to the fastest, and with that of one of them, `ours`, to it. */
export function renderTable(
  title: string,
  rows: readonly Row[],
  unit: TimeUnit = fittingUnit(rows),
  ours?: string,
): string {
  const fastest = Math.min(...rows.map((row) => row.median))
  const ourMedian = rows.find(({ name }) => name === ours)?.median
  const cells = rows.map((row) => [
    row.name,
    `${inUnit(row.median, unit)} ${unit}`,
    `${inUnit(row.low, unit)} - ${inUnit(row.high, unit)}`,
    `${significant(row.median / fastest)} x`,
    ...(ourMedian === undefined ? [] : [`${significant(ourMedian / row.median)} x`]),
  ])
  const heads = ['', 'median', 'middle half', 'to fastest', ...(ourMedian === undefined ? [] : [`${ours} to it`])]
  return [title, ...renderColumns([heads, ...cells]).map((line) => `  ${line}`)].join('\n')
}

/** The sizes in ascending order, each with what one piece of its work costs and its ratio to the size before; and a line a step. */
export function renderGrowth(
  title: string,
  rows: readonly Row[],
  sizeOf: ReadonlyMap<string, number>,
  goals: readonly JudgedGoal[],
  unit: TimeUnit = fittingUnit(rows),
): string {
  const cells = rows.map((row, index) => {
    const each = row.median / (sizeOf.get(row.name) ?? Number.NaN)
    const before = rows[index - 1]?.median
    return [
      row.name,
      `${inUnit(row.median, unit)} ${unit}`,
      `${inUnit(row.low, unit)} - ${inUnit(row.high, unit)}`,
      `${significant(each)} ns`,
      before === undefined ? '' : `${significant(row.median / before)} x`,
    ]
  })
  const table = renderColumns([['', 'median', 'middle half', 'for each', 'to the size before'], ...cells])
  const lines = goals.map(
    (goal) =>
      `growth ${verdictOf(goal)}: ${goal.of} cost ${significant(goal.ratio)} x what ${goal.against} do, at most ${limitOf(goal)}${whyOf(goal)}`,
  )
  return [title, ...table.map((line) => `  ${line}`), ...lines.map((line) => `  ${line}`)].join('\n')
}

/** Lines of cells, aligned: the first column to the left, the others to the right. */
export function renderColumns(table: readonly (readonly string[])[]): string[] {
  const widths = (table[0] ?? []).map((_, column) => Math.max(...table.map((line) => line[column]?.length ?? 0)))
  return table.map((line) =>
    line
      .map((cell, column) => (column === 0 ? cell.padEnd(widths[column] ?? 0) : cell.padStart(widths[column] ?? 0)))
      .join('  ')
      .trimEnd(),
  )
}

/** One goal, what was measured for it, and the verdict. */
export function renderGoal(goal: JudgedGoal): string {
  return `  goal ${verdictOf(goal)}: ${goal.of} / ${goal.against} = ${significant(goal.ratio)}, at most ${limitOf(goal)}${aimOf(goal)}${whyOf(goal)}`
}

/** What a goal should be, where it is not: `, and 0.3 is the aim`. */
export function aimOf({ ratio, aim }: JudgedGoal): string {
  return aim === undefined || ratio <= aim ? '' : `, and ${significant(aim)} is the aim`
}

function verdictOf({ verdict }: JudgedGoal): string {
  return verdict === 'missed' ? 'MISSED' : verdict
}

function limitOf({ atMost }: JudgedGoal): number {
  return Number(atMost.toPrecision(3))
}

function whyOf({ why }: JudgedGoal): string {
  return why === undefined ? '' : ` (${why})`
}

function fittingUnit(rows: readonly Row[]): TimeUnit {
  const fastest = Math.min(...rows.map((row) => row.median))
  if (fastest >= 1e6) return 'ms'
  return fastest >= 1e3 ? 'us' : 'ns'
}

function inUnit(nanoseconds: number, unit: TimeUnit): string {
  return significant(nanoseconds / NANOSECONDS[unit])
}

/** Three digits that count, and no exponent. */
export function significant(value: number): string {
  if (!Number.isFinite(value)) return String(value)
  if (value >= 100) return value.toFixed(0)
  if (value >= 10) return value.toFixed(1)
  if (value >= 1) return value.toFixed(2)
  return value >= 0.01 ? value.toFixed(3) : value.toPrecision(2)
}
