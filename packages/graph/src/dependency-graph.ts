// DependencyGraph: names in, names out; the algorithms are next door.
import type { Graph } from '@dagrejs/graphlib'
import { Adjacency } from './adjacency.ts'
import type { Arrangement } from './arrangement.ts'
import { arrange } from './arrangement.ts'
import { elementaryCycles } from './cycles.ts'
import { CYCLES_IN_ERROR, cycleError, GraphError } from './errors.ts'
import type { GraphlibLike } from './graphlib.ts'
import { entriesOfGraphlib, toGraphlib } from './graphlib.ts'
import { IncrementalOrder } from './incremental-order.ts'
import { Reachability } from './reachability.ts'
import { GONE } from './star.ts'

/** What became of a dependency that was only to be added if it closes no circle. */
export type AddResult =
  | { readonly added: true }
  /** `cycle` is a circle that it would have closed: `[name, dependsOn, ..., x]`, where x depends on name. */
  | { readonly added: false; readonly cycle: string[] }

/** How far to look for cycles. */
export interface CyclesOptions {
  /**
   * The most cycles to look for. A graph can have exponentially many: 20 nodes that all depend on each other have over 10^17.
   * @default 1000
   */
  readonly limit?: number
}

const ADDED: AddResult = Object.freeze({ added: true })

/**
 * A graph of names that depend on names. Any string is a name. Whatever comes out is in the same order each time:
 * dependencies first where an order is promised, and otherwise, as for ties, as the names were added.
 *
 * @example
 * const graph = new DependencyGraph([['app', ['auth', 'db']], ['auth', ['db']]])
 * graph.topologicalOrder() // ['db', 'auth', 'app']
 */
export class DependencyGraph {
  readonly #graph = new Adjacency()
  readonly #incremental = new IncrementalOrder(this.#graph)
  #arrangement: Arrangement | undefined
  #reachability: Reachability | undefined
  #arrangedAt = -1

  /** @param entries Names with what they depend on. What is only depended on is added too, when it is first mentioned. */
  constructor(entries: Iterable<readonly [name: string, dependencies: Iterable<string>]> = []) {
    this.#graph.fill(entries)
  }

  /** The number of nodes. */
  get size(): number {
    return this.#graph.ids.size
  }

  /** The number of dependencies, each pair of names counted once. */
  get edgeCount(): number {
    return this.#graph.edgeCount
  }

  has(name: string): boolean {
    return this.#graph.ids.has(name)
  }

  /** All names, as they were added. */
  nodes(): string[] {
    return [...this.#graph.ids.keys()]
  }

  /** Adds a name that depends on nothing yet; one that is there stays as it is. */
  addNode(name: string): this {
    this.#graph.ensure(name)
    return this
  }

  /** Removes a name with all dependencies from it and to it. `false` if it wasn't there. */
  removeNode(name: string): boolean {
    const id = this.#graph.ids.get(name)
    if (id === undefined) return false
    this.#graph.remove(id)
    this.#incremental.removed()
    return true
  }

  /** Adds a dependency, and the two names where missing. It may close a circle: see {@link tryAddDependency}. */
  addDependency(name: string, dependsOn: string): this {
    const source = this.#graph.ensure(name)
    const target = this.#graph.ensure(dependsOn)
    if (this.#graph.edgeBetween(source, target) === 0) {
      this.#graph.link(source, target)
      this.#incremental.added(source, target)
    }
    return this
  }

  /**
   * Adds a dependency, and the two names where missing, unless that closes a circle; then nothing changes. Takes time
   * by how far the order has to be mended, mostly none, so that checking each edge as it comes is cheap.
   * Where the graph has circles already, only a new one through this dependency is refused.
   */
  tryAddDependency(name: string, dependsOn: string): AddResult {
    if (name === dependsOn) return { added: false, cycle: [name] }
    this.#incremental.prepare(() => this.#arranged())
    const source = this.#graph.ensure(name)
    const target = this.#graph.ensure(dependsOn)
    if (this.#graph.edgeBetween(source, target) !== 0) return ADDED
    const cycle = this.#incremental.admit(source, target)
    if (cycle) return { added: false, cycle: this.#namesOf(cycle) }
    this.#graph.link(source, target)
    return ADDED
  }

  /** Removes a dependency; both names stay. `false` if it wasn't there. */
  removeDependency(name: string, dependsOn: string): boolean {
    const { ids } = this.#graph
    const source = ids.get(name)
    const target = ids.get(dependsOn)
    if (source === undefined || target === undefined || !this.#graph.unlink(source, target)) return false
    this.#incremental.removed()
    return true
  }

  hasDependency(name: string, dependsOn: string): boolean {
    const { ids } = this.#graph
    const source = ids.get(name)
    const target = ids.get(dependsOn)
    return source !== undefined && target !== undefined && this.#graph.edgeBetween(source, target) !== 0
  }

  /**
   * What a name itself depends on, as it was added.
   * @throws GraphError `CFP_GRAPH_UNKNOWN`
   */
  dependenciesOf(name: string): string[] {
    const { head, next, target, names } = this.#graph
    const result: string[] = []
    for (let edge = head[this.#idOf(name)]!; edge !== 0; edge = next[edge]!) {
      if (target[edge] !== GONE) result.push(names[target[edge]!]!)
    }
    return result.reverse()
  }

  /**
   * What itself depends on a name, as those names were added.
   * @throws GraphError `CFP_GRAPH_UNKNOWN`
   */
  dependentsOf(name: string): string[] {
    const id = this.#idOf(name)
    const { head, next, source } = this.#graph.incoming()
    const result: number[] = []
    for (let edge = head[id]!; edge !== 0; edge = next[edge]!) {
      if (this.#graph.target[edge] !== GONE) result.push(source[edge]!)
    }
    return this.#namesOf(result.sort((a, b) => a - b))
  }

  /**
   * What a name depends on over any number of steps, itself left out, dependencies first.
   * @throws GraphError `CFP_GRAPH_UNKNOWN`
   */
  allDependenciesOf(name: string): string[] {
    return this.#reach([name], (reachability, ids) => reachability.dependencies(ids)).filter((other) => other !== name)
  }

  /**
   * What depends on a name over any number of steps, itself left out, dependencies first.
   * @throws GraphError `CFP_GRAPH_UNKNOWN`
   */
  allDependentsOf(name: string): string[] {
    return this.affectedBy([name]).filter((other) => other !== name)
  }

  /**
   * The names and whatever depends on one of them over any number of steps, dependencies first.
   * @throws GraphError `CFP_GRAPH_UNKNOWN`
   */
  affectedBy(names: Iterable<string>): string[] {
    return this.#reach(names, (reachability, ids) => reachability.dependents(ids))
  }

  /** Whether no name depends on itself over any number of steps. */
  isAcyclic(): boolean {
    return this.#arranged().acyclic
  }

  /**
   * All names, dependencies first: the batches one after another.
   * @throws GraphError `CFP_GRAPH_CYCLE` with `cycles`
   */
  topologicalOrder(): string[] {
    const { order } = this.#sorted()
    const { names } = this.#graph
    // A copy has the right size at once, and no holes.
    const result = names.slice()
    for (let at = 0; at < order.length; at++) result[at] = names[order[at]!]!
    return result
  }

  /**
   * All names in as few batches as can be: each batch depends only on batches before it, and each name is in the first that it can be in.
   * @throws GraphError `CFP_GRAPH_CYCLE` with `cycles`
   */
  batches(): string[][] {
    const order = this.topologicalOrder()
    const { levels } = this.#arranged()
    const result: string[][] = []
    for (let level = 1; level < levels.length; level++) result.push(order.slice(levels[level - 1]!, levels[level]!))
    return result
  }

  /**
   * Every elementary cycle as a path: `[a, b, c]` means that a depends on b, b on c, and c on a. Each begins at
   * the name that was added first, and no cycle comes twice.
   * @throws GraphError `CFP_GRAPH_LIMIT`
   */
  cycles({ limit = 1000 }: CyclesOptions = {}): string[][] {
    if (!(limit >= 1) || (limit !== Number.POSITIVE_INFINITY && !Number.isInteger(limit))) {
      throw new GraphError(
        'CFP_GRAPH_LIMIT',
        `The limit of cycles is a whole number from 1, or Infinity; not ${limit}.`,
      )
    }
    this.#graph.compact()
    const { names } = this.#graph
    return elementaryCycles(this.#graph, names.length, limit).map((cycle) => this.#namesOf(cycle))
  }

  /**
   * The same graph for graphlib: an edge goes from a name to what it depends on. Whole numbers as names come first
   * there, as they do among the keys of any object.
   * @throws GraphError `CFP_GRAPH_NAME` for names that graphlib would lose or write to `Object.prototype`
   */
  toGraphlib(): Graph {
    return toGraphlib(this.nodes(), (name) => this.dependenciesOf(name))
  }

  /**
   * The graph that a directed graph of graphlib describes: an edge from v to w says that v depends on w. Labels,
   * the names of several edges between two nodes, and compound nodes' parents are left behind.
   * @throws GraphError `CFP_GRAPH_UNDIRECTED`
   */
  static fromGraphlib(graph: GraphlibLike): DependencyGraph {
    return new DependencyGraph(entriesOfGraphlib(graph))
  }

  #arranged(): Arrangement {
    if (this.#arrangement && this.#arrangedAt === this.#graph.version) return this.#arrangement
    this.#arrangement = arrange(this.#graph)
    this.#reachability = undefined
    this.#arrangedAt = this.#graph.version
    return this.#arrangement
  }

  #sorted(): Arrangement {
    const arrangement = this.#arranged()
    if (arrangement.acyclic) return arrangement
    throw cycleError('Nodes', this.cycles({ limit: CYCLES_IN_ERROR }), 'Remove one dependency of each circle.')
  }

  #reach(names: Iterable<string>, question: (reachability: Reachability, ids: number[]) => string[]): string[] {
    const arrangement = this.#arranged()
    this.#reachability ??= new Reachability(this.#graph, arrangement)
    return question(
      this.#reachability,
      Array.from(names, (name) => this.#idOf(name)),
    )
  }

  #idOf(name: string): number {
    const id = this.#graph.ids.get(name)
    if (id !== undefined) return id
    throw new GraphError('CFP_GRAPH_UNKNOWN', `There is no ${JSON.stringify(name)} in the graph. Add it first.`)
  }

  #namesOf(ids: readonly number[]): string[] {
    return ids.map((id) => this.#graph.names[id]!)
  }
}
