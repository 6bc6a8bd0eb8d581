// What one plugin's own dependencies and requirements have against it, before any cause is followed further.
import type { PluginDependency, PluginError, PluginRecord } from '@cf-plugins/plugin-api'
import { conflict } from './conflict.ts'
import { invalidRange } from './host-environment.ts'
import { didYouMean } from './nearest-name.ts'
import { type LinkInput, optionalOn, type PluginLinks } from './plugin-links.ts'
import { choiceLine, type ProviderLookup, quoted } from './providers.ts'

/** An optional dependency that is there and yet counts as absent. */
export interface ResolutionNote {
  readonly plugin: string
  /** The optional dependency. */
  readonly dependency: string
  readonly message: string
}

const NONE: readonly PluginError[] = []

/** Everything wrong with what `record` names as dependencies or requires. */
export function dependencyConflicts(
  record: PluginRecord,
  input: LinkInput,
  links: PluginLinks,
): readonly PluginError[] {
  const { dependencies, requires, optionalDependencies } = record.meta
  // Nearly all are as they should be, and those cost no list.
  if (requires.length + optionalDependencies.length === 0 && areMet(dependencies, input)) return NONE
  const found: PluginError[] = []
  for (const dependency of dependencies) {
    if (!isMet(dependency, input)) found.push(...requiredConflicts(record, dependency, input))
  }
  for (const service of requires) found.push(...serviceConflicts(record, service, input, links))
  for (const { name, range } of optionalDependencies) {
    if (input.environment.ranges.isRange(range)) continue
    found.push(invalidRange(record, `optionalDependencies.${name}`, range))
  }
  return found
}

/** Optional dependencies that are there in a version that their dependent does not take, or more than once. */
export function passedOverNotes(
  { meta }: PluginRecord,
  input: LinkInput,
  { providers }: PluginLinks,
): ResolutionNote[] {
  const { records, environment } = input
  return meta.optionalDependencies.flatMap((dependency) => {
    const { name, range } = dependency
    if (!environment.ranges.isRange(range) || optionalOn(dependency, input, providers) !== undefined) return []
    const version = records.get(name)?.meta.version
    const isOutOfRange = version !== undefined && !environment.ranges.has(range, version)
    const why = isOutOfRange ? `it takes ${range}, and ${version} is there.` : unclear(name, providers)
    if (why === undefined) return []
    const message = `Plugin "${meta.name}" goes without its optional dependency "${name}": ${why}`
    return [{ plugin: meta.name, dependency: name, message }]
  })
}

/** Why none of those is taken who provide a service; nothing where nobody does. */
function unclear(service: string, providers: ProviderLookup): string | undefined {
  const choice = providers.choice(service)
  if (choice !== undefined) return `the host chose "${choice}", which does not provide it.`
  const candidates = providers.candidates(service)
  if (candidates.length === 0) return undefined
  return `${quoted(candidates)} provide it. Choose one in the options of the host: ${choiceLine(service, candidates[0]!)}.`
}

function areMet(dependencies: readonly PluginDependency[], input: LinkInput): boolean {
  for (let at = 0; at < dependencies.length; at++) if (!isMet(dependencies[at]!, input)) return false
  return true
}

function isMet({ name, range }: PluginDependency, { records, environment: { ranges }, enabled }: LinkInput): boolean {
  const dependency = records.get(name)
  if (dependency === undefined || !enabled(name)) return false
  return ranges.isRange(range) && ranges.has(range, dependency.meta.version)
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

function serviceConflicts(
  record: PluginRecord,
  service: string,
  input: LinkInput,
  { providers: lookup }: PluginLinks,
): PluginError[] {
  const plugin = record.meta.name
  const path = `requires.${service}`
  const providers = lookup.candidates(service)
  const choice = lookup.choice(service)
  const [provider] = providers
  if (provider === undefined && choice !== undefined) {
    const why = input.records.has(choice) ? 'does not provide it' : 'is not there'
    const others = lookup.all(service)
    const instead = others.length > 0 ? ` ${quoted(others)} would.` : didYouMean(choice, input.records.keys())
    const message = `Plugin "${plugin}" requires the service "${service}", for which the host chose "${choice}", which ${why}.${instead} Correct \`providers\` in the options of the host.`
    return [conflict(record, 'CFP_PROVIDER_INVALID', path, message)]
  }
  if (provider === undefined) {
    const message = `Plugin "${plugin}" requires the service "${service}", which no plugin provides.${didYouMean(service, offeredIn(input))} Install one that does, or correct the name.`
    return [conflict(record, 'CFP_SERVICE_MISSING', path, message)]
  }
  if (!providers.some(input.enabled)) {
    const chosen =
      choice === undefined
        ? 'which is disabled. Enable it.'
        : 'which the host chose and which is disabled. Enable it, or choose another one.'
    const message = `Plugin "${plugin}" requires the service "${service}" of "${provider}", ${chosen}`
    return [conflict(record, 'CFP_DEPENDENCY_DISABLED', path, message)]
  }
  if (providers.length > 1) {
    const message = `Plugin "${plugin}" requires the service "${service}", which ${quoted(providers)} provide. Choose one in the options of the host, ${choiceLine(service, provider)}, or disable the others.`
    return [conflict(record, 'CFP_SERVICE_AMBIGUOUS', path, message)]
  }
  return []
}

function offeredIn({ records }: LinkInput): Set<string> {
  return new Set([...records.values()].flatMap(({ meta }) => [meta.name, ...meta.provides]))
}
