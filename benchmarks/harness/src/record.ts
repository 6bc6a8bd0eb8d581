// What a comparison found, for programs: the gate reads it.
import { appendFileSync } from 'node:fs'
import type { JudgedGoal } from './goals.ts'

/** One comparison: what was measured, and its goals. */
export interface RecordedGoals {
  readonly title: string
  /** Nanoseconds an operation, by contender. */
  readonly medians: Readonly<Record<string, number>>
  readonly goals: readonly JudgedGoal[]
}

/** Appends it as one line of JSON to the file that `CF_BENCH_JSON` in the environment names, if it does. */
export function recordGoals({ title, medians, goals }: RecordedGoals): void {
  const file = process.env.CF_BENCH_JSON
  if (file) appendFileSync(file, `${JSON.stringify({ title, medians, goals })}\n`)
}
