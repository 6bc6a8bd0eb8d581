// Strongly connected components, by Tarjan's algorithm without recursion.
import type { Star } from './star.ts'
import { GONE } from './star.ts'

/** The components, numbered in no order that matters, and how high each stands. */
export interface Components {
  /** The component of each node. */
  readonly of: Int32Array
  readonly count: number
  /** The level of each node: how many edges between components the longest path below its own has. */
  readonly level: Int32Array
}

export function components(star: Star, size: number): Components {
  const { head, next, target } = star
  const of = new Int32Array(size).fill(-1)
  const reached = new Int32Array(size) // 0: not yet; else when, from 1
  const lowest = new Int32Array(size)
  const open = new Int32Array(size)
  const path = new Int32Array(size)
  const cursor = new Int32Array(size)
  const level = new Int32Array(size)
  let openSize = 0
  let clock = 0
  let count = 0
  for (let root = 0; root < size; root++) {
    if (reached[root] !== 0) continue
    let depth = 0
    path[0] = root
    cursor[root] = head[root]!
    reached[root] = lowest[root] = ++clock
    open[openSize++] = root
    while (depth >= 0) {
      const node = path[depth]!
      const edge = cursor[node]!
      if (edge !== 0) {
        cursor[node] = next[edge]!
        const to = target[edge]!
        if (to === GONE) continue
        if (reached[to] === 0) {
          path[++depth] = to
          cursor[to] = head[to]!
          reached[to] = lowest[to] = ++clock
          open[openSize++] = to
        } else if (of[to] === -1) {
          if (reached[to]! < lowest[node]!) lowest[node] = reached[to]!
        } else if (level[to]! >= level[node]!) {
          level[node] = level[to]! + 1
        }
        continue
      }
      const closed = lowest[node] === reached[node]
      if (closed) {
        let member: number
        do {
          member = open[--openSize]!
          of[member] = count
          level[member] = level[node]!
        } while (member !== node)
        count++
      }
      if (--depth >= 0) {
        const parent = path[depth]!
        if (lowest[node]! < lowest[parent]!) lowest[parent] = lowest[node]!
        // A node passes its level on to the parent, and so to the one that closes their component, if it isn't closed yet.
        level[parent] = Math.max(level[parent]!, level[node]! + (closed ? 1 : 0))
      }
    }
  }
  return { of, count, level }
}
