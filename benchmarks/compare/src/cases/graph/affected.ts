// Who is affected by a change, in order: what a host asks at every reload.
import assert from 'node:assert/strict'
import type { Case, Contender } from '../../case.ts'
import { type TypedGraph, typedGraph } from './by-hand.ts'
import { debianPackages } from './debian.ts'
import { orderAndBatchesByHand } from './floor.ts'
import { type Entries, randomNumbers, scaleFree, shuffled } from './graphs.ts'
import { dependencyGraphOf } from './peers.ts'
import { withoutCircles } from './without-circles.ts'

/** Those that are affected, and it itself where the library counts it among them. */
type Affected = (name: string) => readonly string[]

const debian = debianPackages()
const QUESTIONS = 300

export const affectedCases: readonly Case[] = [
  affectedCase('graph/affected-1k', '1,000 nodes', async () => scaleFree(1_000)),
  affectedCase('graph/affected-debian', debian.of, () => withoutCircles(debian.entries())),
]

function affectedCase(id: string, of: string, entriesOf: () => Promise<Entries>): Case {
  return {
    id,
    title: `who is affected by a change, in order, among ${of}, a question`,
    unit: 'us',
    ours: 'cf-plugins',
    floor: 'typed arrays by hand',
    contenders: {
      'cf-plugins': asking(entriesOf, ours),
      'typed arrays by hand': asking(entriesOf, byHand),
      'dependency-graph': asking(entriesOf, dependencyGraph),
      'graph-data-structure': asking(entriesOf, graphDataStructure),
    },
    goals: [{ of: 'cf-plugins', against: 'dependency-graph', atMost: 1 / 4, aim: 1 / 5, why: 'every reload asks' }],
    timeoutMs: 120_000,
    note: `${QUESTIONS} names, chosen at random, one after the other, of a graph that stays as it is.`,
  }
}

function asking(entriesOf: () => Promise<Entries>, library: (entries: Entries) => Promise<Affected>): Contender {
  return {
    async prepare() {
      const entries = await entriesOf()
      const names = shuffled(
        entries.map(([name]) => name),
        randomNumbers(5),
      ).slice(0, QUESTIONS)
      const affected = await library(entries)
      return {
        run: () => names.reduce((sum, name) => sum + affected(name).length, 0),
        perCall: names.length,
        check() {
          const right = affectedByHand(typedGraph(entries), positionsOf(entries))
          for (const name of names) {
            assert.deepEqual(new Set([name, ...affected(name)]), new Set([name, ...right(name)]), name)
          }
        },
      }
    },
  }
}

async function ours(entries: Entries): Promise<Affected> {
  const { DependencyGraph } = await import('@cf-plugins/graph')
  const graph = new DependencyGraph(entries)
  return (name) => graph.affectedBy([name])
}

async function byHand(entries: Entries): Promise<Affected> {
  return affectedByHand(typedGraph(entries), positionsOf(entries))
}

async function dependencyGraph(entries: Entries): Promise<Affected> {
  const graph = (await dependencyGraphOf())(entries)
  return (name) => graph.dependantsOf(name)
}

/** Of a graph whose edges go from what is depended on. */
async function graphDataStructure(entries: Entries): Promise<Affected> {
  const { Graph, topologicalSort } = await import('graph-data-structure')
  const graph = new Graph()
  for (const [name, dependencies] of entries) {
    graph.addNode(name)
    for (const dependency of dependencies) graph.addEdge(dependency, name)
  }
  return (name) => topologicalSort(graph, { sourceNodes: [name], includeSourceNodes: false })
}

function affectedByHand(
  { names, ids, dependents: { starts, targets } }: TypedGraph,
  positions: Map<string, number>,
): Affected {
  const positionOf = Int32Array.from(names, (name) => positions.get(name)!)
  const stamps = new Int32Array(names.length)
  const found = new Int32Array(names.length)
  let stamp = 0
  return (name) => {
    stamp++
    let count = 0
    const visit = (node: number) => {
      for (let at = starts[node]!; at < starts[node + 1]!; at++) {
        const dependent = targets[at]!
        if (stamps[dependent] === stamp) continue
        stamps[dependent] = stamp
        found[count++] = dependent
      }
    }
    visit(ids.get(name)!)
    for (let at = 0; at < count; at++) visit(found[at]!)
    return Array.from(found.subarray(0, count))
      .sort((a, b) => positionOf[a]! - positionOf[b]!)
      .map((node) => names[node]!)
  }
}

function positionsOf(entries: Entries): Map<string, number> {
  return new Map(orderAndBatchesByHand(entries).order.map((name, index) => [name, index]))
}
