// What every contender is given to start: the same named units of work.

/** One plugin's start. */
export interface Unit {
  readonly name: string
  readonly dependencies: readonly string[]
  readonly setup: () => Promise<void>
}

/** Units that need nothing and each take `ms`. */
export function sleepers(count: number, ms: number): Unit[] {
  return units(
    count,
    () => [],
    () => new Promise((resolve) => setTimeout(resolve, ms)),
  )
}

/** Async units that do nothing: what starting them takes is all overhead. */
export function idlers(count: number): Unit[] {
  return units(
    count,
    () => [],
    async () => {},
  )
}

/** The same, each needing the one half-way to the first: a tree, `log2(count)` deep. */
export function tree(count: number): Unit[] {
  return units(
    count,
    (index) => (index === 0 ? [] : [nameOf((index - 1) >> 1)]),
    async () => {},
  )
}

function units(count: number, dependencies: (index: number) => string[], setup: () => Promise<void>): Unit[] {
  return Array.from({ length: count }, (_, index) => ({
    name: nameOf(index),
    dependencies: dependencies(index),
    setup,
  }))
}

function nameOf(index: number): string {
  return `plugin-${index}`
}
