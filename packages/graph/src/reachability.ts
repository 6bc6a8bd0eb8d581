// What some nodes lead to, over any number of steps, in the order of the whole graph.
import type { Adjacency } from './adjacency.ts'
import type { Arrangement } from './arrangement.ts'

/** Above this share of the graph, picking from the order is cheaper than sorting. */
const PICK_FROM = 1 / 16

/** Answers for one arrangement; its scratch memory is used again by every question. */
export class Reachability {
  readonly #graph: Adjacency
  readonly #arrangement: Arrangement
  readonly #position: Int32Array
  readonly #seen: Int32Array
  readonly #found: Int32Array
  /** Dependents of `id` are `dependents[starts[id]]` up to `dependents[starts[id + 1]]`: side by side, half the cost of a list. */
  readonly #starts: Int32Array
  readonly #dependents: Int32Array
  #stamp = 0
  #size = 0

  constructor(graph: Adjacency, arrangement: Arrangement) {
    this.#graph = graph
    this.#arrangement = arrangement
    const { order } = arrangement
    this.#position = new Int32Array(order.length)
    for (let at = 0; at < order.length; at++) this.#position[order[at]!] = at
    this.#seen = new Int32Array(order.length)
    this.#found = new Int32Array(order.length)
    const { head, next, target, edgeCount } = graph
    const starts = new Int32Array(order.length + 1)
    const dependents = new Int32Array(edgeCount)
    // First where each row ends; filling it from the end leaves where it starts.
    for (let edge = 1; edge <= edgeCount; edge++) starts[target[edge]!]!++
    for (let id = 1; id <= order.length; id++) starts[id]! += starts[id - 1]!
    for (let id = order.length - 1; id >= 0; id--) {
      for (let edge = head[id]!; edge !== 0; edge = next[edge]!) dependents[--starts[target[edge]!]!] = id
    }
    this.#starts = starts
    this.#dependents = dependents
  }

  /** The nodes, and whatever depends on one of them, dependencies first. */
  dependents(ids: Iterable<number>): string[] {
    this.#begin(ids)
    const [found, starts, dependents] = [this.#found, this.#starts, this.#dependents]
    for (let at = 0; at < this.#size; at++) {
      const id = found[at]!
      for (let row = starts[id]!, end = starts[id + 1]!; row < end; row++) this.#meet(dependents[row]!)
    }
    return this.#names()
  }

  /** The nodes, and whatever one of them depends on, dependencies first. */
  dependencies(ids: Iterable<number>): string[] {
    this.#begin(ids)
    const { head, next, target } = this.#graph
    const found = this.#found
    for (let at = 0; at < this.#size; at++) {
      for (let edge = head[found[at]!]!; edge !== 0; edge = next[edge]!) this.#meet(target[edge]!)
    }
    return this.#names()
  }

  #begin(ids: Iterable<number>): void {
    this.#stamp++
    this.#size = 0
    for (const id of ids) this.#meet(id)
  }

  #meet(id: number): void {
    if (this.#seen[id] === this.#stamp) return
    this.#seen[id] = this.#stamp
    this.#found[this.#size++] = id
  }

  #names(): string[] {
    const { order } = this.#arrangement
    const { names } = this.#graph
    const [size, found, seen, position] = [this.#size, this.#found, this.#seen, this.#position]
    const result: string[] = []
    if (size > order.length * PICK_FROM) {
      for (let at = 0; at < order.length; at++) if (seen[order[at]!] === this.#stamp) result.push(names[order[at]!]!)
      return result
    }
    for (let at = 0; at < size; at++) found[at] = position[found[at]!]!
    // Most answers are of one or two names, and a sort of these costs more than all the rest.
    if (size > 2) found.subarray(0, size).sort()
    else if (size === 2 && found[0]! > found[1]!) found.subarray(0, 2).reverse()
    for (let at = 0; at < size; at++) result.push(names[order[found[at]!]!]!)
    return result
  }
}
