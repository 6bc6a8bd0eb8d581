// The graph itself: names to ids in order of insertion, and a growable forward star over the ids.
import type { Star } from './star.ts'
import { GONE, grown } from './star.ts'

/** A node with more edges than this gets an index of them when one is looked up, so that no look-up is linear in a hub. */
const HUB = 64
/** Below this much waste compaction isn't worth its walk. */
const WASTE = 256

/** The edges that arrive at each node: a star over the same edges, the other way round. */
export interface Incoming {
  head: Int32Array
  next: Int32Array
  source: Int32Array
}

/**
 * Ids ascend in order of insertion. Removal leaves holes, in names and in lists; `compact()` closes them and
 * renumbers, keeping the order. What is derived from ids holds as long as `version` (any change) or `numbering`
 * (only renumbering) stays the same.
 */
export class Adjacency implements Star {
  readonly ids = new Map<string, number>()
  /** By id; empty where a node was removed. */
  names: string[] = []
  head: Int32Array = new Int32Array(16)
  next: Int32Array = new Int32Array(32)
  target: Int32Array = new Int32Array(32)
  edgeCount = 0
  version = 0
  numbering = 0
  #edgeSlots = 1
  #incoming: Incoming | undefined
  #hubs = new Map<number, Map<number, number>>()

  /** Takes a whole graph in; only right on an empty one. Stamps tell duplicates apart without looking edges up. */
  fill(entries: Iterable<readonly [string, Iterable<string>]>): void {
    // In variables, and not link by link: half of what building costs besides the look-ups of names.
    let { next, target } = this
    let seenBy: Int32Array = new Int32Array(this.head.length)
    let slot = 1
    for (const entry of entries) {
      const source = this.ensure(entry[0])
      const stamp = source + 1
      let newest = this.head[source]!
      // Only a name that had an entry before has edges here.
      for (let edge = newest; edge !== 0; edge = next[edge]!) seenBy[target[edge]!] = stamp
      for (const dependency of entry[1]) {
        const to = this.ensure(dependency)
        if (to >= seenBy.length) seenBy = grown(seenBy, this.head.length)
        if (seenBy[to] === stamp) continue
        seenBy[to] = stamp
        if (slot === target.length) {
          target = grown(target, slot + 1)
          next = grown(next, slot + 1)
        }
        target[slot] = to
        next[slot] = newest
        newest = slot++
      }
      this.head[source] = newest
    }
    this.next = next
    this.target = target
    this.#edgeSlots = slot
    this.edgeCount = slot - 1
  }

  /** The id of a name, which is added if it isn't there. */
  ensure(name: string): number {
    const known = this.ids.get(name)
    if (known !== undefined) return known
    const id = this.names.length
    if (id >= this.head.length) this.head = grown(this.head, id + 1)
    this.ids.set(name, id)
    this.names.push(name)
    this.version++
    return id
  }

  /** Adds an edge that isn't there yet. */
  link(source: number, target: number): void {
    const edge = this.#edgeSlots++
    if (edge >= this.target.length) {
      this.target = grown(this.target, edge + 1)
      this.next = grown(this.next, edge + 1)
    }
    this.target[edge] = target
    this.next[edge] = this.head[source]!
    this.head[source] = edge
    this.edgeCount++
    this.version++
    if (this.#hubs.size > 0) this.#hubs.get(source)?.set(target, edge)
    if (this.#incoming) this.#arrive(this.#incoming, edge, source)
  }

  /** The edge from one node to another, or 0. */
  edgeBetween(source: number, target: number): number {
    const hub = this.#hubs.size > 0 ? this.#hubs.get(source) : undefined
    if (hub) return hub.get(target) ?? 0
    let steps = 0
    for (let edge = this.head[source]!; edge !== 0; edge = this.next[edge]!) {
      if (this.target[edge] === target) return edge
      if (++steps > HUB) return this.#index(source).get(target) ?? 0
    }
    return 0
  }

  unlink(source: number, target: number): boolean {
    const edge = this.edgeBetween(source, target)
    if (edge === 0) return false
    this.#drop(edge, source)
    this.#compactIfWasteful()
    return true
  }

  remove(id: number): void {
    const { head, next, source } = this.incoming()
    for (let edge = head[id]!; edge !== 0; edge = next[edge]!) {
      if (this.target[edge] !== GONE) this.#drop(edge, source[edge]!)
    }
    for (let edge = this.head[id]!; edge !== 0; edge = this.next[edge]!) {
      if (this.target[edge] !== GONE) this.#drop(edge, id)
    }
    this.head[id] = 0
    this.#hubs.delete(id)
    this.ids.delete(this.names[id]!)
    this.names[id] = ''
    this.version++
    this.#compactIfWasteful()
  }

  /** The edges by where they arrive; made when first asked for, and kept up to date from then on. */
  incoming(): Incoming {
    if (this.#incoming) return this.#incoming
    const incoming: Incoming = {
      head: new Int32Array(this.head.length),
      next: new Int32Array(this.next.length),
      source: new Int32Array(this.next.length),
    }
    for (let source = 0; source < this.names.length; source++) {
      for (let edge = this.head[source]!; edge !== 0; edge = this.next[edge]!) {
        if (this.target[edge] !== GONE) this.#arrive(incoming, edge, source)
      }
    }
    this.#incoming = incoming
    return incoming
  }

  /** Closes the holes, so that ids are 0 to size and every edge in a list is there. */
  compact(): void {
    if (this.ids.size === this.names.length && this.edgeCount === this.#edgeSlots - 1) return
    const { head, next, target } = this
    const newIds = new Int32Array(this.names.length)
    const oldIds = new Int32Array(this.ids.size)
    this.names = []
    for (const [name, id] of this.ids) {
      const renumbered = this.names.push(name) - 1
      newIds[id] = renumbered
      oldIds[renumbered] = id
    }
    this.ids.clear()
    this.head = new Int32Array(Math.max(16, oldIds.length))
    this.next = new Int32Array(Math.max(32, this.edgeCount + 1))
    this.target = new Int32Array(this.next.length)
    let slot = 1
    for (let id = 0; id < oldIds.length; id++) {
      this.ids.set(this.names[id]!, id)
      let last = 0
      for (let edge = head[oldIds[id]!]!; edge !== 0; edge = next[edge]!) {
        if (target[edge] === GONE) continue
        this.target[slot] = newIds[target[edge]!]!
        if (last === 0) this.head[id] = slot
        else this.next[last] = slot
        last = slot++
      }
    }
    this.#edgeSlots = slot
    this.#incoming = undefined
    this.#hubs.clear()
    this.numbering++
  }

  #compactIfWasteful(): void {
    const goneEdges = this.#edgeSlots - 1 - this.edgeCount
    const goneNodes = this.names.length - this.ids.size
    if (goneEdges > this.edgeCount + WASTE || goneNodes > this.ids.size + WASTE) this.compact()
  }

  #drop(edge: number, source: number): void {
    if (this.#hubs.size > 0) this.#hubs.get(source)?.delete(this.target[edge]!)
    this.target[edge] = GONE
    this.edgeCount--
    this.version++
  }

  #arrive(incoming: Incoming, edge: number, source: number): void {
    const target = this.target[edge]!
    if (target >= incoming.head.length) incoming.head = grown(incoming.head, this.head.length)
    if (edge >= incoming.next.length) {
      incoming.next = grown(incoming.next, this.next.length)
      incoming.source = grown(incoming.source, this.next.length)
    }
    incoming.source[edge] = source
    incoming.next[edge] = incoming.head[target]!
    incoming.head[target] = edge
  }

  #index(source: number): Map<number, number> {
    const index = new Map<number, number>()
    for (let edge = this.head[source]!; edge !== 0; edge = this.next[edge]!) {
      if (this.target[edge] !== GONE) index.set(this.target[edge]!, edge)
    }
    this.#hubs.set(source, index)
    return index
  }
}
