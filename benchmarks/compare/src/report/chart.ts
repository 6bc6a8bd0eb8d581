// A group as a chart: a bar a contender, as long as its ratio to ours, on one logarithmic scale.
import { significant } from '@cf-plugins/bench-harness'
import { type CaseResult, isMeasured, type ResultRow, type Role, rowOf } from '../run/result.ts'
import { inUnit, outcomeOf } from './table.ts'

const WIDTH = 960
const BARS = { left: 260, right: 850 }
const HEIGHTS = { head: 64, title: 30, row: 18, gap: 10, foot: 30 }
/** So that a bar of ours, or of its equal, is seen. */
const LEAST_BAR = 2

const COLORS: Readonly<Record<Role, string>> = {
  ours: '#d6336c',
  'also ours': '#e599b3',
  floor: '#868e96',
  peer: '#1c7ed6',
  'does less': '#a5d8ff',
}

/** The chart of one group as SVG. */
export function renderChart(group: string, results: readonly CaseResult[]): string {
  const scale = scaleFor(results)
  const height = HEIGHTS.head + results.reduce((sum, result) => sum + heightOf(result), 0) + HEIGHTS.foot
  const bottom = height - HEIGHTS.foot
  const parts = [
    `<rect width="${WIDTH}" height="${height}" fill="#ffffff"/>`,
    text(20, 28, `${group}: each contender's ratio to ours (to the right: takes longer, or more)`, {
      size: 15,
      bold: true,
    }),
    ...legend(),
    ...scale.ticks.flatMap((tick) => [
      `<line x1="${scale.at(tick)}" x2="${scale.at(tick)}" y1="${HEIGHTS.head}" y2="${bottom}" stroke="${tick === 1 ? COLORS.ours : '#e9ecef'}"/>`,
      text(scale.at(tick), bottom + 18, tick === 1 ? 'ours' : `${tick} x`, { anchor: 'middle', color: '#495057' }),
    ]),
  ]
  let top = HEIGHTS.head
  for (const result of results) {
    parts.push(...caseParts(result, top, scale.at))
    top += heightOf(result)
  }
  return `<svg xmlns="http://www.w3.org/2000/svg" width="${WIDTH}" height="${height}" viewBox="0 0 ${WIDTH} ${height}" font-family="system-ui, sans-serif" role="img" aria-label="${escaped(`${group}: each contender's ratio to ours`)}">\n${parts.join('\n')}\n</svg>\n`
}

function caseParts(result: CaseResult, top: number, at: (ratio: number) => number): string[] {
  const ours = rowOf(result, 'ours')
  const title = text(
    20,
    top + 20,
    `${result.id}: ${result.title}${ours ? ` (ours: ${inUnit(ours.median, result.unit)})` : ''}`,
    { bold: true },
  )
  const rows = result.rows.flatMap((row, index) => {
    const y = top + HEIGHTS.title + index * HEIGHTS.row
    const ratio = ratioOf(row, ours?.median)
    const label = text(BARS.left - 8, y + 13, shortened(row.name), { anchor: 'end', color: '#343a40' })
    if (ratio === undefined) {
      const what = isMeasured(row) ? 'no ratio' : outcomeOf(row)
      return [label, text(at(1) + 6, y + 13, what, { color: '#868e96', italic: true })]
    }
    const [from, to] = ratio < 1 ? [at(ratio), at(1)] : [at(1), at(ratio)]
    const width = Math.max(to - from, LEAST_BAR).toFixed(1)
    return [
      label,
      `<rect x="${from.toFixed(1)}" y="${y + 3}" width="${width}" height="${HEIGHTS.row - 6}" rx="2" fill="${COLORS[row.role]}"/>`,
      text(Math.max(from + LEAST_BAR, to) + 6, y + 13, `${significant(ratio)} x`, { color: '#495057' }),
    ]
  })
  return [title, ...rows]
}

/** From the power of ten below all ratios to that above them, and never less than a tenth to ten. */
function scaleFor(results: readonly CaseResult[]) {
  const ratios = results.flatMap((result) => {
    const ours = rowOf(result, 'ours')?.median
    return result.rows.flatMap((row) => ratioOf(row, ours) ?? [])
  })
  const lowest = Math.floor(Math.log10(Math.min(1, ...ratios)))
  const highest = Math.max(1, Math.ceil(Math.log10(Math.max(1, ...ratios))))
  const step = (BARS.right - BARS.left) / (highest - lowest)
  return {
    at: (ratio: number) => Math.round((BARS.left + (Math.log10(ratio) - lowest) * step) * 10) / 10,
    ticks: Array.from({ length: highest - lowest + 1 }, (_, index) => Number(`1e${lowest + index}`)),
  }
}

/** Nothing where a logarithm has no place for it: memory may come to nothing, or less. */
function ratioOf(row: ResultRow, ours: number | undefined): number | undefined {
  if (!isMeasured(row) || ours === undefined || ours <= 0 || row.median <= 0) return undefined
  return row.median / ours
}

function heightOf({ rows }: CaseResult): number {
  return HEIGHTS.title + rows.length * HEIGHTS.row + HEIGHTS.gap
}

function legend(): string[] {
  const roles = Object.entries(COLORS) as [Role, string][]
  return roles.flatMap(([role, color], index) => [
    `<rect x="${20 + index * 100}" y="40" width="12" height="12" rx="2" fill="${color}"/>`,
    text(38 + index * 100, 50, role, { color: '#495057' }),
  ])
}

interface TextStyle {
  readonly size?: number
  readonly anchor?: 'middle' | 'end'
  readonly color?: string
  readonly bold?: boolean
  readonly italic?: boolean
}

function text(
  x: number,
  y: number,
  content: string,
  { size = 12, anchor, color = '#212529', bold, italic }: TextStyle,
): string {
  const style = [
    `font-size="${size}" fill="${color}"`,
    ...(anchor ? [`text-anchor="${anchor}"`] : []),
    ...(bold ? ['font-weight="600"'] : []),
    ...(italic ? ['font-style="italic"'] : []),
  ]
  return `<text x="${x.toFixed(1)}" y="${y}" ${style.join(' ')}>${escaped(content)}</text>`
}

/** What fits beside the bars. */
function shortened(name: string): string {
  return name.length > 38 ? `${name.slice(0, 37)}…` : name
}

const ENTITIES: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' }

/** Also without what no XML may hold: control characters of somebody's error. */
function escaped(content: string): string {
  return content.replaceAll(/[&<>"]/g, (character) => ENTITIES[character] ?? '').replaceAll(/\p{Cc}/gu, ' ')
}
