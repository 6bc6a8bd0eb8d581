// The graphs that the benches run on: made ones of a given size, and a real one.
import { execFileSync } from 'node:child_process'
import { readdirSync, readFileSync, statSync } from 'node:fs'
import { DependencyGraph } from '@cf-plugins/graph'

export type Entries = (readonly [name: string, dependencies: readonly string[]])[]

export interface RealGraph {
  readonly title: string
  readonly entries: Entries
}

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

/** Debian's packages and what they depend on, if this machine has their lists; or else a made graph that is like it. */
export function realGraph(): RealGraph {
  const packages = debianPackages()
  if (packages) return { title: `the packages of ${packages.source}`, entries: entriesOfControl(packages.text) }
  const entries = scaleFree(60_000, 7)
  const random = randomNumbers(11)
  for (let pair = 0; pair < 50; pair++) {
    const [one, other] = [0, 0].map(() => Math.floor(random() * entries.length)) as [number, number]
    entries[one] = [entries[one]![0], [...entries[one]![1], entries[other]![0]]]
    entries[other] = [entries[other]![0], [...entries[other]![1], entries[one]![0]]]
  }
  return { title: 'a made scale-free graph (this machine has no Debian package lists)', entries }
}

/** The same graph without the dependencies that close a circle. */
export function withoutCircles(entries: Entries): Entries {
  const graph = new DependencyGraph()
  return entries.map(([name, dependencies]) => [
    name,
    dependencies.filter((dependency) => graph.tryAddDependency(name, dependency).added),
  ])
}

export function shuffled<T>(list: readonly T[], random: () => number): T[] {
  const result = [...list]
  for (let at = result.length - 1; at > 0; at--) {
    const other = Math.floor(random() * (at + 1))
    ;[result[at], result[other]] = [result[other]!, result[at]!]
  }
  return result
}

function debianPackages(): { source: string; text: string } | undefined {
  const lists = '/var/lib/apt/lists'
  try {
    // The largest: those of updates and of security fixes stand beside the whole one.
    const list = readdirSync(lists)
      .filter((file) => /_main_binary-\w+_Packages(\.\w+)?$/.test(file))
      .sort((a, b) => statSync(`${lists}/${b}`).size - statSync(`${lists}/${a}`).size)[0]
    if (list) {
      const options = { encoding: 'utf8' as const, maxBuffer: 2 ** 28 }
      return {
        source: 'Debian',
        text: execFileSync('/usr/lib/apt/apt-helper', ['cat-file', `${lists}/${list}`], options),
      }
    }
  } catch {
    // No apt here; what is installed may still be known.
  }
  try {
    return { source: 'this Debian installation', text: readFileSync('/var/lib/dpkg/status', 'utf8') }
  } catch {
    return undefined
  }
}

/** Of alternatives the first counts; versions and architectures are left out. */
function entriesOfControl(text: string): Entries {
  const known = new Map<string, string>()
  const whole = (name: string): string => {
    const before = known.get(name)
    if (before !== undefined) return before
    // A slice would keep the whole text in memory.
    const copy = Buffer.from(name).toString()
    known.set(copy, copy)
    return copy
  }
  return text.split('\n\n').flatMap((paragraph): Entries => {
    const name = /^Package: (\S+)/m.exec(paragraph)?.[1]
    if (name === undefined) return []
    const fields = [...paragraph.matchAll(/^(?:Pre-)?Depends: (.*)/gm)].flatMap(([, list]) => list!.split(','))
    const dependencies = fields.map((field) => whole(/[^\s:(|]+/.exec(field)?.[0] ?? name))
    return [[whole(name), [...new Set(dependencies)].filter((dependency) => dependency !== name)]]
  })
}
