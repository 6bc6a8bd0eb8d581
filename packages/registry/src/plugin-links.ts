// Who needs whom, read from metadata alone.
import { DependencyGraph } from '@cf-plugins/graph'
import type { PluginDependency, ResolvedPluginMeta } from '@cf-plugins/plugin-api'
import { type ProviderInput, ProviderLookup } from './providers.ts'

/** Whether a plugin can do without what it depends on. */
export type Need = 'required' | 'optional'

/** Everything that `linkPlugins` reads. */
export type LinkInput = ProviderInput

/** Who needs whom. */
export interface PluginLinks {
  /** Every registered plugin, enabled or not, with an edge to each registered one that it depends on. May have cycles. */
  readonly graph: DependencyGraph
  /** What each plugin depends on, and how much; nothing that is not registered. */
  readonly needs: ReadonlyMap<string, ReadonlyMap<string, Need>>
  /** Who provides what. */
  readonly providers: ProviderLookup
}

const NOTHING: ReadonlyMap<string, Need> = new Map()

/**
 * Links every plugin with its dependencies, with optional ones that are there in an allowed version, with the providers of the
 * services that it requires, and with everyone who provides what it collects.
 */
export function linkPlugins(input: LinkInput): PluginLinks {
  const { records } = input
  const providers = new ProviderLookup(input)
  const needs = new Map<string, ReadonlyMap<string, Need>>()
  for (const { meta } of records.values()) {
    if (isAlone(meta)) {
      needs.set(meta.name, NOTHING)
      continue
    }
    const own = new Map<string, Need>()
    for (const { name } of meta.dependencies) if (records.has(name)) own.set(name, 'required')
    for (const service of meta.requires) for (const name of providers.candidates(service)) own.set(name, 'required')
    const add = (name: string | undefined) => {
      if (name !== undefined && name !== meta.name && !own.has(name)) own.set(name, 'optional')
    }
    for (const dependency of meta.optionalDependencies) add(optionalOn(dependency, input, providers))
    for (const service of meta.collects) for (const name of providers.all(service)) add(name)
    needs.set(meta.name, own)
  }
  return { graph: graphOf(needs, () => true), needs, providers }
}

/**
 * Whom an optional dependency stands for: the plugin of that name, else the one who provides a service of that name; whom the
 * host chose for the service comes first. Nobody where the version is out of range, or several could be meant: `resolve` notes it.
 */
export function optionalOn(
  { name, range }: PluginDependency,
  { records, environment }: LinkInput,
  providers: ProviderLookup,
): string | undefined {
  const isAny = range === '*'
  const found = isAny && providers.choice(name) !== undefined ? undefined : records.get(name)
  if (found !== undefined) return environment.ranges.has(range, found.meta.version) ? name : undefined
  // A range is about a plugin's version, and says nothing of a service.
  const candidates = isAny ? providers.candidates(name) : []
  return candidates.length === 1 ? candidates[0] : undefined
}

/** The graph of the plugins in `needs`, in their order, with those edges that `keep` keeps. */
export function graphOf(
  needs: ReadonlyMap<string, ReadonlyMap<string, Need>>,
  keep: (on: string, need: Need) => boolean,
): DependencyGraph {
  // All nodes before any edge: an edge would add its target early, and the order of insertion breaks ties.
  const graph = new DependencyGraph()
  for (const name of needs.keys()) graph.addNode(name)
  for (const [name, own] of needs) {
    for (const [on, need] of own) if (keep(on, need)) graph.addDependency(name, on)
  }
  return graph
}

function isAlone({ dependencies, requires, optionalDependencies, collects }: ResolvedPluginMeta): boolean {
  return dependencies.length + requires.length + optionalDependencies.length + collects.length === 0
}
