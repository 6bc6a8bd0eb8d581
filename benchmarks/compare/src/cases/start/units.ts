// What every contender is given to start: the same named units of work, in the same shape of dependencies.

/** One plugin's start. Its dependencies come before it in the list. */
export interface Unit {
  readonly name: string
  readonly dependencies: readonly string[]
  /** What its work takes; 0 where it does nothing. */
  readonly ms: number
  readonly setup: () => void | Promise<void>
}

/** What a unit needs, as numbers of units before it, and how long it works. */
interface Shape {
  readonly needs?: readonly number[]
  readonly ms?: number
}

/** Units that need nothing, and each take `ms`. */
export function sleepers(count: number, ms: number): Unit[] {
  return units(count, () => ({ ms }))
}

/** Async units that do nothing: what starting them takes is all overhead. */
export function idlers(count: number): Unit[] {
  return units(count, () => ({}))
}

/** Sync units that do nothing. */
export function syncIdlers(count: number): Unit[] {
  return idlers(count).map((unit) => ({ ...unit, setup: () => {} }))
}

/** Async units that do nothing, each needing the one half-way to the first: a tree, `log2(count)` deep. */
export function tree(count: number): Unit[] {
  return units(count, (index) => (index === 0 ? {} : { needs: [(index - 1) >> 1] }))
}

/** Units of `fromMs` to `toMs`, each needing up to three of those before it: the same graph for the same seed. */
export function randomGraph(count: number, seed: number, fromMs: number, toMs: number): Unit[] {
  const random = randomNumbers(seed)
  return units(count, (index) => {
    const wanted = Math.min(index, Math.floor(random() * 4))
    const needs = new Set(Array.from({ length: wanted }, () => Math.floor(random() * index)))
    return { needs: [...needs], ms: fromMs + Math.floor(random() * (toMs - fromMs + 1)) }
  })
}

export function sleep(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms))
}

function units(count: number, shapeOf: (index: number) => Shape): Unit[] {
  return Array.from({ length: count }, (_, index) => {
    const { needs = [], ms = 0 } = shapeOf(index)
    return {
      name: nameOf(index),
      dependencies: needs.map(nameOf),
      ms,
      setup: ms > 0 ? () => sleep(ms) : async () => {},
    }
  })
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
