// The report on disk: `comparison.md`, `comparison.json`, and a chart a group.
import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { CaseResult } from '../run/result.ts'
import { renderChart } from './chart.ts'
import { groupsOf } from './groups.ts'
import { thisMachine } from './machine.ts'
import { renderMarkdown } from './markdown.ts'
import { summaryOf } from './summary.ts'

/** Writes it into a folder, which is made where it is not there; returns the files. */
export async function save(results: readonly CaseResult[], folder: string, isQuick: boolean): Promise<string[]> {
  const machine = thisMachine()
  const chartOf = (group: string) => `${group}.svg`
  const files = new Map([
    ['comparison.md', renderMarkdown(results, machine, chartOf)],
    [
      'comparison.json',
      `${JSON.stringify({ machine, isQuick, summary: summaryOf(results), cases: results }, undefined, 2)}\n`,
    ],
    ...[...groupsOf(results)].map(([group, cases]) => [chartOf(group), renderChart(group, cases)] as const),
  ])
  await mkdir(folder, { recursive: true })
  for (const [name, content] of files) await writeFile(join(folder, name), content)
  return [...files.keys()].map((name) => join(folder, name))
}
