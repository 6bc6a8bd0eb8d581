// One line a case: ours beside the best peer and beside the floor, and what became of the goals.
import { aimOf, type JudgedGoal, renderColumns, significant } from '@cf-plugins/bench-harness'
import { type CaseResult, failuresOf, rowOf } from '../run/result.ts'
import { inUnit, ratio } from './table.ts'

/** One case, in short. Ratios are ours to theirs: below 1, ours takes less. */
export interface SummaryLine {
  readonly id: string
  readonly title: string
  /** With its unit. */
  readonly ours: string
  readonly bestPeer?: string
  readonly toBestPeer?: number
  readonly toFloor?: number
  readonly goals: readonly JudgedGoal[]
  /** Contenders that failed where nobody foresaw it. */
  readonly failures: readonly string[]
}

export const SUMMARY_HEADS = ['', 'ours', 'best peer', 'ours to it', 'ours to the floor', 'goals'] as const

/** What all cases came to. */
export function summaryOf(results: readonly CaseResult[]): SummaryLine[] {
  return results.map((result) => {
    const ours = rowOf(result, 'ours')
    const peer = rowOf(result, 'peer')
    const floor = rowOf(result, 'floor')
    return {
      id: result.id,
      title: result.title,
      ours: ours ? inUnit(ours.median, result.unit) : 'failed',
      ...(peer && { bestPeer: peer.name }),
      ...(ours && peer && { toBestPeer: ours.median / peer.median }),
      ...(ours && floor && { toFloor: ours.median / floor.median }),
      goals: result.goals,
      failures: failuresOf(result),
    }
  })
}

/** The cells of a line, below {@link SUMMARY_HEADS}. */
export function summaryCells({ id, ours, bestPeer = '', toBestPeer, toFloor, goals, failures }: SummaryLine): string[] {
  const missed = goals.filter(({ verdict }) => verdict === 'missed')
  const short = goals.filter((goal) => !missed.includes(goal) && aimOf(goal) !== '').length
  const verdicts = [
    ...(goals.length > missed.length
      ? [`${goals.length - missed.length} met${short > 0 ? `, ${short} short of the aim` : ''}`]
      : []),
    ...missed.map(
      (goal) => `MISSED: ${significant(goal.ratio)} of ${goal.against}, at most ${significant(goal.atMost)}`,
    ),
    ...failures.map((failure) => failure.split(':')[0] ?? failure),
  ]
  return [id, ours, bestPeer, ratio(toBestPeer, 1), ratio(toFloor, 1), verdicts.join('; ')]
}

/** For the terminal. */
export function renderSummary(results: readonly CaseResult[]): string {
  const lines = summaryOf(results)
  const cells = lines.map(summaryCells)
  // Goals are words, and no figures: they start where they start.
  const columns = renderColumns([SUMMARY_HEADS, ...cells].map((line) => line.slice(0, -1)))
  const table = columns.map((line, index) => `  ${line}  ${[SUMMARY_HEADS, ...cells][index]?.at(-1) ?? ''}`.trimEnd())
  return ['Summary', ...table, `  ${verdictOf(results)}`].join('\n')
}

/** `118 goals met, 2 missed; 5 short of the aim; 1 contender failed` */
export function verdictOf(results: readonly CaseResult[]): string {
  const goals = results.flatMap((result) => result.goals)
  const missed = goals.filter(({ verdict }) => verdict === 'missed').length
  const failed = results.flatMap(failuresOf).length
  const failures = failed === 0 ? '' : `; ${failed} contender${failed === 1 ? '' : 's'} failed`
  const short = goals.filter((goal) => aimOf(goal) !== '').length
  const aims = short === 0 ? '' : `; ${short} short of the aim`
  return `${goals.length - missed} goals met, ${missed} missed${aims}${failures}`
}
