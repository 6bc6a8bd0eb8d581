import { DependencyGraph } from '@cf-plugins/graph'
import { alg, Graph } from '@dagrejs/graphlib'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { acyclicEntries, sorted } from './oracle.ts'

type Command = readonly ['try' | 'add' | 'removeDependency' | 'removeNode' | 'addNode' | 'ask', number, number]

const command = (size: number): fc.Arbitrary<Command> => {
  const node = fc.nat({ max: size - 1 })
  const weighted = (kind: Command[0], weight: number) => ({
    weight,
    arbitrary: fc.tuple(fc.constant(kind), node, node),
  })
  return fc.oneof(
    weighted('try', 12),
    weighted('add', 2),
    weighted('removeDependency', 6),
    weighted('removeNode', 2),
    weighted('addNode', 1),
    weighted('ask', 2),
  )
}

/** Runs the commands on both, and checks every answer on the way. */
function runBoth(commands: readonly Command[]): void {
  const graph = new DependencyGraph()
  const oracle = new Graph({ directed: true })
  let names: string[] = []
  const mention = (name: string): void => {
    if (!names.includes(name)) names.push(name)
  }
  for (const [kind, a, b] of commands) {
    const [from, to] = [`n${a}`, `n${b}`]
    if (kind === 'try') {
      const closes = from === to || (oracle.hasNode(to) && reaches(oracle, to, from))
      const result = graph.tryAddDependency(from, to)
      expect(result.added).toBe(!closes || (from !== to && oracle.hasEdge(from, to)))
      if (result.added) {
        oracle.setEdge(from, to)
        mention(from)
        mention(to)
      } else {
        expect(result.cycle.slice(0, 2)).toEqual(from === to ? [from] : [from, to])
        for (const [at, name] of result.cycle.entries()) {
          const next = result.cycle[(at + 1) % result.cycle.length]!
          if (at > 0) expect(oracle.hasEdge(name, next)).toBe(true)
        }
        expect(new Set(result.cycle).size).toBe(result.cycle.length)
      }
    } else if (kind === 'add') {
      graph.addDependency(from, to)
      oracle.setEdge(from, to)
      mention(from)
      mention(to)
    } else if (kind === 'removeDependency') {
      expect(graph.removeDependency(from, to)).toBe(oracle.hasEdge(from, to))
      oracle.removeEdge(from, to)
    } else if (kind === 'removeNode') {
      expect(graph.removeNode(from)).toBe(oracle.hasNode(from))
      oracle.removeNode(from)
      names = names.filter((name) => name !== from)
    } else if (kind === 'addNode') {
      graph.addNode(from)
      oracle.setNode(from)
      mention(from)
    } else {
      expect(graph.hasDependency(from, to)).toBe(oracle.hasEdge(from, to))
      expect(graph.isAcyclic()).toBe(alg.isAcyclic(oracle))
      expect(graph.has(from)).toBe(oracle.hasNode(from))
      if (graph.has(from)) {
        expect(sorted(graph.dependenciesOf(from))).toEqual(sorted(oracle.successors(from) ?? []))
        expect(sorted(graph.dependentsOf(from))).toEqual(sorted(oracle.predecessors(from) ?? []))
      }
    }
  }
  expect(graph.nodes()).toEqual(names)
  expect(graph.edgeCount).toBe(oracle.edgeCount())
  for (const name of names) {
    expect(sorted(graph.dependenciesOf(name))).toEqual(sorted(oracle.successors(name) ?? []))
    expect(sorted(graph.dependentsOf(name))).toEqual(sorted(oracle.predecessors(name) ?? []))
  }
  expect(graph.isAcyclic()).toBe(alg.isAcyclic(oracle))
}

const reaches = (graph: Graph, from: string, to: string): boolean => alg.preorder(graph, [from]).includes(to)

test('over any commands, a dependency is refused exactly when graphlib would have a circle through it', () => {
  fc.assert(
    fc.property(fc.array(command(12), { maxLength: 120 }), (commands) => runBoth(commands)),
    { numRuns: 300 },
  )
})

test('and so over long runs, in which what was removed is cleared away many times', () => {
  fc.assert(
    fc.property(fc.array(command(10), { minLength: 2500, maxLength: 3000, size: 'max' }), (commands) =>
      runBoth(commands),
    ),
    { numRuns: 5, endOnFailure: true },
  )
})

test('a graph that grew by checked dependencies alone has the same order as one made at once', () => {
  fc.assert(
    fc.property(acyclicEntries(25), fc.infiniteStream(fc.nat()), (entries, random) => {
      const graph = new DependencyGraph(entries.map(([name]) => [name, []]))
      const edges = entries.flatMap(([name, dependencies]) => dependencies.map((other) => [name, other] as const))
      const shuffled = edges
        .map((edge) => ({ edge, key: random.next().value ?? 0 }))
        .sort((a, b) => a.key - b.key)
        .map(({ edge }) => edge)
      for (const [name, other] of shuffled) expect(graph.tryAddDependency(name, other)).toEqual({ added: true })
      const nodes = graph.nodes()
      const plain = new DependencyGraph(nodes.map((name) => [name, []]))
      for (const name of nodes) for (const other of graph.dependenciesOf(name)) plain.addDependency(name, other)
      expect(graph.batches().map(sorted)).toEqual(new DependencyGraph(entries).batches().map(sorted))
      expect(graph.topologicalOrder()).toEqual(plain.topologicalOrder())
    }),
  )
})

test('a refused dependency changes nothing, not even by its names', () => {
  const graph = new DependencyGraph([['a', ['b']]])
  expect(graph.tryAddDependency('b', 'a')).toEqual({ added: false, cycle: ['b', 'a'] })
  expect(graph.tryAddDependency('new', 'new')).toEqual({ added: false, cycle: ['new'] })
  expect(graph.nodes()).toEqual(['a', 'b'])
  expect(graph.edgeCount).toBe(1)
})

test('the circle told is no detour', () => {
  const graph = new DependencyGraph([
    ['a', ['long1', 'short']],
    ['long1', ['long2']],
    ['long2', ['long3']],
    ['long3', ['z']],
    ['short', ['z']],
  ])
  expect(graph.tryAddDependency('z', 'a')).toEqual({ added: false, cycle: ['z', 'a', 'short'] })
})

test('a dependency that is there already counts as added, once', () => {
  const graph = new DependencyGraph([['a', ['b']]])
  expect(graph.tryAddDependency('a', 'b')).toEqual({ added: true })
  expect(graph.edgeCount).toBe(1)
})

test('a name removed and added again stands last', () => {
  const graph = new DependencyGraph([
    ['a', []],
    ['b', []],
  ])
  graph.removeNode('a')
  graph.addNode('a')
  expect(graph.nodes()).toEqual(['b', 'a'])
  expect(graph.topologicalOrder()).toEqual(['b', 'a'])
})
