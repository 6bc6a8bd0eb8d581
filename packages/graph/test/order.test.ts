import { DependencyGraph, GraphError } from '@cf-plugins/graph'
import { alg } from '@dagrejs/graphlib'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { acyclicEntries, anyEntries, graphlibOf, longestPaths, mentioned, sorted } from './oracle.ts'

test('the order has every name once, and each after all that it depends on', () => {
  fc.assert(
    fc.property(acyclicEntries(30), (entries) => {
      const order = new DependencyGraph(entries).topologicalOrder()
      const place = new Map(order.map((name, at) => [name, at]))
      expect(sorted(order)).toEqual(sorted(graphlibOf(entries).nodes()))
      for (const [name, dependencies] of entries) {
        for (const dependency of dependencies) expect(place.get(dependency)).toBeLessThan(place.get(name)!)
      }
    }),
  )
})

test('a batch is what has the same longest path of dependencies, in order of insertion', () => {
  fc.assert(
    fc.property(acyclicEntries(30), (entries) => {
      const depth = longestPaths(graphlibOf(entries))
      const expected: string[][] = []
      for (const name of mentioned(entries)) {
        const level = depth.get(name)!
        expected[level] ??= []
        expected[level].push(name)
      }
      const graph = new DependencyGraph(entries)
      expect(graph.batches()).toEqual(expected)
      expect(graph.topologicalOrder()).toEqual(expected.flat())
    }),
  )
})

test('a graph is acyclic when graphlib says so, and otherwise an order is refused with its circles', () => {
  fc.assert(
    fc.property(anyEntries(8), (entries) => {
      const graph = new DependencyGraph(entries)
      expect(graph.isAcyclic()).toBe(alg.isAcyclic(graphlibOf(entries)))
      if (graph.isAcyclic()) return
      for (const ask of [() => graph.topologicalOrder(), () => graph.batches()]) {
        const error = thrownBy(ask)
        expect(error.code).toBe('CFP_GRAPH_CYCLE')
        expect(error.cycles).toEqual(graph.cycles({ limit: 100 }))
      }
    }),
  )
})

test('nodes, edges and direct dependencies are those of graphlib, in order of insertion', () => {
  fc.assert(
    fc.property(anyEntries(12), (entries) => {
      const graph = new DependencyGraph(entries)
      const oracle = graphlibOf(entries)
      expect(graph.nodes()).toEqual(mentioned(entries))
      expect(graph.size).toBe(oracle.nodeCount())
      expect(graph.edgeCount).toBe(oracle.edgeCount())
      const rank = (name: string): number => graph.nodes().indexOf(name)
      for (const name of graph.nodes()) {
        const declared = entries.filter(([entry]) => entry === name).flatMap(([, dependencies]) => dependencies)
        expect(graph.dependenciesOf(name)).toEqual([...new Set(declared)])
        const dependents = oracle.predecessors(name) ?? []
        expect(graph.dependentsOf(name)).toEqual(dependents.sort((a, b) => rank(a) - rank(b)))
      }
    }),
  )
})

test('adding one by one makes the same graph as all at once', () => {
  fc.assert(
    fc.property(anyEntries(12), (entries) => {
      const graph = new DependencyGraph()
      for (const [name, dependencies] of entries) {
        graph.addNode(name)
        for (const dependency of dependencies) graph.addDependency(name, dependency)
      }
      const whole = new DependencyGraph(entries)
      expect(graph.nodes()).toEqual(whole.nodes())
      expect(graph.edgeCount).toBe(whole.edgeCount)
      expect(graph.cycles({ limit: 50 })).toEqual(whole.cycles({ limit: 50 }))
      for (const name of graph.nodes()) expect(graph.dependenciesOf(name)).toEqual(whole.dependenciesOf(name))
    }),
  )
})

test('an empty graph has an empty order and no batches', () => {
  const graph = new DependencyGraph()
  expect([graph.topologicalOrder(), graph.batches(), graph.cycles(), graph.affectedBy([])]).toEqual([[], [], [], []])
})

test('a message of many long circles stays readable, and the error still has them', () => {
  const names = Array.from({ length: 50 }, (_, index) => `n${index}`)
  const graph = new DependencyGraph(names.map((name, at) => [name, [names[(at + 1) % 50]!, name]]))
  const error = thrownBy(() => graph.batches())
  expect(error.cycles).toHaveLength(51)
  expect(error.message.length).toBeLessThan(400)
  expect(error.message).toContain('n18 -> n19 -> (30 more) -> n0; n0 -> n0; ')
  expect(error.message).toContain('; n3 -> n3; and more. Remove')
})

function thrownBy(act: () => unknown): GraphError {
  try {
    act()
  } catch (error) {
    if (error instanceof GraphError) return error
  }
  throw new Error('No GraphError was thrown.')
}
