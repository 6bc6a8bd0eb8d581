import { DependencyGraph } from '@cf-plugins/graph'
import { alg } from '@dagrejs/graphlib'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { anyEntries, cyclesByTrying, graphlibOf, mentioned, sorted } from './oracle.ts'

const asText = (cycles: string[][]): string[] => sorted(cycles.map((cycle) => cycle.join(' ')))

test('the cycles are exactly those that trying every path finds', () => {
  fc.assert(
    fc.property(anyEntries(7), (entries) => {
      const expected = cyclesByTrying(graphlibOf(entries), mentioned(entries))
      const cycles = new DependencyGraph(entries).cycles({ limit: Number.POSITIVE_INFINITY })
      expect(asText(cycles)).toEqual(asText(expected))
    }),
    { numRuns: 500 },
  )
})

test('the nodes on cycles are the members of what graphlib calls cycles', () => {
  fc.assert(
    fc.property(anyEntries(14), (entries) => {
      const components = alg.findCycles(graphlibOf(entries)).map((members) => new Set(members))
      const cycles = new DependencyGraph(entries).cycles({ limit: 20_000 })
      fc.pre(cycles.length < 20_000)
      expect(sorted(new Set(cycles.flat()))).toEqual(sorted(components.flatMap((members) => [...members])))
      for (const cycle of cycles) {
        expect(components.filter((members) => cycle.every((name) => members.has(name)))).toHaveLength(1)
      }
    }),
  )
})

test('a limit gives the first of the same list', () => {
  fc.assert(
    fc.property(anyEntries(7), fc.integer({ min: 1, max: 12 }), (entries, limit) => {
      const graph = new DependencyGraph(entries)
      const all = graph.cycles({ limit: Number.POSITIVE_INFINITY })
      expect(graph.cycles({ limit })).toEqual(all.slice(0, limit))
    }),
  )
})

describe('the limit', () => {
  const names = Array.from({ length: 40 }, (_, index) => `n${index}`)
  const complete = new DependencyGraph(names.map((name) => [name, names.filter((other) => other !== name)]))

  test('is 1000 by default, and ends the search in a graph with more cycles than atoms in the world', () => {
    expect(complete.cycles()).toHaveLength(1000)
  })

  test.each([0, -1, 1.5, Number.NaN])('%s is refused', (limit) => {
    expect(() => complete.cycles({ limit })).toThrowError(expect.objectContaining({ code: 'CFP_GRAPH_LIMIT' }))
  })
})

test('a path is told in the direction of the dependencies, from the name that was added first', () => {
  const graph = new DependencyGraph([
    ['c', ['a']],
    ['a', ['b']],
    ['b', ['c', 'b']],
  ])
  expect(graph.cycles()).toEqual([['c', 'a', 'b'], ['b']])
})
