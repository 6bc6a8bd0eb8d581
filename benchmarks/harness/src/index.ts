// Side-by-side timings: what every bench of this repository measures and judges itself with.

export { type CompareOptions, type CompareResult, compare } from './compare.ts'
export { type Contender, type Contenders, calibrate, type Timed } from './contender.ts'
export { type Goal, type GoalVerdict, type JudgedGoal, judge } from './goals.ts'
export { type GrowthOptions, growth } from './growth.ts'
export { type RecordedGoals, recordGoals } from './record.ts'
export { type Spread, spreadOf } from './spread.ts'
export { aimOf, renderColumns, renderGoal, significant, type TimeUnit } from './table.ts'
