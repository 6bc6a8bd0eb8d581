// A fixed set of plugins, and every question about it. The registry's present and a staged future are both one.
import type { DependencyGraph } from '@cf-plugins/graph'
import { PluginError, type PluginRecord } from '@cf-plugins/plugin-api'
import type { RegistryErrorCode } from './error-codes.ts'
import type { HostEnvironment } from './host-environment.ts'
import { didYouMean } from './nearest-name.ts'
import { graphOf, type LinkInput, linkPlugins, type PluginLinks } from './plugin-links.ts'
import type { Need } from './plugin-needs.ts'
import { type Resolution, resolvePlugins } from './resolution.ts'

export interface ResolveOptions {
  /** Whether a plugin is switched on; `undefined` leaves it to its metadata. @default what people wished for, as the registry was told */
  readonly enabled?: Wishes | undefined
}

/** What somebody asked for at runtime: a plugin switched on, or off; nothing where its metadata decides. */
export type Wishes = (name: string) => boolean | undefined

/**
 * A fixed set of plugins. It never changes; what depends on whom is worked out once, when first asked.
 */
export class PluginCatalog {
  readonly #records: ReadonlyMap<string, PluginRecord>
  readonly #environment: HostEnvironment
  readonly #wishes: Wishes
  #links: PluginLinks | undefined
  #ranks: ReadonlyMap<string, number> | undefined

  constructor(records: ReadonlyMap<string, PluginRecord>, environment: HostEnvironment, wishes: Wishes) {
    this.#records = records
    this.#environment = environment
    this.#wishes = wishes
  }

  /** Whether one of several providers was switched on or off since it was worked out who depends on whom. */
  get isOutdated(): boolean {
    const contestants = this.#links?.providers.contestants
    if (contestants === undefined || contestants.size === 0) return false
    const { enabled } = this.#input()
    for (const [name, was] of contestants) if (enabled(name) !== was) return true
    return false
  }

  /** The same plugins as a catalog of its own, which doesn't have to work out again who depends on whom. */
  settled(): PluginCatalog {
    const same = new PluginCatalog(this.#records, this.#environment, this.#wishes)
    same.#links = this.#links
    same.#ranks = this.#ranks
    return same
  }

  get(name: string): PluginRecord | undefined {
    return this.#records.get(name)
  }

  has(name: string): boolean {
    return this.#records.has(name)
  }

  /** In the order in which they were added. */
  names(): string[] {
    return [...this.#records.keys()]
  }

  /** In the order in which they were added. */
  records(): PluginRecord[] {
    return [...this.#records.values()]
  }

  /**
   * What can start, in order, and everything that is wrong, without running any plugin's code and without changing
   * anything.
   */
  resolve(options: ResolveOptions = {}): Resolution {
    if (options.enabled === undefined) return resolvePlugins(this.#input(), this.#linked())
    const input = this.#input(options.enabled)
    return resolvePlugins(input, linkPlugins(input))
  }

  /**
   * What a plugin depends on directly and is registered: its dependencies, those optional ones whose version it
   * takes, and providers of the services that it requires or collects.
   *
   * @throws `CFP_PLUGIN_UNKNOWN`
   */
  dependenciesOf(name: string): string[] {
    return this.needsOf(name).slice()
  }

  /** The same, in a list that is always the same one, for whoever asks of thousands. @throws `CFP_PLUGIN_UNKNOWN` */
  needsOf(name: string): readonly string[] {
    const own = this.#linked().needs.get(name)
    if (own === undefined) throw this.unknown(name)
    return own.names
  }

  /** Who depends directly on a plugin. @throws `CFP_PLUGIN_UNKNOWN` */
  dependentsOf(name: string): string[] {
    return this.#graphWith(name).dependentsOf(name)
  }

  /** The plugins themselves and all that depend on them, however far, dependencies first. @throws `CFP_PLUGIN_UNKNOWN` */
  affectedBy(names: Iterable<string>): string[] {
    const reached = new Set(names)
    for (const name of reached) for (const dependent of this.dependentsOf(name)) reached.add(dependent)
    return this.order(reached)
  }

  /**
   * The plugins, or those of them that are named, dependencies first, the same each time. Inside a circle, which
   * has no such order, it falls back on the order in which they were added.
   *
   * @throws `CFP_PLUGIN_UNKNOWN`
   */
  order(names: Iterable<string> = this.#records.keys()): string[] {
    const chosen = [...new Set(names)]
    for (const name of chosen) this.#graphWith(name)
    this.#ranks ??= new Map(orderOf(this.#linked()).map((name, rank) => [name, rank]))
    const ranks = this.#ranks
    return chosen.sort((a, b) => ranks.get(a)! - ranks.get(b)!)
  }

  /** How much the plugin `name` needs `dependency`, or nothing where it does not depend on it. @throws `CFP_PLUGIN_UNKNOWN` */
  requires(name: string, dependency: string): Need | undefined {
    const own = this.#linked().needs.get(name)
    if (own === undefined) throw this.unknown(name)
    return own.of(dependency)
  }

  /** Who is to be taken for a service, as far as metadata says: more than one where the host must choose. */
  providersOf(service: string): readonly string[] {
    return this.#linked().providers.candidates(service)
  }

  /** Every plugin whose metadata says that it provides a service. */
  allProvidersOf(service: string): readonly string[] {
    return this.#linked().providers.all(service)
  }

  /** The error for a name that is not registered, with the nearest one that is. */
  unknown(name: string): PluginError {
    const code: RegistryErrorCode = 'CFP_PLUGIN_UNKNOWN'
    return new PluginError(code, `There is no plugin "${name}".${didYouMean(name, this.#records.keys())}`, {
      plugin: name,
    })
  }

  #graphWith(name: string): DependencyGraph {
    if (!this.#records.has(name)) throw this.unknown(name)
    return this.#linked().graph
  }

  #linked(): PluginLinks {
    this.#links ??= linkPlugins(this.#input())
    return this.#links
  }

  #input(wishes = this.#wishes): LinkInput {
    const records = this.#records
    const isEnabled = (name: string) => wishes(name) ?? records.get(name)?.meta.enabled ?? false
    return { records, environment: this.#environment, enabled: isEnabled }
  }
}

function orderOf({ graph, needs }: PluginLinks): string[] {
  if (graph.isAcyclic()) return graph.topologicalOrder()
  // Required edges first, so that an optional one is what gives way.
  const acyclic = graphOf(needs, () => false)
  for (const wanted of ['required', 'optional']) {
    for (const [name, own] of needs) {
      for (const on of own.names) if (own.of(on) === wanted) acyclic.tryAddDependency(name, on)
    }
  }
  return acyclic.topologicalOrder()
}
