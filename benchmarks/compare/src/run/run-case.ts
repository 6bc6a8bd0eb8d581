// One case: measured, judged, and measured again in new processes where a goal was missed.
import { type JudgedGoal, judge, spreadOf } from '@cf-plugins/bench-harness'
import { BEST_PEER, type Case } from '../case.ts'
import { type Measured, type Measuring, measure } from './measure.ts'
import { type CaseResult, isMeasured, type ResultRow, roleOf, rowOf } from './result.ts'

/** How often a case is measured at most. */
const TRIES = 3

/**
 * Runs a case.
 *
 * @param names of the contenders that take part
 */
export async function runCase(case_: Case, names: readonly string[], measuring: Measuring): Promise<CaseResult> {
  const { id, title, unit, note, goals = [] } = case_
  const wanted = measuring.isOnce ? [] : goals
  let judged: JudgedGoal[] = []
  let best: { rows: ResultRow[]; worst: number } | undefined
  let running = names
  const failed = new Map<string, Measured>()
  for (let tries = 0; tries < TRIES; tries++) {
    const measured = await measure(case_, running, measuring)
    for (const [name, each] of measured) if ('failure' in each) failed.set(name, each)
    // One that hangs would do so again.
    running = running.filter((name) => !failed.has(name))
    const rows = names.map((name) => rowFor(case_, name, failed.get(name) ?? measured.get(name)))
    const medians = mediansOf(rows)
    const now = judge(wanted, medians)
    judged = judge(wanted, medians, judged)
    // The table shows the try that came closest to its goals, whole: figures of several tries have no ratios.
    const worst = Math.max(...now.map(({ ratio, atMost }) => ratio / atMost), Number.NEGATIVE_INFINITY)
    if (!best || worst < best.worst || Number.isNaN(best.worst)) best = { rows, worst }
    // A ratio to one that has failed is none in the next try either.
    if (!judged.some(({ verdict, ratio }) => verdict === 'missed' && !Number.isNaN(ratio))) break
  }
  return { id, title, unit, ...(note === undefined ? {} : { note }), rows: best?.rows ?? [], goals: judged }
}

/** By contender, and that of the best peer. */
export function mediansOf(rows: readonly ResultRow[]): Map<string, number> {
  const medians = new Map(rows.filter(isMeasured).map(({ name, median }) => [name, median]))
  const bestPeer = rowOf({ rows }, 'peer')
  if (bestPeer) medians.set(BEST_PEER, bestPeer.median)
  return medians
}

function rowFor(case_: Case, name: string, measured: Measured = { failure: 'did not run' }): ResultRow {
  const role = roleOf(case_, name)
  if ('samples' in measured) return { name, role, ...spreadOf(measured.samples), samples: measured.samples.length }
  const { failure } = measured
  const { fails } = case_.contenders[name] ?? {}
  return { name, role, failure, ...(fails?.matching.test(failure) ? { foreseenAs: fails.as } : {}) }
}
