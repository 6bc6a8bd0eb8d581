// What every contender is given to start, and each contender's way to start it.

// By its own name it is the built package, as its users run it.
import { type Lifecycle, loadAndRegisterOrdered } from '@cf-plugins/lifecycle'
import type { PluginRecord } from '@cf-plugins/plugin-api'
import { resolveMeta } from '@cf-plugins/plugin-api/host'

/** One plugin's start. Its dependencies come before it. */
export interface Unit {
  readonly name: string
  readonly dependencies: readonly string[]
  readonly ms: number
  readonly setup: () => Promise<void>
}

export type Start = () => Promise<unknown>

/** Units whose dependencies and durations `shape` tells by their number. */
export function units(
  count: number,
  shape: (index: number) => { readonly needs?: readonly number[]; readonly ms?: number },
): Unit[] {
  return Array.from({ length: count }, (_, index) => {
    const { needs = [], ms = 0 } = shape(index)
    const setup = ms > 0 ? () => sleep(ms) : async () => {}
    return { name: nameOf(index), dependencies: needs.map(nameOf), ms, setup }
  })
}

/** A graph of `count` units of 20 to 60 ms, each with up to three dependencies among those before it: the same each time. */
export function randomGraph(count: number, seed: number): Unit[] {
  const random = randomNumbers(seed)
  return units(count, (index) => {
    const wanted = Math.min(index, Math.floor(random() * 4))
    const needs = new Set(Array.from({ length: wanted }, () => Math.floor(random() * index)))
    return { needs: [...needs], ms: 20 + Math.floor(random() * 41) }
  })
}

/** cf-plugins, with its whole lifecycle. What it starts is stopped untimed, by `stopAll`. */
export function withCfPlugins(all: readonly Unit[], options: { parallel?: boolean; concurrency?: number } = {}): Start {
  const records = all.map(recordOf)
  return async () => {
    const { active, lifecycle } = await loadAndRegisterOrdered(records, {}, {}, options)
    if (active.length !== all.length) throw new Error(`${active.length} of ${all.length} were started`)
    running.push(lifecycle)
  }
}

const running: Lifecycle<object, object>[] = []

/** Drops what was started: untimed, between samples, and in a turn of its own, before which nothing can go. */
export async function forget(): Promise<void> {
  running.length = 0
  await new Promise(setImmediate)
}

/** The critical path with real timers: each unit begins when its own dependencies have ended. */
export function bare(all: readonly Unit[]): Start {
  return async () => {
    const ended = new Map<string, Promise<void>>()
    for (const { name, dependencies, setup } of all) {
      ended.set(name, Promise.all(dependencies.map((each) => ended.get(each))).then(setup))
    }
    await Promise.all(ended.values())
  }
}

/** The same with a deadline for each: as little as a start can be that gives up on whoever hangs. */
export function byHand(all: readonly Unit[]): Start {
  return bare(all.map((unit) => ({ ...unit, setup: () => within(unit.setup(), DEADLINE_MS) })))
}

const DEADLINE_MS = 10_000

function within(task: Promise<void>, ms: number): Promise<void> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(new Error('it took too long')), ms)
    task.then(resolve, reject).finally(() => clearTimeout(timer))
  })
}

/** Batch by batch: a batch begins when all of the one before has ended. */
export function inBatches(all: readonly Unit[]): Start {
  const level = new Map<string, number>()
  const batches: Unit[][] = []
  for (const unit of all) {
    const at = Math.max(-1, ...unit.dependencies.map((each) => level.get(each) ?? 0)) + 1
    level.set(unit.name, at)
    batches[at] ??= []
    batches[at].push(unit)
  }
  return async () => {
    for (const batch of batches) await Promise.all(batch.map(({ setup }) => setup()))
  }
}

/** What no schedule of so many at a time can beat: the critical path, or the work divided, whichever is longer. */
export function leastMs(all: readonly Unit[], concurrency: number): number {
  const path = new Map<string, number>()
  for (const { name, dependencies, ms } of all) {
    path.set(name, ms + Math.max(0, ...dependencies.map((each) => path.get(each) ?? 0)))
  }
  const work = all.reduce((sum, { ms }) => sum + ms, 0)
  return Math.max(work / concurrency, ...path.values())
}

export function sleep(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms))
}

function recordOf({ name, dependencies, setup }: Unit): PluginRecord {
  return {
    meta: resolveMeta({ name, version: '1.0.0', dependencies }),
    register: () => ({ setup }),
    source: { generation: 1, files: [] },
  }
}

function nameOf(index: number): string {
  return `plugin-${index}`
}

/** Numbers from 0 to 1 that are the same for the same seed (mulberry32). */
function randomNumbers(seed: number): () => number {
  let state = seed
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296
  }
}
