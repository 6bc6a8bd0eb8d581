import { DependencyGraph } from '@cf-plugins/graph'
import { alg } from '@dagrejs/graphlib'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { acyclicEntries, anyEntries, type Entries, graphlibOf, longestPaths, sorted } from './oracle.ts'

const reversed = (entries: Entries) => {
  const graph = graphlibOf([])
  const forward = graphlibOf(entries)
  for (const name of forward.nodes()) graph.setNode(name)
  for (const { v, w } of forward.edges()) graph.setEdge(w, v)
  return graph
}
const without = (names: string[], name: string): string[] => sorted(names.filter((other) => other !== name))

test('transitive dependencies and dependents are what graphlib reaches, circles or not', () => {
  fc.assert(
    fc.property(anyEntries(15), (entries) => {
      const graph = new DependencyGraph(entries)
      const [forward, backward] = [graphlibOf(entries), reversed(entries)]
      for (const name of graph.nodes()) {
        expect(sorted(graph.allDependenciesOf(name))).toEqual(without(alg.preorder(forward, [name]), name))
        expect(sorted(graph.allDependentsOf(name))).toEqual(without(alg.preorder(backward, [name]), name))
      }
    }),
  )
})

test('the affected are the names and all that reaches them, by graphlib', () => {
  fc.assert(
    fc.property(anyEntries(15), fc.array(fc.nat(), { maxLength: 4 }), (entries, picks) => {
      const graph = new DependencyGraph(entries)
      fc.pre(graph.size > 0)
      const names = picks.map((pick) => graph.nodes()[pick % graph.size]!)
      const expected = names.length === 0 ? [] : alg.preorder(reversed(entries), [...new Set(names)])
      expect(sorted(graph.affectedBy(names))).toEqual(sorted(expected))
    }),
  )
})

test('every answer is in the order of the whole graph, few names or many', () => {
  fc.assert(
    fc.property(acyclicEntries(60), (entries) => {
      const graph = new DependencyGraph(entries)
      const order = graph.topologicalOrder()
      for (const name of graph.nodes()) {
        for (const answer of [graph.affectedBy([name]), graph.allDependentsOf(name), graph.allDependenciesOf(name)]) {
          const chosen = new Set(answer)
          expect(answer).toEqual(order.filter((other) => chosen.has(other)))
        }
      }
    }),
  )
})

test('with a circle in it, what does not take part in the circle still comes in order', () => {
  fc.assert(
    fc.property(anyEntries(12), (entries) => {
      const graph = new DependencyGraph(entries)
      const oracle = graphlibOf(entries)
      const component = new Map(alg.tarjan(oracle).flatMap((members, at) => members.map((name) => [name, at] as const)))
      const answer = graph.affectedBy(graph.nodes())
      for (const { v, w } of oracle.edges()) {
        if (component.get(v) !== component.get(w)) expect(answer.indexOf(w)).toBeLessThan(answer.indexOf(v))
      }
    }),
  )
})

test('an answer is about the graph as it is now', () => {
  const graph = new DependencyGraph([['app', ['auth']]])
  expect(graph.affectedBy(['auth'])).toEqual(['auth', 'app'])
  graph.addDependency('cli', 'app')
  expect(graph.affectedBy(['auth'])).toEqual(['auth', 'app', 'cli'])
  graph.removeDependency('app', 'auth')
  expect(graph.affectedBy(['auth'])).toEqual(['auth'])
})

test('a name that is not there is an error that names it', () => {
  const graph = new DependencyGraph([['app', []]])
  const questions = [
    () => graph.dependenciesOf('nope'),
    () => graph.dependentsOf('nope'),
    () => graph.allDependenciesOf('nope'),
    () => graph.allDependentsOf('nope'),
    () => graph.affectedBy(['app', 'nope']),
  ]
  for (const ask of questions) {
    const expected = { code: 'CFP_GRAPH_UNKNOWN', message: 'There is no "nope" in the graph. Add it first.' }
    expect(ask).toThrowError(expect.objectContaining(expected))
  }
})

test('with a circle in it, levels are those of the graph in which each circle is one node', () => {
  fc.assert(
    fc.property(anyEntries(12), (entries) => {
      const graph = new DependencyGraph(entries)
      const oracle = graphlibOf(entries)
      const component = new Map(
        alg.tarjan(oracle).flatMap((members, at) => members.map((name) => [name, `c${at}`] as const)),
      )
      const condensed = graphlibOf([...component.values()].map((name) => [name, []]))
      for (const { v, w } of oracle.edges()) {
        if (component.get(v) !== component.get(w)) condensed.setEdge(component.get(v)!, component.get(w)!)
      }
      const level = longestPaths(condensed)
      const expected = graph.nodes().map((name, at) => ({ name, at, level: level.get(component.get(name)!)! }))
      expected.sort((a, b) => a.level - b.level || a.at - b.at)
      expect(graph.affectedBy(graph.nodes())).toEqual(expected.map(({ name }) => name))
    }),
  )
})
