// The floor of finding circles: Tarjan's components, without recursion, over typed arrays.
import type { TypedGraph } from './by-hand.ts'

/** The names of each component of more than one node. */
export function knotsByHand({ names, dependencies: { starts, targets } }: TypedGraph): string[][] {
  const size = names.length
  const index = new Int32Array(size)
  const low = new Int32Array(size)
  const cursor = starts.slice(0, size)
  const isOpen = new Uint8Array(size)
  const open = new Int32Array(size)
  const path = new Int32Array(size)
  const knots: string[][] = []
  let indexed = 0
  let opened = 0
  for (let root = 0; root < size; root++) {
    if (index[root] !== 0) continue
    let depth = 0
    path[0] = root
    index[root] = low[root] = ++indexed
    open[opened++] = root
    isOpen[root] = 1
    while (depth >= 0) {
      const node = path[depth]!
      if (cursor[node]! < starts[node + 1]!) {
        const target = targets[cursor[node]!++]!
        if (index[target] === 0) {
          index[target] = low[target] = ++indexed
          open[opened++] = target
          isOpen[target] = 1
          path[++depth] = target
        } else if (isOpen[target] === 1 && index[target]! < low[node]!) low[node] = index[target]!
        continue
      }
      depth--
      if (depth >= 0 && low[node]! < low[path[depth]!]!) low[path[depth]!] = low[node]!
      if (low[node] !== index[node]) continue
      const first = open.lastIndexOf(node, opened - 1)
      for (let at = first; at < opened; at++) isOpen[open[at]!] = 0
      if (opened - first > 1) knots.push(Array.from(open.subarray(first, opened), (member) => names[member]!))
      opened = first
    }
  }
  return knots
}
