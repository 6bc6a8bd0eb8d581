// The tables as Markdown: a summary, then each group with its chart and each of its cases.
import { aimOf, significant } from '@cf-plugins/bench-harness'
import type { CaseResult } from '../run/result.ts'
import { groupsOf } from './groups.ts'
import type { Machine } from './machine.ts'
import { SUMMARY_HEADS, summaryCells, summaryOf, verdictOf } from './summary.ts'
import { cellsOf, HEADS } from './table.ts'

/** The whole report. */
export function renderMarkdown(
  results: readonly CaseResult[],
  machine: Machine,
  chartOf: (group: string) => string,
): string {
  const groups = [...groupsOf(results)].map(([group, cases]) =>
    [`## ${group}`, `![${group}: each contender's ratio to ours](${chartOf(group)})`, ...cases.map(caseOf)].join(
      '\n\n',
    ),
  )
  const summary = [
    '# Comparison',
    `${machine.cpu}, ${machine.cores} cores, ${machine.memory}, ${machine.system}, Node ${machine.node}, ${machine.date}.`,
    'Medians of samples that contenders took in turn, each in a process of its own. A ratio below 1: ours takes less.',
    tableOf(SUMMARY_HEADS, summaryOf(results).map(summaryCells)),
    `${verdictOf(results)}.`,
  ]
  return `${[...summary, ...groups].join('\n\n')}\n`
}

function caseOf(result: CaseResult): string {
  const goals = result.goals.map(
    (goal) =>
      `- ${goal.verdict}: ${escaped(goal.of)} / ${escaped(goal.against)} = ${significant(goal.ratio)}, at most ${significant(goal.atMost)}${aimOf(goal)}${goal.why === undefined ? '' : ` (${escaped(goal.why)})`}`,
  )
  return [
    `### ${result.id}`,
    `${escaped(capitalized(result.title))}.`,
    tableOf(HEADS, cellsOf(result)),
    ...(result.note === undefined ? [] : [escaped(result.note)]),
    ...(goals.length === 0 ? [] : [goals.join('\n')]),
  ].join('\n\n')
}

/** The first column to the left, the others to the right. */
function tableOf(heads: readonly string[], cells: readonly (readonly string[])[]): string {
  const rule = heads.map((_, index) => (index === 0 ? '---' : '---:'))
  return [heads, rule, ...cells.map((line) => line.map(escaped))].map((line) => `| ${line.join(' | ')} |`).join('\n')
}

/** Text of cases and of errors, which is no markup. */
function escaped(text: string): string {
  return text.replaceAll(/[\\|<>[\]`*_#&]/g, '\\$&').replaceAll(/\s+/g, ' ')
}

function capitalized(text: string): string {
  return `${text.slice(0, 1).toUpperCase()}${text.slice(1)}`
}
