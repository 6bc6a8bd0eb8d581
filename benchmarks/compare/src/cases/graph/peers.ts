// The same job done with each of the libraries that people use for it: from entries of names to an order and batches.
import type { Graph } from '@dagrejs/graphlib'
import type { DepGraph } from 'dependency-graph'
import type { Entries } from './graphs.ts'

/** What a sort comes to. */
export interface Ordered {
  /** What is depended on, before what depends on it. */
  readonly order: readonly string[]
  /** Missing where the library knows no batches. */
  readonly batches?: readonly (readonly string[])[]
}

/** From entries to an order, with the library at hand. */
export type Sort = (entries: Entries) => Ordered

export async function ours(): Promise<Sort> {
  const { DependencyGraph } = await import('@cf-plugins/graph')
  return (entries) => {
    const graph = new DependencyGraph(entries)
    return { order: graph.topologicalOrder(), batches: graph.batches() }
  }
}

export async function graphlib(): Promise<Sort> {
  const { alg } = await import('@dagrejs/graphlib')
  const graphOf = await graphlibOf()
  return (entries) => {
    const graph = graphOf(entries)
    const order = alg.topsort(graph).reverse()
    return { order, batches: batchesOf(order, (name) => graph.successors(name) ?? []) }
  }
}

export async function graphology(): Promise<Sort> {
  const { DirectedGraph } = await import('graphology')
  const { topologicalGenerations } = (await import('graphology-dag')).default
  return (entries) => {
    const graph = new DirectedGraph()
    for (const [name] of entries) graph.mergeNode(name)
    for (const [name, dependencies] of entries) {
      for (const dependency of dependencies) graph.mergeEdge(dependency, name)
    }
    const batches = topologicalGenerations(graph)
    return { order: batches.flat(), batches }
  }
}

export async function dependencyGraph(): Promise<Sort> {
  const graphOf = await dependencyGraphOf()
  return (entries) => {
    const graph = graphOf(entries)
    const order = graph.overallOrder()
    return { order, batches: batchesOf(order, (name) => graph.directDependenciesOf(name)) }
  }
}

export async function graphDataStructure(): Promise<Sort> {
  const { Graph, topologicalSort } = await import('graph-data-structure')
  return (entries) => {
    const graph = new Graph()
    for (const [name, dependencies] of entries) {
      graph.addNode(name)
      for (const dependency of dependencies) graph.addEdge(name, dependency)
    }
    return { order: topologicalSort(graph).reverse() }
  }
}

export async function toposort(): Promise<Sort> {
  const { array } = (await import('toposort')).default
  return (entries) => {
    const edges = entries.flatMap(([name, dependencies]) =>
      dependencies.map((dependency): [string, string] => [name, dependency]),
    )
    const names = new Set(entries.map(([name]) => name))
    for (const [, dependency] of edges) names.add(dependency)
    return { order: array([...names], edges).reverse() }
  }
}

export async function graphlibOf(): Promise<(entries: Entries) => Graph> {
  const { Graph } = await import('@dagrejs/graphlib')
  return (entries) => {
    const graph = new Graph({ directed: true })
    for (const [name, dependencies] of entries) {
      graph.setNode(name)
      for (const dependency of dependencies) graph.setEdge(name, dependency)
    }
    return graph
  }
}

export async function dependencyGraphOf(): Promise<(entries: Entries) => DepGraph<string>> {
  const { DepGraph } = await import('dependency-graph')
  return (entries) => {
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
}

/** By hand, for libraries that order only. */
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
