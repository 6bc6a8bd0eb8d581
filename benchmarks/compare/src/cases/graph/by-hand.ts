// A graph as one would write it by hand for a single question: names as numbers, and the rows of its dependents in typed arrays.
import type { Entries } from './graphs.ts'

/** Rows of a node's neighbours: `targets[starts[node]]` to before `targets[starts[node + 1]]`. */
export interface Rows {
  readonly starts: Int32Array
  readonly targets: Int32Array
}

export interface TypedGraph {
  readonly names: readonly string[]
  readonly ids: ReadonlyMap<string, number>
  readonly dependencies: Rows
  readonly dependents: Rows
}

export function typedGraph(entries: Entries): TypedGraph {
  const ids = new Map<string, number>()
  const idOf = (name: string): number => {
    const known = ids.get(name)
    if (known !== undefined) return known
    ids.set(name, ids.size)
    return ids.size - 1
  }
  const edges = entries.flatMap(([name, dependencies]) => {
    const from = idOf(name)
    return dependencies.map((dependency): [number, number] => [from, idOf(dependency)])
  })
  const reversed = edges.map(([from, to]): [number, number] => [to, from])
  return { names: [...ids.keys()], ids, dependencies: rowsOf(edges, ids.size), dependents: rowsOf(reversed, ids.size) }
}

function rowsOf(edges: readonly (readonly [from: number, to: number])[], size: number): Rows {
  const starts = new Int32Array(size + 1)
  for (const [from] of edges) starts[from + 1] = (starts[from + 1] ?? 0) + 1
  for (let node = 0; node < size; node++) starts[node + 1] = (starts[node + 1] ?? 0) + (starts[node] ?? 0)
  const next = starts.slice()
  const targets = new Int32Array(edges.length)
  for (const [from, to] of edges) {
    const at = next[from] ?? 0
    targets[at] = to
    next[from] = at + 1
  }
  return { starts, targets }
}
