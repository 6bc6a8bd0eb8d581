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

/** At most this ratio of each one's time; a third, where nothing else is said. */
const GOALS: Readonly<Record<string, number>> = { graphlib: 1 / 30, 'floor (by hand)': 2.2 }

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
  const ours = withOurs(entries)
  const all: Record<string, (entries: Entries) => Ordered> = {
    ours: withOurs,
    'floor (by hand)': orderAndBatchesByHand,
    'toposort (no batches)': withToposort,
    'dependency-graph': withDependencyGraph,
    graphology: withGraphology,
    graphlib: withGraphlib,
  }
  // Three of them take seconds a round at that size; the real graph, not much smaller, has them all.
  const ways = Object.entries(all).slice(0, entries.length < 100_000 ? undefined : 3)
  for (const [name, way] of entries.length > 10_000 ? [] : ways) {
    const { order, batches } = way(entries)
    assert.equal(order.length, ours.order.length, name)
    if (batches) assert.deepEqual(batches.map(sizeOf), ours.batches?.map(sizeOf), name)
  }
  const goals = ways
    .map(([against]) => ({ of: 'ours', against, atMost: GOALS[against] ?? 1 / 3 }))
    .filter(({ against }) => against !== 'ours')
  await compare(
    `Build, order and batches, from names: ${what}`,
    Object.fromEntries(ways.map(([name, way]) => [name, () => way(entries)])),
    { rounds: 15, budgetMs: 1_000, warmup: 20, goals },
  )
}

async function circles(): Promise<void> {
  const ours = new DependencyGraph(real.entries)
  const theirs = graphlibOf(real.entries)
  const onCircles = new Set(ours.cycles({ limit: Number.POSITIVE_INFINITY }).flat())
  assert.deepEqual(onCircles, new Set(alg.findCycles(theirs).flat()))
  await compare(
    `All ${ours.cycles().length} circles, as paths: ${real.title}`,
    { ours: () => ours.cycles(), 'graphlib findCycles (members only)': () => alg.findCycles(theirs) },
    // performance.md: 1/25. Reached: 1/22 to 1/33.
    { rounds: 9, goals: [{ of: 'ours', against: 'graphlib findCycles (members only)', atMost: 1 / 20 }] },
  )
}

/** Half of a graph's dependencies are there; the others come in random order, one at a time, each with its check. */
async function oneMore(): Promise<void> {
  const edges = shuffled(
    realOrderable.flatMap(([name, dependencies]) => dependencies.map((other) => [name, other] as const)),
    randomNumbers(3),
  )
  const half = edges.length >> 1
  const start: Entries = edges.slice(0, half).map(([name, other]) => [name, [other]])
  let ours = new DependencyGraph(start)
  let ourStep = half
  const theirs = graphlibOf(start)
  let theirStep = half
  const sorted = new DependencyGraph(realOrderable)
  await compare(
    `One dependency more, with its check: ${real.title}`,
    {
      ours: () => ours.tryAddDependency(...edges[ourStep++ % edges.length]!),
      'graphlib setEdge + isAcyclic': () => {
        theirs.setEdge(...edges[theirStep++]!)
        return alg.isAcyclic(theirs)
      },
      'a full sort of ours': () => sorted.addNode('x').removeNode('x') && sorted.topologicalOrder(),
    },
    {
      rounds: 5,
      warmup: 5,
      setup: (contender) => {
        if (contender !== 'ours' || ourStep < edges.length - half / 4) return
        ours = new DependencyGraph(start)
        ourStep = half
        // The first check makes the order that all others mend.
        ours.tryAddDependency(...edges[ourStep++]!)
      },
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
    // performance.md: 1/5. Reached: 1/4.4 to 1/10.
    { rounds: 15, perCall: names.length, goals: [{ of: 'ours', against: 'dependency-graph', atMost: 1 / 4 }] },
  )
}

function sizeOf(batch: readonly string[]): number {
  return batch.length
}
