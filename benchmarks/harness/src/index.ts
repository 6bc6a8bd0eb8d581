// Side-by-side timings: what every bench of this repository measures and judges itself with.

export { type CompareOptions, type CompareResult, compare } from './compare.ts'
export type { Contender, Contenders } from './contender.ts'
export type { Goal, GoalVerdict, JudgedGoal } from './goals.ts'
export { type RecordedGoals, recordGoals } from './record.ts'
export type { TimeUnit } from './table.ts'
