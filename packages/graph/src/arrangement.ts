// Where each node stands: the longest-path levels of the graph by Kahn's algorithm, over compressed rows.
import type { Adjacency } from './adjacency.ts'
import { components } from './components.ts'

/** The graph at one version: who depends on whom as compressed rows, and the order of it all. */
export interface Arrangement {
  /** Dependents of `id` are `dependents[starts[id]]` up to `dependents[starts[id + 1]]`, ascending. */
  readonly starts: Int32Array
  readonly dependents: Int32Array
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
  const { head, next, target, edgeCount } = graph
  const size = graph.names.length
  const starts = new Int32Array(size + 1)
  const dependents = new Int32Array(edgeCount)
  // First where each row ends; filling it from the end leaves where it starts.
  for (let edge = 1; edge <= edgeCount; edge++) starts[target[edge]!]!++
  let sum = 0
  for (let id = 0; id <= size; id++) {
    sum += starts[id]!
    starts[id] = sum
  }
  const waitsFor = new Int32Array(size)
  for (let id = size - 1; id >= 0; id--) {
    let count = 0
    for (let edge = head[id]!; edge !== 0; edge = next[edge]!) {
      dependents[--starts[target[edge]!]!] = id
      count++
    }
    waitsFor[id] = count
  }
  let level: Int32Array = new Int32Array(size)
  const queue = new Int32Array(size)
  let filled = 0
  for (let id = 0; id < size; id++) if (waitsFor[id] === 0) queue[filled++] = id
  let depth = 0
  let taken = 0
  for (; taken < filled; depth++) {
    for (const end = filled; taken < end; taken++) {
      const id = queue[taken]!
      level[id] = depth
      for (let row = starts[id]!, last = starts[id + 1]!; row < last; row++) {
        const dependent = dependents[row]!
        if (--waitsFor[dependent]! === 0) queue[filled++] = dependent
      }
    }
  }
  const acyclic = filled === size
  if (!acyclic) {
    level = components(graph, size).level
    depth = level.reduce((highest, each) => Math.max(highest, each + 1), 0)
  }
  const levels = new Int32Array(depth + 1)
  for (let id = 0; id < size; id++) levels[level[id]! + 1]!++
  for (let at = 1; at <= depth; at++) levels[at]! += levels[at - 1]!
  const place = levels.slice()
  // The queue's memory is free again, and it has the right size.
  for (let id = 0; id < size; id++) queue[place[level[id]!]!++] = id
  return { starts, dependents, order: queue, levels, acyclic }
}
