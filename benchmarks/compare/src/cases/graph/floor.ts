// The floor: what somebody writes by hand who needs nothing but one order, from names that are known to be right.
import type { Entries } from './graphs.ts'
import type { Ordered } from './peers.ts'

export function orderAndBatchesByHand(entries: Entries): Ordered {
  const ids = new Map<string, number>()
  const names: string[] = []
  const idOf = (name: string): number => {
    let id = ids.get(name)
    if (id === undefined) {
      id = names.push(name) - 1
      ids.set(name, id)
    }
    return id
  }
  let edges = 0
  for (const entry of entries) edges += entry[1].length
  const from = new Int32Array(edges)
  const to = new Int32Array(edges)
  let edge = 0
  for (const entry of entries) {
    const source = idOf(entry[0])
    const dependencies = entry[1]
    for (let at = 0; at < dependencies.length; at++) {
      from[edge] = source
      to[edge++] = idOf(dependencies[at]!)
    }
  }
  const size = names.length
  const starts = new Int32Array(size + 1)
  const waitsFor = new Int32Array(size)
  for (edge = 0; edge < edges; edge++) {
    starts[to[edge]!]!++
    waitsFor[from[edge]!]!++
  }
  for (let id = 1; id <= size; id++) starts[id]! += starts[id - 1]!
  const dependents = new Int32Array(edges)
  for (edge = edges - 1; edge >= 0; edge--) dependents[--starts[to[edge]!]!] = from[edge]!
  const queue = new Int32Array(size)
  let filled = 0
  for (let id = 0; id < size; id++) if (waitsFor[id] === 0) queue[filled++] = id
  const order = new Array<string>(size)
  const batches: string[][] = []
  for (let taken = 0; taken < filled; ) {
    const batch: string[] = []
    for (const end = filled; taken < end; taken++) {
      const id = queue[taken]!
      order[taken] = names[id]!
      batch.push(names[id]!)
      for (let row = starts[id]!; row < starts[id + 1]!; row++) {
        const dependent = dependents[row]!
        if (--waitsFor[dependent]! === 0) queue[filled++] = dependent
      }
    }
    batches.push(batch)
  }
  if (filled < size) throw new Error('There is a circle.')
  return { order, batches }
}
