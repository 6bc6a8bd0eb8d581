// One dependency more, with its check for circles: what a host does for each plugin that comes while others run.
import assert from 'node:assert/strict'
import type { Case, Contender } from '../../case.ts'
import { debianPackages } from './debian.ts'
import { OrderByHand } from './edge-by-hand.ts'
import { type Entries, randomNumbers, shuffled } from './graphs.ts'
import { dependencyGraphOf, graphlibOf } from './peers.ts'
import { withoutCircles } from './without-circles.ts'

type Edge = readonly [name: string, dependency: string]

/** Adds a dependency, and tells whether there is no circle. */
type Add = (name: string, dependency: string) => boolean

const debian = debianPackages()
const GRAPHLIB = 'graphlib setEdge + isAcyclic'
const FULL_SORT = 'cf-plugins, a full sort instead'

export const edgeCases: readonly Case[] = [
  {
    id: 'graph/edge-debian',
    title: `one dependency more, with its check for circles, in a half of ${debian.of}`,
    unit: 'us',
    ours: 'cf-plugins',
    alsoOurs: [FULL_SORT],
    floor: 'Pearce-Kelly by hand',
    contenders: {
      'cf-plugins': adding(async () => {
        const { DependencyGraph } = await import('@cf-plugins/graph')
        return (start) => {
          const graph = new DependencyGraph(start)
          return (name, dependency) => graph.tryAddDependency(name, dependency).added
        }
      }),
      'Pearce-Kelly by hand': adding(async () => (start) => {
        const order = new OrderByHand(start)
        return (name, dependency) => order.add(name, dependency)
      }),
      [GRAPHLIB]: adding(async () => {
        const { alg } = await import('@dagrejs/graphlib')
        const graphOf = await graphlibOf()
        return (start) => {
          const graph = graphOf(start)
          return (name, dependency) => alg.isAcyclic(graph.setEdge(name, dependency))
        }
      }),
      'dependency-graph addDependency + overallOrder': adding(async () => {
        const graphOf = await dependencyGraphOf()
        return (start) => {
          const graph = graphOf(start)
          return (name, dependency) => {
            graph.addNode(name)
            graph.addNode(dependency)
            graph.addDependency(name, dependency)
            return graph.overallOrder().length > 0
          }
        }
      }),
      [FULL_SORT]: { prepare: fullSort },
    },
    goals: [
      { of: 'cf-plugins', against: GRAPHLIB, atMost: 1 / 100 },
      { of: 'cf-plugins', against: FULL_SORT, atMost: 1 / 1000, why: 'a plugin more is not a graph more' },
    ],
    rounds: 9,
    timeoutMs: 180_000,
    note: 'Half of the dependencies are there; the others come in random order, one at a time. The full sort is of all of them.',
  },
]

function adding(library: () => Promise<(start: Entries) => Add>): Contender {
  return {
    async prepare() {
      const make = await library()
      const edges = await shuffledEdges()
      const half = edges.length >> 1
      const start = edges.slice(0, half).map(([name, dependency]): [string, string[]] => [name, [dependency]])
      let add: Add = () => true
      let step = edges.length
      return {
        before() {
          if (step < edges.length - half / 4) return
          add = make(start)
          step = half
          // The first check makes the order that all others mend.
          next()
        },
        run: next,
        check: (isAdded) => assert.equal(isAdded, true),
      }

      function next(): boolean {
        const [name, dependency] = edges[step++ % edges.length] as Edge
        return add(name, dependency)
      }
    },
  }
}

async function fullSort() {
  const { DependencyGraph } = await import('@cf-plugins/graph')
  const graph = new DependencyGraph(await withoutCircles(debian.entries()))
  return {
    run: () => {
      // Or else its order of before is still right.
      graph.addNode('another').removeNode('another')
      return graph.topologicalOrder()
    },
  }
}

async function shuffledEdges(): Promise<Edge[]> {
  const entries = await withoutCircles(debian.entries())
  const edges = entries.flatMap(([name, dependencies]) => dependencies.map((dependency): Edge => [name, dependency]))
  return shuffled(edges, randomNumbers(3))
}
