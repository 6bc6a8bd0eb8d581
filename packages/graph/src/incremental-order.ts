// Tells whether one edge more would close a circle, by keeping an order and mending it locally (Pearce and Kelly, 2006).
import type { Adjacency } from './adjacency.ts'
import type { Arrangement } from './arrangement.ts'
import { GONE, grown } from './star.ts'

/**
 * `rank` is a topological order of all ids, dependencies lower. An edge that fits it costs nothing; one that does not
 * moves only the nodes whose ranks lie between its ends.
 */
export class IncrementalOrder {
  readonly #graph: Adjacency
  #valid = false
  #numbering = -1
  #cyclicAt = -1
  #size = 0
  #rank: Int32Array = new Int32Array(0)
  #byRank: Int32Array = new Int32Array(0)
  #seen: Int32Array = new Int32Array(0)
  #cameFrom: Int32Array = new Int32Array(0)
  #above: Int32Array = new Int32Array(0)
  #below: Int32Array = new Int32Array(0)
  #stamp = 0

  constructor(graph: Adjacency) {
    this.#graph = graph
  }

  /** Told of each edge that was added without a check: the order is only kept if the edge fits it. */
  added(source: number, target: number): void {
    if (!this.#valid) return
    this.#extend()
    if (this.#rank[target]! >= this.#rank[source]!) this.#valid = false
  }

  /** Told that something was removed: a graph with cycles may have none now. */
  removed(): void {
    this.#cyclicAt = -1
  }

  /** Makes sure that there is an order. May renumber the graph, so ids are for the caller to look up afterwards. */
  prepare(arrangement: () => Arrangement): void {
    const graph = this.#graph
    if (this.#valid && this.#numbering === graph.numbering) return
    this.#valid = false
    if (this.#cyclicAt === graph.numbering) return
    const { order, acyclic } = arrangement()
    this.#valid = acyclic
    this.#numbering = graph.numbering
    this.#cyclicAt = acyclic ? -1 : graph.numbering
    this.#size = 0
    this.#extend()
    for (let at = 0; at < order.length; at++) {
      this.#rank[order[at]!] = at
      this.#byRank[at] = order[at]!
    }
  }

  /**
   * Makes room in the order for an edge. Returns `undefined` if it closes no circle, or else the shortest circle,
   * beginning with the edge. The edge itself is for the caller to add.
   */
  admit(source: number, target: number): number[] | undefined {
    this.#extend()
    if (this.#valid && this.#rank[target]! < this.#rank[source]!) return undefined
    const aboveSize = this.#searchAbove(source, target)
    if (aboveSize === -1) return this.#circle(source, target)
    if (this.#valid) this.#mend(aboveSize, this.#searchBelow(source, target))
    return undefined
  }

  /** New nodes have no edges yet, so they may stand last. */
  #extend(): void {
    const size = this.#graph.names.length
    if (size > this.#rank.length) {
      this.#rank = grown(this.#rank, size)
      this.#byRank = grown(this.#byRank, size)
      this.#seen = grown(this.#seen, size)
      this.#cameFrom = grown(this.#cameFrom, size)
      this.#above = grown(this.#above, size)
      this.#below = grown(this.#below, size)
    }
    for (let id = this.#size; id < size; id++) {
      this.#rank[id] = id
      this.#byRank[id] = id
    }
    this.#size = size
  }

  /** Finds what depends on `source` up to the rank of `target`; -1 when that is among them. Breadth first, for the shortest circle. */
  #searchAbove(source: number, target: number): number {
    const { head, next, source: from } = this.#graph.incoming()
    const edgeTarget = this.#graph.target
    const found = this.#above
    const rank = this.#rank
    const seen = this.#seen
    const stamp = ++this.#stamp
    const highest = this.#valid ? rank[target]! : Number.POSITIVE_INFINITY
    let size = 1
    found[0] = source
    seen[source] = stamp
    for (let at = 0; at < size; at++) {
      const id = found[at]!
      for (let edge = head[id]!; edge !== 0; edge = next[edge]!) {
        if (edgeTarget[edge] === GONE) continue
        const dependent = from[edge]!
        if (seen[dependent] === stamp || rank[dependent]! > highest) continue
        seen[dependent] = stamp
        this.#cameFrom[dependent] = id
        if (dependent === target) return -1
        found[size++] = dependent
      }
    }
    return size
  }

  /** Finds what `target` depends on, down to the rank of `source`. */
  #searchBelow(source: number, target: number): number {
    const { head, next, target: to } = this.#graph
    const found = this.#below
    const rank = this.#rank
    const seen = this.#seen
    const stamp = ++this.#stamp
    const lowest = rank[source]!
    let size = 1
    found[0] = target
    seen[target] = stamp
    for (let at = 0; at < size; at++) {
      for (let edge = head[found[at]!]!; edge !== 0; edge = next[edge]!) {
        const dependency = to[edge]!
        if (dependency === GONE || seen[dependency] === stamp || rank[dependency]! < lowest) continue
        seen[dependency] = stamp
        found[size++] = dependency
      }
    }
    return size
  }

  /** Deals the ranks that both sets hold out again: first to those below, then to those above, each in their old order. */
  #mend(aboveSize: number, belowSize: number): void {
    const above = this.#toSortedRanks(this.#above, aboveSize)
    const below = this.#toSortedRanks(this.#below, belowSize)
    const ids = new Int32Array(aboveSize + belowSize)
    for (let at = 0; at < belowSize; at++) ids[at] = this.#byRank[below[at]!]!
    for (let at = 0; at < aboveSize; at++) ids[belowSize + at] = this.#byRank[above[at]!]!
    for (let at = 0, a = 0, b = 0; at < ids.length; at++) {
      const fromBelow = a === aboveSize || (b < belowSize && below[b]! < above[a]!)
      const rank = fromBelow ? below[b++]! : above[a++]!
      this.#rank[ids[at]!] = rank
      this.#byRank[rank] = ids[at]!
    }
  }

  #toSortedRanks(ids: Int32Array, size: number): Int32Array {
    const ranks = ids.subarray(0, size)
    for (let at = 0; at < size; at++) ranks[at] = this.#rank[ranks[at]!]!
    return size > 1 ? ranks.sort() : ranks
  }

  #circle(source: number, target: number): number[] {
    const path = [source]
    for (let id = target; id !== source; id = this.#cameFrom[id]!) path.push(id)
    return path
  }
}
