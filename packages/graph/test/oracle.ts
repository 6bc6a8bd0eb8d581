// Random graphs for the property tests, the same graph for graphlib, and answers found in the plainest way.
import { Graph } from '@dagrejs/graphlib'
import fc from 'fast-check'

export type Entries = [string, string[]][]

/** Graphs of up to `size` nodes, with circles and loops as they come, entries repeated and in any order. */
export function anyEntries(size: number): fc.Arbitrary<Entries> {
  const name = fc.integer({ min: 0, max: size - 1 }).map((index) => `n${index}`)
  return fc.array(fc.tuple(name, fc.array(name, { maxLength: 5 })), { maxLength: size * 2 })
}

/** Graphs without circles: a node depends only on nodes that are lower in a random permutation. */
export function acyclicEntries(size: number): fc.Arbitrary<Entries> {
  const names = Array.from({ length: size }, (_, index) => `n${index}`)
  const order = fc.shuffledSubarray(names, { minLength: 1, maxLength: size })
  const choices = fc.array(fc.tuple(fc.nat(), fc.array(fc.nat(), { maxLength: 5 })), { maxLength: size * 2 })
  return fc.tuple(order, choices).map(([permutation, picks]) =>
    picks.map(([node, targets]): Entries[number] => {
      const at = node % permutation.length
      return [permutation[at]!, at === 0 ? [] : targets.map((target) => permutation[target % at]!)]
    }),
  )
}

export function graphlibOf(entries: Entries): Graph {
  const graph = new Graph({ directed: true })
  for (const [name, dependencies] of entries) {
    graph.setNode(name)
    for (const dependency of dependencies) graph.setEdge(name, dependency)
  }
  return graph
}

/** Names in the order in which the entries mention them first. */
export function mentioned(entries: Entries): string[] {
  return [...new Set(entries.flatMap(([name, dependencies]) => [name, ...dependencies]))]
}

/** All elementary cycles by trying every path; each begins at the member that comes first in `names`. */
export function cyclesByTrying(graph: Graph, names: readonly string[]): string[][] {
  const found: string[][] = []
  const walk = (start: number, path: string[]): void => {
    for (const next of graph.successors(path.at(-1)!) ?? []) {
      if (next === names[start]) found.push([...path])
      else if (names.indexOf(next) > start && !path.includes(next)) walk(start, [...path, next])
    }
  }
  for (let start = 0; start < names.length; start++) walk(start, [names[start]!])
  return found
}

/** The number of edges on the longest path of dependencies below each name of a graph without circles. */
export function longestPaths(graph: Graph): Map<string, number> {
  const known = new Map<string, number>()
  const length = (name: string): number => {
    const before = known.get(name)
    if (before !== undefined) return before
    const longest = Math.max(-1, ...(graph.successors(name) ?? []).map(length)) + 1
    known.set(name, longest)
    return longest
  }
  for (const name of graph.nodes()) length(name)
  return known
}

export const sorted = (names: Iterable<string>): string[] => [...names].sort()
