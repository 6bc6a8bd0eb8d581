// The floor of a dependency more: the order of Pearce and Kelly, mended where a new edge goes against it.
import type { Entries } from './graphs.ts'

/** Names in an order, in which what is depended on comes first. */
export class OrderByHand {
  readonly #ids = new Map<string, number>()
  readonly #dependencies: number[][] = []
  readonly #dependents: number[][] = []
  /** Of each node, its place. */
  readonly #places: number[] = []
  readonly #stamps: number[] = []
  #stamp = 0

  /** @param entries without circles */
  constructor(entries: Entries) {
    for (const [name, dependencies] of entries) {
      for (const dependency of dependencies) this.add(name, dependency)
    }
  }

  /** Whether it closes no circle; one that does is not added. */
  add(name: string, dependency: string): boolean {
    const from = this.#idOf(name)
    const to = this.#idOf(dependency)
    if (this.#places[to]! > this.#places[from]!) {
      const after = this.#reachable(from, this.#dependents, (place) => place <= this.#places[to]!)
      if (this.#stamps[to] === this.#stamp) return false
      const before = this.#reachable(to, this.#dependencies, (place) => place >= this.#places[from]!)
      const byPlace = (a: number, b: number) => this.#places[a]! - this.#places[b]!
      const moved = [...before.sort(byPlace), ...after.sort(byPlace)]
      const places = moved.map((node) => this.#places[node]!).sort((a, b) => a - b)
      for (const [index, node] of moved.entries()) this.#places[node] = places[index]!
    }
    this.#dependencies[from]!.push(to)
    this.#dependents[to]!.push(from)
    return true
  }

  #reachable(start: number, edges: readonly (readonly number[])[], isWithin: (place: number) => boolean): number[] {
    const stamp = ++this.#stamp
    const found = [start]
    this.#stamps[start] = stamp
    for (let at = 0; at < found.length; at++) {
      for (const node of edges[found[at]!]!) {
        if (this.#stamps[node] === stamp || !isWithin(this.#places[node]!)) continue
        this.#stamps[node] = stamp
        found.push(node)
      }
    }
    return found
  }

  #idOf(name: string): number {
    const known = this.#ids.get(name)
    if (known !== undefined) return known
    const id = this.#ids.size
    this.#ids.set(name, id)
    this.#dependencies.push([])
    this.#dependents.push([])
    this.#places.push(id)
    this.#stamps.push(0)
    return id
  }
}
