// Goals: a ratio that must hold between two contenders, and whether it did.

/** A ratio of medians that a bench promises. */
export interface Goal {
  /** The contender that is judged. */
  readonly of: string
  /** The one it is measured against. */
  readonly against: string
  /** The most that `median(of) / median(against)` may be. */
  readonly atMost: number
  /** What it should be at most, where that is not reached yet: told, and not judged. */
  readonly aim?: number
  /** What depends on it, for whoever reads a miss. */
  readonly why?: string
}

/** `within noise`: over the goal by less than the margin for noise. */
export type GoalVerdict = 'met' | 'within noise' | 'missed'

/** A goal with what was measured. */
export interface JudgedGoal extends Goal {
  /** The best ratio of all tries. */
  readonly ratio: number
  readonly verdict: GoalVerdict
}

/** By how much a ratio may be over its goal before it counts as missed: what two equal contenders differ by on a busy machine. */
export const NOISE_MARGIN = 1.15

/**
 * Judges goals by the medians of one try.
 *
 * @param earlier the same goals as judged by the tries before; the better ratio counts
 */
export function judge(
  goals: readonly Goal[],
  medians: ReadonlyMap<string, number>,
  earlier: readonly JudgedGoal[] = [],
): JudgedGoal[] {
  return goals.map((goal, index) => {
    const measured = (medians.get(goal.of) ?? Number.NaN) / (medians.get(goal.against) ?? Number.NaN)
    const before = earlier[index]?.ratio ?? Number.NaN
    // Either may be missing: of a contender that has no median in this try.
    const ratio = Number.isNaN(measured) || before < measured ? before : measured
    return { ...goal, ratio, verdict: verdictOn(ratio, goal.atMost) }
  })
}

/**
 * Refuses goals that nothing could judge.
 *
 * @throws Error that names the contender which is not there
 */
export function checkGoals(goals: readonly Goal[], names: readonly string[]): void {
  for (const goal of goals) {
    for (const name of [goal.of, goal.against]) checkContender('A goal names', name, names)
  }
}

/**
 * Refuses a name that is no contender's.
 *
 * @throws Error that names it
 */
export function checkContender(what: string, name: string, names: readonly string[]): void {
  if (!names.includes(name)) {
    throw new Error(`${what} "${name}", which is not among the contenders: ${names.join(', ')}.`)
  }
}

function verdictOn(ratio: number, atMost: number): GoalVerdict {
  if (ratio <= atMost) return 'met'
  return ratio <= atMost * NOISE_MARGIN ? 'within noise' : 'missed'
}
