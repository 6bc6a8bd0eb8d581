// A contender that starts units: prepared with definitions, timed while it starts them, and checked to have started them all.
import type { Contender } from '../../case.ts'
import type { Unit } from './units.ts'

/**
 * Prepares what a host defines once, and gives what starts everything. What that comes to holds all that was started, so that
 * memory can be told by it.
 */
export type System = (units: readonly Unit[]) => Starter | Promise<Starter>

export interface Starter {
  readonly start: () => unknown
  /** Ends what was started, where it would be in the way of the next start. */
  readonly stop?: (started: unknown) => unknown
}

/** How a system's starts are sampled. */
interface StartingOptions {
  /** In a process that has started nothing before. */
  readonly cold?: boolean
}

/** A contender that starts units; times are told a unit, or of the whole start where units take time. */
export function starting(
  system: System,
  unitsOf: () => readonly Unit[],
  { cold = false }: StartingOptions = {},
): Contender {
  return {
    cold,
    async prepare() {
      const units = unitsOf()
      const { start, stop } = await system(units)
      const running: unknown[] = []
      return {
        run: stop ? async () => void running.push(await start()) : start,
        async before() {
          for (const started of running.splice(0)) await stop?.(started)
        },
        perCall: units.some(({ ms }) => ms > 0) ? 1 : units.length,
        check: () => checkStarts(system, units),
      }
    },
  }
}

/**
 * Starts units that keep a record, in the same way.
 *
 * @throws Error where one was started before its dependencies were up, or some were not when the start was told to be over
 */
export async function checkStarts(system: System, units: readonly Unit[]): Promise<void> {
  const up = new Set<string>()
  const early: string[] = []
  const recording = units.map((unit) => ({
    ...unit,
    setup() {
      if (!unit.dependencies.every((dependency) => up.has(dependency))) early.push(unit.name)
      const working = unit.setup()
      if (working === undefined) return void up.add(unit.name)
      return working.then(() => void up.add(unit.name))
    },
  }))
  const { start, stop } = await system(recording)
  const started = await start()
  if (up.size !== units.length) throw new Error(`${up.size} of ${units.length} were started`)
  if (early.length > 0)
    throw new Error(`${early.length} were started before their dependencies, the first "${early[0]}"`)
  await stop?.(started)
}
