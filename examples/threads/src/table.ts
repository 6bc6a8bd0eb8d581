// The figures of both halves, side by side.
import type { Half } from './half.ts'
import { LATE_MS } from './pace.ts'

/** A table of columns that line up; the halves by their titles. */
export function tableOf(halves: Readonly<Record<string, Half>>): string {
  const rows: readonly (readonly [string, (half: Half) => string])[] = [
    ['parsing, each', ({ parsings }) => meanOf(parsings)],
    ['event loop, longest delay', ({ loop }) => formatMs(loop.max)],
    ['event loop, p99 by time', ({ loop }) => formatMs(loop.p99)],
    ['requests', ({ visits }) => String(visits.requests)],
    [`  later than ${LATE_MS} ms`, ({ visits }) => String(visits.late)],
    ['  failed', ({ visits }) => String(visits.failed)],
    ['  slowest', ({ visits }) => formatMs(visits.slowestMs)],
  ]
  const titles = Object.keys(halves)
  const first = Math.max(...rows.map(([name]) => name.length))
  const lineOf = (name: string, cells: readonly string[]) =>
    `${name.padEnd(first)}${cells.map((cell) => cell.padStart(WIDTH)).join('')}\n`
  return [lineOf('', titles), ...rows.map(([name, cell]) => lineOf(name, Object.values(halves).map(cell)))].join('')
}

const WIDTH = 16

function meanOf(parsings: Half['parsings']): string {
  const times = parsings.filter((each) => typeof each === 'number')
  return times.length === 0 ? 'failed' : formatMs(times.reduce((sum, ms) => sum + ms, 0) / times.length)
}

function formatMs(ms: number): string {
  return ms < 10 ? `${ms.toFixed(1)} ms` : `${Math.round(ms)} ms`
}
