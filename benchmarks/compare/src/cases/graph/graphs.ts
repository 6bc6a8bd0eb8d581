// The graphs that are measured on: made ones of a given size, the same in each process.

/** Nodes by name, each with the names that it depends on. */
export type Entries = readonly (readonly [name: string, dependencies: readonly string[]])[]

/** Numbers in [0, 1), the same ones in each run (mulberry32). */
export function randomNumbers(seed: number): () => number {
  let state = seed
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296
  }
}

/** A graph without circles, in which few nodes have most of the dependents, its entries in no useful order. */
export function scaleFree(size: number, seed = 1): Entries {
  const random = randomNumbers(seed)
  const names = namesOf(size)
  const entries = names.map((name, index): [string, string[]] => {
    const dependencies = new Set<string>()
    const wanted = index === 0 ? 0 : Math.floor(random() * 8)
    for (let pick = 0; pick < wanted; pick++) dependencies.add(names[Math.floor(index * random() ** 3)] ?? name)
    return [name, [...dependencies]]
  })
  return shuffled(entries, random)
}

/** Each node depends on the next one; its entries in no useful order, the first one apart, from which a search goes down all of it. */
export function chain(size: number): Entries {
  const names = namesOf(size)
  const entries = names.map((name, index): [string, string[]] => [name, names.slice(index + 1, index + 2)])
  const [first, ...others] = entries
  return first ? [first, ...shuffled(others, randomNumbers(1))] : []
}

/** A copy, in another order. */
export function shuffled<T>(list: readonly T[], random: () => number): T[] {
  const result = [...list]
  for (let at = result.length - 1; at > 0; at--) {
    const other = Math.floor(random() * (at + 1))
    ;[result[at], result[other]] = [result[other] as T, result[at] as T]
  }
  return result
}

function namesOf(size: number): string[] {
  return Array.from({ length: size }, (_, index) => `plugin-${index}`)
}
