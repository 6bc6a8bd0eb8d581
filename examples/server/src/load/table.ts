// The table at the end of a run.
import type { EditResult } from './editor.ts'
import type { PhaseFigures } from './judge.ts'
import type { LoadResult } from './run.ts'

export function tableOf({ options, edits, totals, memory, wrong, kind }: LoadResult): string {
  const sorted = [...grouped(edits)].sort(([a], [b]) => a.localeCompare(b))
  const lines = [
    ...aligned([
      ['edit', 'times', 'came to', 'active after', 'p99', 'answers', 'refused', 'failed', 'slowest'],
      ...sorted.map(([row, of]) => rowOf(row, of)),
      rowOf('all', edits),
    ]),
    '',
    ...aligned([
      ['', 'requests', 'req/s', 'p50', 'p99', 'max'],
      ['with edits', ...phaseOf(totals.withEdits)],
      ['without', ...phaseOf(totals.without)],
    ]),
    '',
    `answers by status: ${listed(totals.statuses)}`,
    `answers by kind: ${listed(totals.kinds)}`,
    memoryOf(memory),
    `${kind}; ${options.connections} clients, seed ${options.seed}`,
    '',
    totals.failed === 0 && wrong.length === 0
      ? `${edits.length} edits, ${totals.answered} requests, none failed.`
      : `${totals.failed} requests FAILED, ${wrong.length} edits went WRONG. Run it again with --seed ${options.seed}.`,
  ]
  return `${lines.join('\n')}\n`
}

function memoryOf({ edits, before, after }: LoadResult['memory']): string {
  const heap = `heap ${mib(before.heap)}, ${edits} edits later ${mib(after.heap)}`
  const { made, alive } = after.generations
  const lines = [
    `memory of the server: ${heap}; resident ${mib(before.rss)}, then ${mib(after.rss)}`,
    `generations of plugins: ${made} made, ${alive} still in memory`,
  ]
  return lines.join('\n')
}

function rowOf(row: string, edits: readonly EditResult[]): string[] {
  const sum = (of: (edit: EditResult) => number) => edits.reduce((total, edit) => total + of(edit), 0)
  const times = edits.flatMap(({ activeMs }) => (activeMs === undefined ? [] : [activeMs])).sort((a, b) => a - b)
  return [
    row,
    String(edits.length),
    row === 'all' ? '' : [...new Set(edits.map(({ outcome }) => outcome))].join(', '),
    times.length === 0 ? '' : ms(at(times, 0.5)),
    times.length === 0 ? '' : ms(at(times, 0.99)),
    String(sum(({ traffic }) => traffic.answered)),
    String(sum(({ traffic }) => traffic.refused)),
    String(sum(({ traffic }) => traffic.failed)),
    ms(Math.max(0, ...edits.map(({ traffic }) => traffic.slowestMs))),
  ]
}

function phaseOf({ count, seconds, p50, p99, max }: PhaseFigures): string[] {
  return [String(count), seconds === 0 ? '' : (count / seconds).toFixed(0), ms(p50), ms(p99), ms(max)]
}

function grouped(edits: readonly EditResult[]): Map<string, EditResult[]> {
  const rows = new Map<string, EditResult[]>()
  for (const edit of edits) rows.set(edit.row, [...(rows.get(edit.row) ?? []), edit])
  return rows
}

/** The first column to the left, and the third, which is words; numbers to the right. */
function aligned(rows: readonly (readonly string[])[]): string[] {
  const [head = []] = rows
  const widths = head.map((_, column) => Math.max(...rows.map((row) => (row[column] ?? '').length)))
  const isText = (column: number) => column === 0 || head[column] === 'came to'
  return rows.map((row) =>
    row
      .map((cell, column) => (isText(column) ? cell.padEnd(widths[column] ?? 0) : cell.padStart(widths[column] ?? 0)))
      .join('  ')
      .trimEnd(),
  )
}

function at(sorted: readonly number[], share: number): number {
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0
}

function ms(value: number): string {
  return `${value < 10 ? value.toFixed(1) : value.toFixed(0)} ms`
}

function mib(bytes: number): string {
  return `${(bytes / 1024 / 1024).toFixed(1)} MiB`
}

function listed(counts: Readonly<Record<string, number>>): string {
  return Object.entries(counts)
    .sort(([, a], [, b]) => b - a)
    .map(([name, count]) => `${name} ${count}`)
    .join(', ')
}
