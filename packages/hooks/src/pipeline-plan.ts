// What a run goes through, unit by unit: a step, or the steps of a group.
import type { Plan } from './handler-plan.ts'
import { keyOf, type StepEntry, type StepHandler } from './pipeline-step.ts'

/** A step, or all of a group, where its first step stands. */
export type Unit = StepEntry | readonly StepEntry[]

const known = Symbol('units')

/** The units of a plan, made once for all its runs. */
export function unitsOf(plan: Plan<StepHandler> & { [known]?: readonly Unit[] }): readonly Unit[] {
  plan[known] ??= grouped(plan.entries)
  return plan[known]
}

export function stepsOf(units: readonly Unit[]): readonly StepEntry[] {
  return units.flat()
}

/** The first step of a unit. */
export function firstOf(unit: Unit): StepEntry {
  return Array.isArray(unit) ? unit[0] : (unit as StepEntry)
}

/**
 * What is left of a run once a plugin has been replaced: the steps that were left, by whoever serves now, and what the plugin has
 * added behind those that the run has passed.
 *
 * @param fresh the steps that are live now, in order
 */
export function unitsLeft(
  fresh: readonly StepEntry[],
  passed: readonly StepEntry[],
  left: readonly StepEntry[],
  plugin: string,
): readonly Unit[] {
  const gone = new Set(passed.map(keyOf))
  const wanted = new Set(left.map(keyOf))
  const there = new Set(fresh.map(keyOf))
  const last = passed.map(keyOf).findLast((key) => there.has(key))
  const place = fresh.findIndex((entry) => keyOf(entry) === last)
  const isAdded = (entry: StepEntry, index: number) => entry.owner.name === plugin && index > place
  return grouped(
    fresh.filter((entry, index) => !gone.has(keyOf(entry)) && (wanted.has(keyOf(entry)) || isAdded(entry, index))),
  )
}

function grouped(entries: readonly StepEntry[]): readonly Unit[] {
  const groups = new Map<string, StepEntry[]>()
  const units: Unit[] = []
  for (const entry of entries) {
    const { group } = entry.handler
    const members = group === undefined ? undefined : groups.get(group)
    if (members !== undefined) members.push(entry)
    else if (group === undefined) units.push(entry)
    else {
      const first = [entry]
      groups.set(group, first)
      units.push(first)
    }
  }
  return units
}
