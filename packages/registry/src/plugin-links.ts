// Who needs whom, read from metadata alone.
import { DependencyGraph } from '@cf-plugins/graph'
import type { PluginDependency, ResolvedPluginMeta } from '@cf-plugins/plugin-api'
import { FEW, FewNeeds, ManyNeeds, type Need, NO_NEEDS, type PluginNeeds } from './plugin-needs.ts'
import { type ProviderInput, ProviderLookup } from './providers.ts'

/** Everything that `linkPlugins` reads. */
export type LinkInput = ProviderInput

/** Who needs whom. */
export interface PluginLinks {
  /** Every registered plugin, enabled or not, with an edge to each registered one that it depends on. May have cycles. */
  readonly graph: DependencyGraph
  /** What each plugin depends on, and how much; nothing that is not registered. */
  readonly needs: ReadonlyMap<string, PluginNeeds>
  /** Who provides what. */
  readonly providers: ProviderLookup
}

/**
 * Links every plugin with its dependencies, with optional ones that are there in an allowed version, with the providers of the
 * services that it requires, and with everyone who provides what it collects.
 */
export function linkPlugins(input: LinkInput): PluginLinks {
  const { records } = input
  const providers = new ProviderLookup(input)
  const needs = new Map<string, PluginNeeds>()
  for (const { meta } of records.values()) {
    if (hasOnlyFew(meta)) {
      needs.set(meta.name, fewOf(meta, records))
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
    needs.set(meta.name, new ManyNeeds(own))
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
  needs: ReadonlyMap<string, PluginNeeds>,
  keep: (on: string, need: Need) => boolean,
): DependencyGraph {
  // All nodes before any edge: an edge would add its target early, and the order of insertion breaks ties.
  const graph = new DependencyGraph()
  for (const name of needs.keys()) graph.addNode(name)
  needs.forEach((own, name) => {
    for (const on of own.names) if (keep(on, own.of(on) as Need)) graph.addDependency(name, on)
  })
  return graph
}

function hasOnlyFew({ dependencies, requires, optionalDependencies, collects }: ResolvedPluginMeta): boolean {
  return dependencies.length <= FEW && requires.length + optionalDependencies.length + collects.length === 0
}

function fewOf({ dependencies }: ResolvedPluginMeta, records: LinkInput['records']): PluginNeeds {
  if (dependencies.length === 0) return NO_NEEDS
  const [only] = dependencies
  if (only && dependencies.length === 1) return records.has(only.name) ? new FewNeeds([only.name]) : NO_NEEDS
  // A list of the right size: one that grows would have room for sixteen more.
  const names = dependencies.map(({ name }) => name)
  const isNew = (name: string, at: number) => records.has(name) && names.indexOf(name) === at
  return new FewNeeds(names.every(isNew) ? names : names.filter(isNew))
}
