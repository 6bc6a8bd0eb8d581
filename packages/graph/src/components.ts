// Strongly connected components, by Tarjan's algorithm without recursion.
import type { Star } from './star.ts'
import { GONE } from './star.ts'

/** Which component each node is in. Numbers ascend from what is depended on to what depends on it. */
export interface Components {
  readonly of: Int32Array
  readonly count: number
}

export function components(star: Star, size: number): Components {
  const { head, next, target } = star
  const of = new Int32Array(size).fill(-1)
  const reached = new Int32Array(size) // 0: not yet; else when, from 1
  const lowest = new Int32Array(size)
  const open = new Int32Array(size)
  const path = new Int32Array(size)
  const cursor = new Int32Array(size)
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
        } else if (of[to] === -1 && reached[to]! < lowest[node]!) {
          lowest[node] = reached[to]!
        }
        continue
      }
      if (lowest[node] === reached[node]) {
        let member: number
        do {
          member = open[--openSize]!
          of[member] = count
        } while (member !== node)
        count++
      }
      depth--
      if (depth >= 0) {
        const parent = path[depth]!
        if (lowest[node]! < lowest[parent]!) lowest[parent] = lowest[node]!
      }
    }
  }
  return { of, count }
}
