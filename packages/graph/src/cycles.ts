// Every elementary cycle as a path: Johnson's algorithm inside each strongly connected component, without recursion.
import { components } from './components.ts'
import type { Star } from './star.ts'

/** One component that has a cycle, with its nodes renumbered from 0 in ascending order of their ids. */
interface Knot extends Star {
  readonly ids: Int32Array
  /** By node, where the edges come from that arrive at it. */
  readonly sources: number[][]
}

/** What the search knows about a node: nothing, that it is on the path, or that every way on from it is blocked. */
const FREE = 0
const ON_PATH = 1
const BLOCKED = 2

/**
 * Cycles as paths of ids, each beginning at its lowest id, at most `limit`. The time is linear in the size of the
 * knots for each cycle found, and linear in the graph for all the rest. For a star without gone edges.
 */
export function elementaryCycles(star: Star, size: number, limit: number): number[][] {
  const found: number[][] = []
  const work = knotsOf(star, size)
  for (let knot = work.pop(); knot !== undefined && found.length < limit; knot = work.pop()) {
    cyclesThroughFirst(knot, limit, found)
    if (knot.ids.length > 1) work.push(...knotsOf(knot, knot.ids.length, knot.ids))
  }
  return found
}

/** The knots of a star, or what is left of a knot without its first node; those with the lowest ids last. */
function knotsOf(star: Star, size: number, ids?: Int32Array): Knot[] {
  const { of, knots } = components(star, size, ids ? 1 : 0)
  const local = new Int32Array(size)
  const result = knots.map((members): Knot => {
    const nodes = Int32Array.from(members).sort()
    const sources: number[][] = members.map(() => [])
    const head = new Int32Array(nodes.length)
    const next = [0]
    const target = [0]
    for (let at = 0; at < nodes.length; at++) local[nodes[at]!] = at
    for (let from = 0; from < nodes.length; from++) {
      const node = nodes[from]!
      const inside: number[] = []
      for (let edge = star.head[node]!; edge !== 0; edge = star.next[edge]!) {
        const to = star.target[edge]!
        if (of[to] === of[node]) inside.push(local[to]!)
      }
      // A knot's edges come in the order in which they were added, a graph's the other way round.
      if (ids) inside.reverse()
      for (const to of inside) {
        sources[to]!.push(from)
        next.push(head[from]!)
        head[from] = target.push(to) - 1
      }
    }
    return {
      ids: ids ? nodes.map((node) => ids[node]!) : nodes,
      head,
      // Of the same kind as a graph's, so that the loops over both are compiled for one.
      next: new Int32Array(next),
      target: new Int32Array(target),
      sources,
    }
  })
  return result.sort((a, b) => b.ids[0]! - a.ids[0]!)
}

function cyclesThroughFirst({ ids, head, next, target, sources }: Knot, limit: number, found: number[][]): void {
  const state = new Uint8Array(ids.length)
  const closes = new Uint8Array(ids.length)
  const cursor = Int32Array.from(head)
  const path = [0]
  while (path.length > 0) {
    const node = path[path.length - 1]!
    const edge = cursor[node]!
    if (edge !== 0) {
      cursor[node] = next[edge]!
      const to = target[edge]!
      if (to === 0) {
        found.push(path.map((member) => ids[member]!))
        if (found.length === limit) return
        closes[node] = 1
      } else if (state[to] === FREE) {
        path.push(to)
        cursor[to] = head[to]!
        state[to] = ON_PATH
        closes[to] = 0
      }
      continue
    }
    path.pop()
    if (closes[node] === 0) {
      state[node] = BLOCKED
      continue
    }
    if (path.length > 0) closes[path[path.length - 1]!] = 1
    // Whatever was blocked only because this node was taken is free with it.
    const freed = [node]
    state[node] = FREE
    for (let free = freed.pop(); free !== undefined; free = freed.pop()) {
      for (const source of sources[free]!) {
        if (state[source] !== BLOCKED) continue
        state[source] = FREE
        freed.push(source)
      }
    }
  }
}
