// What a host does with its plugins' dependencies at every start, and at every change: order them, find the circles, ask who is affected.
import assert from 'node:assert/strict'
import { compare } from '@cf-plugins/bench-harness'
import { DependencyGraph } from '@cf-plugins/graph'
import { alg } from '@dagrejs/graphlib'
import { orderAndBatchesByHand } from './floor.ts'
import type { Entries } from './graphs.ts'
import { randomNumbers, realGraph, scaleFree, shuffled, withoutCircles } from './graphs.ts'
import {
  dependencyGraphOf,
  graphlibOf,
  type Ordered,
  withDependencyGraph,
  withGraphlib,
  withGraphology,
  withOurs,
  withToposort,
} from './peers.ts'

const real = realGraph()
const realOrderable = withoutCircles(real.entries)

await orders('1,000 plugins', scaleFree(1_000))
await orders('10,000 plugins', scaleFree(10_000))
await orders('100,000 plugins', scaleFree(100_000))
await orders(real.title, realOrderable)
await circles()
await oneMore()
await affected()

async function orders(what: string, entries: Entries): Promise<void> {
  const ways: Record<string, (entries: Entries) => Ordered> = {
    ours: withOurs,
    'floor (by hand)': orderAndBatchesByHand,
    graphlib: withGraphlib,
    graphology: withGraphology,
    'dependency-graph': withDependencyGraph,
    'toposort (no batches)': withToposort,
  }
  const size = withOurs(entries).order.length
  for (const [name, way] of Object.entries(ways)) {
    const { order, batches } = way(entries)
    assert.equal(order.length, size, name)
    if (batches)
      assert.deepEqual(
        batches.map((batch) => batch.length),
        withOurs(entries).batches?.map((batch) => batch.length),
        name,
      )
  }
  const peers = ['graphology', 'dependency-graph', 'toposort (no batches)']
  await compare(
    `Build, order and batches, from names: ${what}`,
    Object.fromEntries(Object.entries(ways).map(([name, way]) => [name, () => way(entries)])),
    {
      rounds: 15,
      budgetMs: 2_000,
      goals: [
        ...peers.map((against) => ({ of: 'ours', against, atMost: 1 / 3 })),
        { of: 'ours', against: 'graphlib', atMost: 1 / 30 },
        { of: 'ours', against: 'floor (by hand)', atMost: 2.2 },
      ],
    },
  )
}

async function circles(): Promise<void> {
  const ours = new DependencyGraph(real.entries)
  const theirs = graphlibOf(real.entries)
  const onCircles = new Set(ours.cycles({ limit: Number.POSITIVE_INFINITY }).flat())
  assert.deepEqual(onCircles, new Set(alg.findCycles(theirs).flat().sort(byPlaceIn(onCircles))))
  await compare(
    `All ${ours.cycles().length} circles, as paths: ${real.title}`,
    { ours: () => ours.cycles(), 'graphlib findCycles (members only)': () => alg.findCycles(theirs) },
    { rounds: 9, goals: [{ of: 'ours', against: 'graphlib findCycles (members only)', atMost: 1 / 25 }] },
  )
}

/** Every dependency of a graph in random order, one at a time, each with its check. */
async function oneMore(): Promise<void> {
  const edges = realOrderable.flatMap(([name, dependencies]) => dependencies.map((other) => [name, other] as const))
  const steps = shuffled(edges, randomNumbers(3)).slice(0, 2_000)
  const removed = new Set(steps.map(([name, other]) => `${name}\n${other}`))
  const rest = realOrderable.map(
    ([name, dependencies]) => [name, dependencies.filter((other) => !removed.has(`${name}\n${other}`))] as const,
  )
  const ours = new DependencyGraph(rest)
  const theirs = graphlibOf(rest)
  const sorted = new DependencyGraph(realOrderable)
  let ourStep = 0
  let theirStep = 0
  await compare(
    `One dependency more, with its check: ${real.title}`,
    {
      ours: () => {
        const [name, other] = steps[ourStep++ % steps.length]!
        ours.removeDependency(name, other)
        return ours.tryAddDependency(name, other)
      },
      'graphlib setEdge + isAcyclic': () => {
        const [name, other] = steps[theirStep++ % steps.length]!
        theirs.setEdge(name, other)
        return alg.isAcyclic(theirs)
      },
      'a full sort of ours': () => sorted.addNode('x').removeNode('x') && sorted.topologicalOrder(),
    },
    {
      rounds: 5,
      goals: [
        { of: 'ours', against: 'graphlib setEdge + isAcyclic', atMost: 1 / 100 },
        { of: 'ours', against: 'a full sort of ours', atMost: 1 / 1000 },
      ],
    },
  )
}

async function affected(): Promise<void> {
  const ours = new DependencyGraph(realOrderable)
  const theirs = dependencyGraphOf(realOrderable)
  const random = randomNumbers(5)
  const names = shuffled(ours.nodes(), random).slice(0, 300)
  for (const name of names.slice(0, 20)) {
    assert.deepEqual(new Set(ours.allDependentsOf(name)), new Set(theirs.dependantsOf(name)))
  }
  const ask = (question: (name: string) => string[]) => () =>
    names.reduce((sum, name) => sum + question(name).length, 0)
  await compare(
    `Who is affected by a change, in order: ${real.title}`,
    { ours: ask((name) => ours.affectedBy([name])), 'dependency-graph': ask((name) => theirs.dependantsOf(name)) },
    { rounds: 15, perCall: names.length, goals: [{ of: 'ours', against: 'dependency-graph', atMost: 1 / 5 }] },
  )
}

function byPlaceIn(names: ReadonlySet<string>): (a: string, b: string) => number {
  const place = new Map([...names].map((name, at) => [name, at]))
  return (a, b) => (place.get(a) ?? 0) - (place.get(b) ?? 0)
}
