// Tells whether one edge more would close a circle, by keeping an order and mending it where the edge does not fit.
import type { Adjacency } from './adjacency.ts'
import type { Arrangement } from './arrangement.ts'
import { OrderedList } from './ordered-list.ts'
import { GONE, grown } from './star.ts'

/** What a step of a search can say instead of a node: that it goes on, or has nowhere left to go. */
const ON = -1
const DONE = -2

/** One of the two searches: what it walks, what it has found, and where it goes on. */
interface Search {
  readonly head: Int32Array
  readonly next: Int32Array
  readonly to: Int32Array
  readonly stamp: number
  /** Nodes further on than this one in the search's direction are no use to it. */
  readonly end: number
  readonly direction: 1 | -1
  readonly found: Int32Array
  size: number
  at: number
  edge: number
}

/**
 * Keeps all ids in a topological order, dependencies first. An edge that fits costs nothing. For any other, two searches
 * take turns between its ends: up from what depends, down from what is depended on. Where they meet, there is a circle; when one of them has nowhere
 * to go, there is none, and what it found moves to the other side (Haeupler, Kavitha, Mathew, Sen and Tarjan, 2012).
 * So the cost is that of the smaller search, where Pearce and Kelly's algorithm pays for both: a thousand times more in
 * a graph with hubs.
 */
export class IncrementalOrder {
  readonly #graph: Adjacency
  readonly #list = new OrderedList()
  #valid = false
  #numbering = -1
  #cyclicAt = -1
  /** By id: the turn and the direction in which it was found, and from where. */
  #seen: Int32Array = new Int32Array(0)
  #cameFrom: Int32Array = new Int32Array(0)
  #stamp = 0
  #above: Int32Array = new Int32Array(0)
  #below: Int32Array = new Int32Array(0)

  constructor(graph: Adjacency) {
    this.#graph = graph
  }

  /** Told of each edge that was added without a check: the order is only kept if the edge fits it. */
  added(source: number, target: number): void {
    if (!this.#valid) return
    this.#extend()
    this.#valid = this.#isBefore(target, source)
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
    this.#numbering = graph.numbering
    this.#cyclicAt = acyclic ? -1 : graph.numbering
    this.#valid = acyclic
    this.#list.clear()
    for (const id of order) this.#list.append(id)
  }

  /**
   * Makes room in the order for an edge. Returns `undefined` if it closes no circle, or else a circle that begins with the
   * edge. The edge itself is for the caller to add.
   */
  admit(source: number, target: number): number[] | undefined {
    this.#extend()
    if (this.#valid && this.#isBefore(target, source)) return undefined
    const { head, next, target: to } = this.#graph
    const incoming = this.#graph.incoming()
    const up = this.#begin(source, target, 1, incoming.head, incoming.next, incoming.source, this.#above)
    const down = this.#begin(target, source, -1, head, next, to, this.#below)
    for (;;) {
      const above = this.#step(up, down)
      if (above >= 0) return this.#circle(source, target, above, up.found[up.at]!)
      if (above === DONE) {
        if (this.#valid) this.#list.moveAfter(this.#inOrder(up), target)
        return undefined
      }
      const below = this.#step(down, up)
      if (below >= 0) return this.#circle(source, target, down.found[down.at]!, below)
      if (below === DONE) {
        if (this.#valid) this.#list.moveBefore(this.#inOrder(down), source)
        return undefined
      }
    }
  }

  #begin(
    start: number,
    end: number,
    direction: 1 | -1,
    head: Int32Array,
    next: Int32Array,
    to: Int32Array,
    found: Int32Array,
  ): Search {
    const stamp = ++this.#stamp
    found[0] = start
    this.#seen[start] = stamp
    return { head, next, to, stamp, end, direction, found, size: 1, at: 0, edge: head[start]! }
  }

  /** Looks at one edge. Returns the node at which the other search has been, or {@link DONE}, or {@link ON}. */
  #step(search: Search, other: Search): number {
    while (search.edge === 0) {
      if (++search.at >= search.size) return DONE
      search.edge = search.head[search.found[search.at]!]!
    }
    const { edge } = search
    search.edge = search.next[edge]!
    if (this.#graph.target[edge] === GONE) return ON
    const node = search.to[edge]!
    const seen = this.#seen[node]
    if (seen === search.stamp) return ON
    if (seen === other.stamp) return node
    const { labels } = this.#list
    if (this.#valid && (labels[node + 1]! - labels[search.end + 1]!) * search.direction > 0) return ON
    this.#seen[node] = search.stamp
    this.#cameFrom[node] = search.found[search.at]!
    search.found[search.size++] = node
    return ON
  }

  #circle(source: number, target: number, lowest: number, highest: number): number[] {
    const path: number[] = []
    for (let id = lowest; id !== target; id = this.#cameFrom[id]!) path.push(id)
    path.push(target, source)
    path.reverse()
    for (let id = highest; id !== source; id = this.#cameFrom[id]!) path.push(id)
    return path
  }

  #inOrder({ found, size }: Search): Int32Array {
    const { labels } = this.#list
    const ids = found.subarray(0, size)
    return size === 1 ? ids : ids.sort((a, b) => labels[a + 1]! - labels[b + 1]!)
  }

  #isBefore(one: number, other: number): boolean {
    const { labels } = this.#list
    return labels[one + 1]! < labels[other + 1]!
  }

  /** New nodes have no edges yet, so they may stand last. */
  #extend(): void {
    const size = this.#graph.names.length
    if (size > this.#seen.length) {
      this.#seen = grown(this.#seen, size)
      this.#cameFrom = grown(this.#cameFrom, size)
      this.#above = grown(this.#above, size)
      this.#below = grown(this.#below, size)
    }
    for (let id = this.#list.size; id < size; id++) this.#list.append(id)
  }
}
