// The same job done with each of the libraries that people use for it: from entries of names to an order and batches.
import { DependencyGraph } from '@cf-plugins/graph'
import { alg, Graph } from '@dagrejs/graphlib'
import { DepGraph } from 'dependency-graph'
import { DirectedGraph } from 'graphology'
import { topologicalGenerations } from 'graphology-dag'
import toposort from 'toposort'
import type { Entries } from './graphs.ts'

export interface Ordered {
  readonly order: readonly string[]
  /** Missing where the library knows no batches. */
  readonly batches?: readonly (readonly string[])[]
}

export function withOurs(entries: Entries): Ordered {
  const graph = new DependencyGraph(entries)
  return { order: graph.topologicalOrder(), batches: graph.batches() }
}

export function withGraphlib(entries: Entries): Ordered {
  const graph = graphlibOf(entries)
  const order = alg.topsort(graph).reverse()
  return { order, batches: batchesOf(order, (name) => graph.successors(name) ?? []) }
}

export function withGraphology(entries: Entries): Ordered {
  const graph = new DirectedGraph()
  for (const [name] of entries) graph.mergeNode(name)
  for (const [name, dependencies] of entries) {
    for (const dependency of dependencies) graph.mergeEdge(dependency, name)
  }
  const batches = topologicalGenerations(graph)
  return { order: batches.flat(), batches }
}

export function withDependencyGraph(entries: Entries): Ordered {
  const graph = dependencyGraphOf(entries)
  const order = graph.overallOrder()
  return { order, batches: batchesOf(order, (name) => graph.directDependenciesOf(name)) }
}

/** It orders, and knows no batches. */
export function withToposort(entries: Entries): Ordered {
  const edges = entries.flatMap(([name, dependencies]) =>
    dependencies.map((dependency): [string, string] => [name, dependency]),
  )
  const names = new Set(entries.map(([name]) => name))
  for (const [, dependency] of edges) names.add(dependency)
  return { order: toposort.array([...names], edges).reverse() }
}

export function graphlibOf(entries: Entries): Graph {
  const graph = new Graph({ directed: true })
  for (const [name, dependencies] of entries) {
    graph.setNode(name)
    for (const dependency of dependencies) graph.setEdge(name, dependency)
  }
  return graph
}

export function dependencyGraphOf(entries: Entries): DepGraph<string> {
  const graph = new DepGraph<string>()
  for (const [name, dependencies] of entries) {
    graph.addNode(name)
    for (const dependency of dependencies) {
      graph.addNode(dependency)
      graph.addDependency(name, dependency)
    }
  }
  return graph
}

function batchesOf(order: readonly string[], dependenciesOf: (name: string) => readonly string[]): string[][] {
  const level = new Map<string, number>()
  const batches: string[][] = []
  for (const name of order) {
    let highest = 0
    for (const dependency of dependenciesOf(name)) highest = Math.max(highest, (level.get(dependency) ?? 0) + 1)
    level.set(name, highest)
    const batch = batches[highest]
    if (batch) batch.push(name)
    else batches[highest] = [name]
  }
  return batches
}
