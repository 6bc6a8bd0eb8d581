// A case as a table: each contender's median, its middle half, and the ratios that the comparison is about.
import { renderColumns, renderGoal, significant } from '@cf-plugins/bench-harness'
import type { Unit } from '../case.ts'
import { type CaseResult, type FailedRow, isMeasured, type ResultRow, type Role, rowOf } from '../run/result.ts'

export const HEADS = ['', 'median', 'middle half', 'ours to it', 'it to the floor'] as const

const NANOSECONDS: Readonly<Record<Exclude<Unit, 'bytes'>, number>> = { ns: 1, us: 1e3, ms: 1e6 }

/** For the terminal. */
export function renderCase(result: CaseResult): string {
  // What became of a contender is as long as it is: it takes no part in the columns' widths.
  const cells = result.rows.map((row, index) => (isMeasured(row) ? (cellsOf(result)[index] ?? []) : [nameOf(row)]))
  const widest = Math.max(...result.rows.map((row) => nameOf(row).length))
  const table = renderColumns([HEADS, ...cells]).map((line, index) => {
    const row = result.rows[index - 1]
    return row && !isMeasured(row) ? `  ${line.padEnd(widest)}  ${outcomeOf(row)}` : `  ${line}`
  })
  const notes = result.note === undefined ? [] : [`  ${result.note}`]
  return [`${result.id}: ${result.title}`, ...table, ...notes, ...result.goals.map(renderGoal)].join('\n')
}

/** The cells of each row, below {@link HEADS}. */
export function cellsOf(result: CaseResult): string[][] {
  const ours = rowOf(result, 'ours')?.median
  const floor = rowOf(result, 'floor')?.median
  return result.rows.map((row) => {
    if (!isMeasured(row)) return [nameOf(row), outcomeOf(row), '', '', '']
    return [
      nameOf(row),
      inUnit(row.median, result.unit),
      `${bare(row.low, result.unit)} - ${bare(row.high, result.unit)}`,
      ratio(ours, row.median),
      ratio(row.median, floor),
    ]
  })
}

/** `0.31 x`, or nothing where one of them is missing. */
export function ratio(of: number | undefined, against: number | undefined): string {
  return of === undefined || against === undefined ? '' : `${significant(of / against)} x`
}

/** `1.20 ms` */
export function inUnit(value: number, unit: Unit): string {
  return `${bare(value, unit)} ${unit}`
}

/** What became of a contender that has no figures. */
export function outcomeOf(row: FailedRow): string {
  return row.foreseenAs ?? `failed: ${firstLine(row.failure)}`
}

/** The first line of a message, without an end that would break a table. */
function firstLine(text: string): string {
  const [line = ''] = text.split('\n')
  return line.length > 100 ? `${line.slice(0, 99)}…` : line
}

const ROLES: Readonly<Partial<Record<Role, string>>> = { floor: ' (floor)', 'does less': ' (does less)' }

function nameOf({ name, role }: ResultRow): string {
  return `${name}${ROLES[role] ?? ''}`
}

function bare(value: number, unit: Unit): string {
  return unit === 'bytes' ? Math.round(value).toLocaleString('en') : significant(value / NANOSECONDS[unit])
}
