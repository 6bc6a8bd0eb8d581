// Growth: what a piece of work costs at ten times its size. A ratio again, and so the same on every machine.
import type { CompareResult } from './compare.ts'
import type { Contender } from './contender.ts'
import type { Goal } from './goals.ts'
import { isMissed, type MeasureOptions, measureAgainst, mediansOf, tell } from './measure.ts'
import { recordGoals } from './record.ts'
import { renderGrowth } from './table.ts'

/** How growth is measured, and what it may be. */
export interface GrowthOptions extends Omit<MeasureOptions, 'perCall' | 'setup'> {
  /** The most that ten times the work may cost, as a multiple. Of sizes that are not ten times apart, as much for each factor of ten. @default 12 */
  readonly atMost?: number
  /** What depends on it, for whoever reads a miss. */
  readonly why?: string
  /** Called, untimed and awaited, before each sample, and given its size. */
  readonly setup?: (size: number) => unknown
}

const AT_MOST = 12

/**
 * Times the same work at several sizes, prints what each costs, and judges each step from a size to the next one: linear work costs ten times as
 * much at ten times the size, sorting 13 times, a quadratic loop a hundred times. Like a goal of {@link compare}, a miss is measured up to three times,
 * and then sets `process.exitCode`; what was found is recorded in the same way.
 *
 * @param sizes the work at each size, all of it in one call
 * @throws Error when there are not two sizes or one is no positive integer, or the work throws (its size is named; what it threw is the `cause`)
 * @example
 * await growth('order of n plugins', { 1_000: () => order(thousand), 10_000: () => order(tenThousand) }, { atMost: 12 })
 */
export async function growth(
  title: string,
  sizes: Readonly<Record<number, Contender>>,
  options: GrowthOptions = {},
): Promise<CompareResult> {
  // Integer keys are in ascending order, whatever the order in which they are written.
  const steps = Object.entries(sizes).map(([size, work]) => ({ size: Number(size), work }))
  const wrong = steps.find(({ size }) => !Number.isSafeInteger(size) || size < 1)
  if (wrong) throw new Error(`"${title}" has a size that is no positive integer: ${wrong.size}.`)
  if (steps.length < 2) throw new Error(`"${title}" shows no growth: give at least two sizes.`)
  const { atMost = AT_MOST, why, setup, ...measuring } = options

  const goals = steps.slice(1).map(({ size }, before): Goal => {
    const smaller = steps[before]?.size ?? size
    const most = atMost ** Math.log10(size / smaller)
    return { of: nameOf(size), against: nameOf(smaller), atMost: most, ...(why === undefined ? {} : { why }) }
  })
  const sizeOf = new Map(steps.map(({ size }) => [nameOf(size), size]))
  const judged = await measureAgainst(goals, Object.fromEntries(steps.map(({ size, work }) => [nameOf(size), work])), {
    ...measuring,
    ...(setup && { setup: (name: string) => setup(sizeOf.get(name) ?? 0) }),
  })
  tell(renderGrowth(title, judged.rows, sizeOf, judged.goals, options.unit), measuring)
  const medians = Object.fromEntries(mediansOf(judged.rows))
  const result = { title, kind: 'growth' as const, medians, goals: judged.goals, ok: !judged.goals.some(isMissed) }
  if (!result.ok) process.exitCode = 1
  recordGoals(result)
  return result
}

/** `10,000` */
function nameOf(size: number): string {
  return size.toLocaleString('en')
}
