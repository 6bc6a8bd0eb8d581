// Where each node stands: the level of each node by depth-first search, and all nodes by level.
import type { Adjacency } from './adjacency.ts'
import { components } from './components.ts'
import type { Star } from './star.ts'

/** The order of a graph at one version. */
export interface Arrangement {
  /** All ids by level, and within a level ascending: dependencies come first where there are no cycles. */
  readonly order: Int32Array
  /** Level `k` is `order[levels[k]]` up to `order[levels[k + 1]]`. */
  readonly levels: Int32Array
  readonly acyclic: boolean
}

/**
 * A node's level is the number of edges on the longest path of dependencies below it. With cycles, a component's
 * nodes share the level that the component has in the graph of components.
 */
export function arrange(graph: Adjacency): Arrangement {
  graph.compact()
  const size = graph.names.length
  const free = heights(graph, size)
  const height = free ?? heightsOfComponents(graph, size)
  let tallest = 0
  for (let id = 0; id < size; id++) if (height[id]! > tallest) tallest = height[id]!
  // Counting sort: first how many there are of each height, then where they start, which filling turns into where they end.
  const ends = new Int32Array(tallest + 1)
  for (let id = 0; id < size; id++) ends[height[id]!]!++
  let sum = 0
  for (let at = 0; at <= tallest; at++) {
    sum += ends[at]!
    ends[at] = sum - ends[at]!
  }
  const order = new Int32Array(size)
  for (let id = 0; id < size; id++) order[ends[height[id]!]!++] = id
  return { order, levels: ends, acyclic: free !== undefined }
}

/**
 * The number of nodes on the longest path that begins at each node; `undefined` if there is a cycle. Walks the edges as they
 * are: Kahn's algorithm has to turn them round first, which costs more than all of this.
 */
function heights({ head, next, target }: Star, size: number): Int32Array | undefined {
  // 0: not yet seen. Below 0 while a node is open: what its height is so far.
  const height = new Int32Array(size)
  // The way from the root to here: of each node itself, and the edge to go on from.
  const path = new Int32Array(size * 2)
  for (let root = 0; root < size; root++) {
    if (height[root] !== 0) continue
    let depth = 0
    let node = root
    let edge = head[root]!
    let high = 1
    for (;;) {
      while (edge !== 0) {
        const to = target[edge]!
        const its = height[to]!
        if (its > 0) {
          if (its >= high) high = its + 1
          edge = next[edge]!
          continue
        }
        if (its < 0 || to === node) return undefined
        // To be looked at again when it is closed.
        path[depth++] = node
        path[depth++] = edge
        height[node] = -high
        node = to
        edge = head[to]!
        high = 1
      }
      height[node] = high
      if (depth === 0) break
      edge = path[--depth]!
      node = path[--depth]!
      high = -height[node]!
    }
  }
  return height
}

/** The same where there are cycles: of the graph in which each component is one node. */
function heightsOfComponents({ head, next, target }: Star, size: number): Int32Array {
  const { of, count } = components({ head, next, target }, size)
  // An edge keeps its number; those inside a component are left out.
  const between = {
    head: new Int32Array(count),
    next: new Int32Array(next.length),
    target: new Int32Array(next.length),
  }
  for (let id = 0; id < size; id++) {
    const component = of[id]!
    for (let edge = head[id]!; edge !== 0; edge = next[edge]!) {
      const other = of[target[edge]!]!
      if (other === component) continue
      between.target[edge] = other
      between.next[edge] = between.head[component]!
      between.head[component] = edge
    }
  }
  const height = heights(between, count)
  return of.map((component) => height?.[component] ?? 0)
}
