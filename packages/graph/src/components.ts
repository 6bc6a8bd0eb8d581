// Strongly connected components, by Pearce's form of Tarjan's algorithm, without recursion.
import type { Star } from './star.ts'

/** What belongs together because each leads to each. */
export interface Components {
  /** The component of each node: below {@link count}, and above those of all other components that it leads to. */
  readonly of: Int32Array
  readonly count: number
  /** The members of each component that has a circle. */
  readonly knots: readonly (readonly number[])[]
}

/**
 * For a star without gone edges.
 *
 * @param first as if the nodes below this one, and the edges to them, were not there; `of` says nothing of them
 */
export function components({ head, next, target }: Star, size: number, first = 0): Components {
  // 0: not yet reached; while open, when it was reached; then, the earliest that it leads back to; when closed, its
  // component, in numbers above all of these. One array to look at for each edge, where Tarjan's algorithm has three.
  const mark = new Int32Array(size)
  // The way from the root to here: of each node itself, the edge to go on from, and the earliest so far.
  const path = new Int32Array(size * 3)
  const leadsToItself = new Uint8Array(size)
  const open: number[] = []
  const knots: number[][] = []
  let clock = 0
  let closed = size
  mark.fill(2 * size + 1, 0, first)
  for (let root = first; root < size; root++) {
    if (mark[root] !== 0) continue
    let depth = 0
    let node = root
    let edge = head[root]!
    let own = ++clock
    let earliest = own
    mark[root] = own
    for (;;) {
      while (edge !== 0) {
        const to = target[edge]!
        const its = mark[to]!
        if (its === 0) {
          // The edge is looked at again when this one is done.
          path[depth++] = node
          path[depth++] = edge
          path[depth++] = earliest
          node = to
          edge = head[to]!
          mark[to] = earliest = own = ++clock
        } else {
          if (its < earliest) earliest = its
          else if (to === node) leadsToItself[node] = 1
          edge = next[edge]!
        }
      }
      if (earliest < own) {
        mark[node] = earliest
        open.push(node)
      } else {
        mark[node] = ++closed
        const alone = open.length === 0 || mark[open[open.length - 1]!]! < own
        if (!alone || leadsToItself[node] === 1) {
          const knot = [node]
          while (open.length > 0 && mark[open[open.length - 1]!]! >= own) knot.push(open.pop()!)
          for (const member of knot) mark[member] = closed
          knots.push(knot)
        }
      }
      if (depth === 0) break
      earliest = path[--depth]!
      edge = path[--depth]!
      node = path[--depth]!
      own = mark[node]!
    }
  }
  for (let node = 0; node < size; node++) mark[node]! -= size + 1
  return { of: mark, count: closed - size, knots }
}
