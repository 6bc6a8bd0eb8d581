// What one plugin's own dependencies and requirements have against it, before any cause is followed further.
import type { PluginDependency, PluginError, PluginRecord } from '@cf-plugins/plugin-api'
import { conflict } from './conflict.ts'
import { invalidRange } from './host-environment.ts'
import { didYouMean } from './nearest-name.ts'
import type { LinkInput, PluginLinks } from './plugin-links.ts'

/** An optional dependency that is there and yet counts as absent. */
export interface ResolutionNote {
  readonly plugin: string
  /** The optional dependency. */
  readonly dependency: string
  readonly message: string
}

/** Everything wrong with what `record` names as dependencies or requires. */
export function dependencyConflicts(record: PluginRecord, input: LinkInput, links: PluginLinks): PluginError[] {
  const { dependencies, requires, optionalDependencies } = record.meta
  const found: PluginError[] = []
  for (const dependency of dependencies) found.push(...requiredConflicts(record, dependency, input))
  for (const service of requires) found.push(...serviceConflicts(record, service, input, links))
  for (const { name, range } of optionalDependencies) {
    if (input.environment.ranges.isRange(range)) continue
    found.push(invalidRange(record, `optionalDependencies.${name}`, range))
  }
  return found
}

/** Optional dependencies that are there in a version that their dependent does not take. */
export function outOfRangeNotes(
  { meta }: PluginRecord,
  { records, environment: { ranges } }: LinkInput,
): ResolutionNote[] {
  return meta.optionalDependencies.flatMap(({ name, range }) => {
    const version = records.get(name)?.meta.version
    if (version === undefined || !ranges.isRange(range) || ranges.has(range, version)) return []
    const message = `Plugin "${meta.name}" goes without its optional dependency "${name}": it takes ${range}, and ${version} is there.`
    return [{ plugin: meta.name, dependency: name, message }]
  })
}

function requiredConflicts(record: PluginRecord, { name, range }: PluginDependency, input: LinkInput): PluginError[] {
  const plugin = record.meta.name
  const path = `dependencies.${name}`
  const { ranges } = input.environment
  const found: PluginError[] = []
  if (!ranges.isRange(range)) found.push(invalidRange(record, path, range))
  const dependency = input.records.get(name)
  if (dependency === undefined) {
    const others = [...input.records.keys()].filter((other) => other !== plugin)
    const wanted = range === '*' ? `"${name}"` : `"${name}" ${range}`
    const message = `Plugin "${plugin}" needs ${wanted}, which is not there.${didYouMean(name, others)} Install it, or correct the name.`
    return [...found, conflict(record, 'CFP_DEPENDENCY_MISSING', path, message)]
  }
  const { version } = dependency.meta
  if (found.length === 0 && !ranges.has(range, version)) {
    const message = `Plugin "${plugin}" needs "${name}" ${range}, but version ${version} is there. Change the range or the version.`
    found.push(conflict(record, 'CFP_DEPENDENCY_RANGE', path, message))
  }
  if (!input.enabled(name)) {
    const message = `Plugin "${plugin}" needs "${name}", which is disabled. Enable it, or make it an optional dependency.`
    found.push(conflict(record, 'CFP_DEPENDENCY_DISABLED', path, message))
  }
  return found
}

function serviceConflicts(record: PluginRecord, service: string, input: LinkInput, links: PluginLinks): PluginError[] {
  const plugin = record.meta.name
  const path = `requires.${service}`
  const providers = links.providersOf(service)
  const [provider] = providers
  if (provider === undefined) {
    const message = `Plugin "${plugin}" requires the service "${service}", which no plugin provides.${didYouMean(service, offeredIn(input))} Install one that does, or correct the name.`
    return [conflict(record, 'CFP_SERVICE_MISSING', path, message)]
  }
  if (!providers.some(input.enabled)) {
    const message = `Plugin "${plugin}" requires the service "${service}" of "${provider}", which is disabled. Enable it.`
    return [conflict(record, 'CFP_DEPENDENCY_DISABLED', path, message)]
  }
  if (providers.length > 1) {
    const names = providers.map((name) => `"${name}"`).join(' and ')
    const message = `Plugin "${plugin}" requires the service "${service}", which ${names} provide. Disable all but one of them.`
    return [conflict(record, 'CFP_SERVICE_AMBIGUOUS', path, message)]
  }
  return []
}

function offeredIn({ records }: LinkInput): Set<string> {
  return new Set([...records.values()].flatMap(({ meta }) => [meta.name, ...meta.provides]))
}
