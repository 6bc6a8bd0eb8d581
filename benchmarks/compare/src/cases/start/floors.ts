// The floors of a start, by hand: the work of the units and nothing around it.
import type { System } from './starting.ts'
import { sleep, type Unit } from './units.ts'

/** One after another: the least that async units without work can take. */
export const awaitLoop: System = (units) => ({
  async start() {
    for (const { setup } of units) await setup()
  },
})

/** Sync units, called. */
export const callLoop: System = (units) => ({
  start() {
    for (const { setup } of units) setup()
  },
})

/** The critical path with real timers: each unit begins when its own dependencies have ended. */
export const barePromises: System = (units) => ({
  async start() {
    const ended = new Map<string, Promise<void>>()
    for (const { name, dependencies, setup } of units) {
      ended.set(name, Promise.all(dependencies.map((dependency) => ended.get(dependency))).then(setup))
    }
    await Promise.all(ended.values())
  },
})

/** Batch by batch: each begins when all of the one before has ended. What parallel starts often are. */
export const inBatches: System = (units) => {
  const levels = new Map<string, number>()
  const batches: Unit[][] = []
  for (const unit of units) {
    const level = Math.max(-1, ...unit.dependencies.map((dependency) => levels.get(dependency) ?? 0)) + 1
    levels.set(unit.name, level)
    batches[level] ??= []
    batches[level].push(unit)
  }
  return {
    async start() {
      for (const batch of batches) await Promise.all(batch.map(({ setup }) => setup()))
    },
  }
}

/**
 * What no schedule of so many at a time can beat, in real timers: the critical path, or all work dealt out evenly, whichever is longer.
 * As many timers follow one another as there would be units, for each timer ends late by itself.
 */
export function leastMakespan(units: readonly Unit[], concurrency: number): () => Promise<void> {
  const paths = new Map<string, readonly number[]>()
  for (const { name, dependencies, ms } of units) {
    const before = dependencies.map((dependency) => paths.get(dependency) ?? [])
    paths.set(name, [...longest(before), ms])
  }
  const critical = longest([...paths.values()])
  const shareMs = sum(units.map(({ ms }) => ms)) / concurrency
  const turns = Math.round(units.length / concurrency)
  const timers =
    sum(critical) > shareMs ? critical : Array.from({ length: turns }, (_, turn) => turnMs(turn, turns, shareMs))
  return async () => {
    for (const ms of timers) await sleep(ms)
  }
}

/** Whole milliseconds, for a timer knows no parts of one. */
function turnMs(turn: number, turns: number, wholeMs: number): number {
  return Math.round(((turn + 1) * wholeMs) / turns) - Math.round((turn * wholeMs) / turns)
}

function longest(paths: readonly (readonly number[])[]): readonly number[] {
  return paths.reduce((most, path) => (sum(path) > sum(most) ? path : most), [])
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, number) => total + number, 0)
}
