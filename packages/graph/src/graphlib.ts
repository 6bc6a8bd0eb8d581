// To and from the graphs of @dagrejs/graphlib, for its algorithms, its JSON and dagre's layouts.
import { Graph } from '@dagrejs/graphlib'
import { GraphError } from './errors.ts'

/** What is read of a graphlib graph; one of any copy or version of the library fits. */
export interface GraphlibLike {
  isDirected(): boolean
  nodes(): string[]
  successors(node: string): string[] | undefined
}

/**
 * @throws GraphError `CFP_GRAPH_NAME` for a name that graphlib would lose, confuse or write to `Object.prototype`.
 */
export function toGraphlib(nodes: readonly string[], dependenciesOf: (name: string) => readonly string[]): Graph {
  // graphlib finds nodes by `in` on plain objects, and joins the names of an edge by \x01.
  const refused = nodes.filter((name) => name in Object.prototype || name.includes('\x01'))
  if (refused.length > 0) {
    const names = refused.map((name) => JSON.stringify(name)).join(', ')
    throw new GraphError(
      'CFP_GRAPH_NAME',
      `graphlib keeps names as keys of plain objects and can't have a node called ${names}. Rename it, or leave it out.`,
    )
  }
  const graph = new Graph({ directed: true })
  for (const name of nodes) graph.setNode(name)
  for (const name of nodes) for (const dependency of dependenciesOf(name)) graph.setEdge(name, dependency)
  return graph
}

/**
 * @throws GraphError `CFP_GRAPH_UNDIRECTED`.
 */
export function* entriesOfGraphlib(graph: GraphlibLike): Iterable<readonly [string, Iterable<string>]> {
  if (!graph.isDirected()) {
    throw new GraphError(
      'CFP_GRAPH_UNDIRECTED',
      "The graphlib graph is undirected, so it doesn't say who depends on whom. Make it with { directed: true }.",
    )
  }
  const nodes = graph.nodes()
  for (const name of nodes) yield [name, []]
  for (const name of nodes) yield [name, graph.successors(name) ?? []]
}
