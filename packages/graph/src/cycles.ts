// Every elementary cycle as a path: Johnson's algorithm inside each strongly connected component, without recursion.
import { components } from './components.ts'
import type { Star } from './star.ts'
import { GONE } from './star.ts'

/** One component that has a cycle, with its nodes renumbered from 0 in ascending order of their ids. */
interface Knot extends Star {
  readonly ids: Int32Array
  readonly head: Int32Array
  readonly next: number[]
  readonly target: number[]
}

/**
 * Cycles as paths of ids, each beginning at its lowest id, at most `limit`. The time is linear in the size of the
 * knots for each cycle found, and linear in the graph for all the rest.
 */
export function elementaryCycles(star: Star, size: number, limit: number): number[][] {
  const found: number[][] = []
  const work = knotsOf(star, size).reverse()
  for (let knot = work.pop(); knot !== undefined && found.length < limit; knot = work.pop()) {
    cyclesThroughFirst(knot, limit, found)
    if (knot.ids.length > 1) work.push(...withoutFirst(knot).reverse())
  }
  return found
}

function knotsOf(star: Star, size: number, ids?: Int32Array): Knot[] {
  const { of, count } = components(star, size)
  const sizes = new Int32Array(count)
  const local = new Int32Array(size)
  for (let node = 0; node < size; node++) local[node] = sizes[of[node]!]!++
  const byComponent = new Map<number, Knot>()
  for (let node = 0; node < size; node++) {
    const component = of[node]!
    if (sizes[component] === 1 && !hasLoop(star, node)) continue
    let knot = byComponent.get(component)
    if (!knot) {
      const members = sizes[component]!
      knot = { ids: new Int32Array(members), head: new Int32Array(members), next: [0], target: [GONE] }
      byComponent.set(component, knot)
    }
    const from = local[node]!
    knot.ids[from] = ids ? ids[node]! : node
    // Walked newest first and linked in front, the copy comes out oldest first: as the edges were added.
    for (let edge = star.head[node]!; edge !== 0; edge = star.next[edge]!) {
      const to = star.target[edge]!
      if (to !== GONE && of[to] === component) link(knot, from, local[to]!)
    }
  }
  return [...byComponent.values()]
}

/** What is left of a knot when all cycles through its first node are known. */
function withoutFirst(knot: Knot): Knot[] {
  const rest: Knot = { ids: knot.ids.subarray(1), head: new Int32Array(knot.ids.length - 1), next: [0], target: [GONE] }
  for (let node = 1; node < knot.ids.length; node++) {
    for (let edge = knot.head[node]!; edge !== 0; edge = knot.next[edge]!) {
      if (knot.target[edge] !== 0) link(rest, node - 1, knot.target[edge]! - 1)
    }
  }
  return knotsOf(rest, rest.ids.length, rest.ids)
}

function cyclesThroughFirst(knot: Knot, limit: number, found: number[][]): void {
  const { ids, head, next, target } = knot
  const size = ids.length
  const blocked = new Uint8Array(size)
  const closes = new Uint8Array(size)
  const waiting: (Set<number> | undefined)[] = []
  const path = [0]
  const cursor = new Int32Array(size)
  cursor[0] = head[0]!
  blocked[0] = 1
  while (path.length > 0) {
    const node = path[path.length - 1]!
    const edge = cursor[node]!
    if (edge !== 0) {
      cursor[node] = next[edge]!
      const to = target[edge]!
      if (to === 0) {
        found.push(path.map((member) => ids[member]!))
        if (found.length >= limit) return
        closes[node] = 1
      } else if (blocked[to] === 0) {
        path.push(to)
        cursor[to] = head[to]!
        blocked[to] = 1
        closes[to] = 0
      }
      continue
    }
    path.pop()
    if (closes[node] === 1) {
      unblock(node, blocked, waiting)
      if (path.length > 0) closes[path[path.length - 1]!] = 1
    } else {
      for (let out = head[node]!; out !== 0; out = next[out]!) {
        const to = target[out]!
        waiting[to] ??= new Set()
        waiting[to].add(node)
      }
    }
  }
}

function unblock(first: number, blocked: Uint8Array, waiting: (Set<number> | undefined)[]): void {
  const work = [first]
  for (let node = work.pop(); node !== undefined; node = work.pop()) {
    blocked[node] = 0
    for (const waiter of waiting[node] ?? []) if (blocked[waiter] === 1) work.push(waiter)
    waiting[node] = undefined
  }
}

function hasLoop(star: Star, node: number): boolean {
  for (let edge = star.head[node]!; edge !== 0; edge = star.next[edge]!) if (star.target[edge] === node) return true
  return false
}

function link(knot: Knot, from: number, to: number): void {
  knot.target.push(to)
  knot.next.push(knot.head[from]!)
  knot.head[from] = knot.target.length - 1
}
