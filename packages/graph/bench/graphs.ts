// The graphs that the benches run on: made ones of a given size.

export type Entries = (readonly [name: string, dependencies: readonly string[]])[]

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
  const names = Array.from({ length: size }, (_, index) => `plugin-${index}`)
  const entries: Entries = names.map((name, index) => {
    const dependencies = new Set<string>()
    const wanted = index === 0 ? 0 : Math.floor(random() * 8)
    for (let pick = 0; pick < wanted; pick++) dependencies.add(names[Math.floor(index * random() ** 3)]!)
    return [name, [...dependencies]]
  })
  return shuffled(entries, random)
}

/** The same, and every tenth of the plugins in a circle with nine others, which nothing else depends on. */
export function withCircles(size: number, seed = 1): Entries {
  const circles = Array.from(
    { length: Math.floor(size / 100) },
    (_, circle): Entries =>
      Array.from({ length: 10 }, (_, at) => [
        `circle-${circle}-${at}`,
        [`circle-${circle}-${(at + 1) % 10}`, `plugin-${circle}`],
      ]),
  )
  return [...scaleFree(size - circles.length * 10, seed), ...circles.flat()]
}

export function shuffled<T>(list: readonly T[], random: () => number): T[] {
  const result = [...list]
  for (let at = result.length - 1; at > 0; at--) {
    const other = Math.floor(random() * (at + 1))
    ;[result[at], result[other]] = [result[other]!, result[at]!]
  }
  return result
}
