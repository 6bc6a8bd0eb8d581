// Who needs whom, read from metadata alone.
import { DependencyGraph } from '@cf-plugins/graph'
import type { PluginRecord, ResolvedPluginMeta } from '@cf-plugins/plugin-api'
import { environmentConflicts, type HostEnvironment } from './host-environment.ts'

/** Whether a plugin can do without what it depends on. */
export type Need = 'required' | 'optional'

/** Everything that `linkPlugins` reads. */
export interface LinkInput {
  readonly records: ReadonlyMap<string, PluginRecord>
  readonly environment: HostEnvironment
  readonly enabled: (name: string) => boolean
}

/** Who needs whom. */
export interface PluginLinks {
  /** Every registered plugin, enabled or not, with an edge to each registered one that it depends on. May have cycles. */
  readonly graph: DependencyGraph
  /** What each plugin depends on, and how much; nothing that is not registered. */
  readonly needs: ReadonlyMap<string, ReadonlyMap<string, Need>>
  /** Who could offer a service to those that require it. More than one is an ambiguity. */
  providersOf(service: string): readonly string[]
}

const NOTHING: ReadonlyMap<string, Need> = new Map()

/**
 * Links every plugin with its dependencies, with optional ones that are there in an allowed version, and with the
 * providers of the services that it requires.
 */
export function linkPlugins(input: LinkInput): PluginLinks {
  const { records } = input
  const { ranges } = input.environment
  const providersOf = providerLookup(input)
  const needs = new Map<string, ReadonlyMap<string, Need>>()
  for (const { meta } of records.values()) {
    if (isAlone(meta)) {
      needs.set(meta.name, NOTHING)
      continue
    }
    const own = new Map<string, Need>()
    for (const { name } of meta.dependencies) if (records.has(name)) own.set(name, 'required')
    for (const service of meta.requires) for (const provider of providersOf(service)) own.set(provider, 'required')
    for (const { name, range } of meta.optionalDependencies) {
      const found = records.get(name)
      // Out of range counts as not there; `resolve` notes it.
      if (found !== undefined && !own.has(name) && ranges.has(range, found.meta.version)) own.set(name, 'optional')
    }
    needs.set(meta.name, own)
  }
  return { graph: graphOf(needs, () => true), needs, providersOf }
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

function providerLookup({ records, environment, enabled }: LinkInput): (service: string) => readonly string[] {
  // Made for the first who requires a service, for most sets of plugins have nobody who does.
  let byService: ReadonlyMap<string, readonly string[]> | undefined
  const narrowed = new Map<string, readonly string[]>()
  return (service) => {
    const known = narrowed.get(service)
    if (known !== undefined) return known
    byService ??= providersIn(records)
    let providers = byService.get(service) ?? []
    // A provider for another platform, or one that is switched off, does not compete with one that can run.
    if (providers.length > 1) {
      providers = someOf(providers, (name) => environmentConflicts(records.get(name)!, environment).length === 0)
      providers = someOf(providers, enabled)
    }
    narrowed.set(service, providers)
    return providers
  }
}

function providersIn(records: LinkInput['records']): ReadonlyMap<string, readonly string[]> {
  const byService = new Map<string, string[]>()
  const provide = (service: string, name: string) => {
    const providers = byService.get(service)
    if (providers === undefined) byService.set(service, [name])
    else if (!providers.includes(name)) providers.push(name)
  }
  for (const { meta } of records.values()) {
    provide(meta.name, meta.name)
    for (const service of meta.provides) provide(service, meta.name)
  }
  return byService
}

function isAlone({ dependencies, requires, optionalDependencies }: ResolvedPluginMeta): boolean {
  return dependencies.length === 0 && requires.length === 0 && optionalDependencies.length === 0
}

/** Those that pass, or all of them where none does. */
function someOf(names: readonly string[], passes: (name: string) => boolean): readonly string[] {
  const passing = names.filter(passes)
  return passing.length > 0 ? passing : names
}
