// What a comparison found, for programs: the gate reads it.
import { appendFileSync } from 'node:fs'
import type { JudgedGoal } from './goals.ts'

/** One comparison, or growth: what was measured, and its goals. */
export interface RecordedGoals {
  readonly title: string
  /** What its goals are about: ways to do the same, or sizes of the same work. @default 'comparison' */
  readonly kind?: 'comparison' | 'growth'
  /** Nanoseconds an operation, by contender; of growth, nanoseconds for all of it, by size. */
  readonly medians: Readonly<Record<string, number>>
  readonly goals: readonly JudgedGoal[]
  /** Contenders that could not be measured, each with what became of it. */
  readonly failures?: readonly string[]
}

/** Appends it as one line of JSON to the file that `CF_BENCH_JSON` in the environment names, if it does. */
export function recordGoals({ title, kind, medians, goals, failures }: RecordedGoals): void {
  const file = process.env.CF_BENCH_JSON
  if (file) appendFileSync(file, `${JSON.stringify({ title, kind, medians, goals, failures })}\n`)
}
