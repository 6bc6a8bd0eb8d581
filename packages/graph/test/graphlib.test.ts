import { DependencyGraph } from '@cf-plugins/graph'
import { alg, Graph, json } from '@dagrejs/graphlib'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { acyclicEntries, anyEntries } from './oracle.ts'

test('there and back, a graph is the same, in the same order', () => {
  fc.assert(
    fc.property(anyEntries(12), (entries) => {
      const graph = new DependencyGraph(entries)
      const back = DependencyGraph.fromGraphlib(graph.toGraphlib())
      expect(back.nodes()).toEqual(graph.nodes())
      expect(back.edgeCount).toBe(graph.edgeCount)
      for (const name of graph.nodes()) expect(back.dependenciesOf(name)).toEqual(graph.dependenciesOf(name))
    }),
  )
})

test("what comes out is graphlib's own class, which its algorithms and its JSON take", () => {
  fc.assert(
    fc.property(acyclicEntries(12), (entries) => {
      const graph = new DependencyGraph(entries).toGraphlib()
      expect(graph).toBeInstanceOf(Graph)
      expect(alg.topsort(graph)).toHaveLength(graph.nodeCount())
      expect(DependencyGraph.fromGraphlib(json.read(json.write(graph))).size).toBe(graph.nodeCount())
    }),
  )
})

test.each(['__proto__', 'constructor', 'toString', 'a\u0001b'])(
  'the name %j is refused, and no prototype is touched',
  (name) => {
    const graph = new DependencyGraph([['fine', [name]]])
    expect(() => graph.toGraphlib()).toThrowError(expect.objectContaining({ code: 'CFP_GRAPH_NAME' }))
    expect(() => graph.toGraphlib()).toThrowError(JSON.stringify(name))
    expect(Object.keys(Object.prototype)).toEqual([])
  },
)

test('several edges between two nodes are one dependency', () => {
  const multigraph = new Graph({ directed: true, multigraph: true })
  multigraph.setEdge('a', 'b', 'label', 'first').setEdge('a', 'b', 'label', 'second')
  const graph = DependencyGraph.fromGraphlib(multigraph)
  expect([graph.edgeCount, graph.dependenciesOf('a')]).toEqual([1, ['b']])
})

test('an undirected graph is refused', () => {
  const read = () => DependencyGraph.fromGraphlib(new Graph({ directed: false }))
  expect(read).toThrowError(expect.objectContaining({ code: 'CFP_GRAPH_UNDIRECTED' }))
})
