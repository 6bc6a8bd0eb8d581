// Who provides which service, and whom of several those get who need one.
import { PluginError, type PluginRecord } from '@cf-plugins/plugin-api'
import type { RegistryErrorCode } from './error-codes.ts'
import { environmentConflicts, type HostEnvironment } from './host-environment.ts'

/** What `ProviderLookup` reads. */
export interface ProviderInput {
  readonly records: ReadonlyMap<string, PluginRecord>
  readonly environment: HostEnvironment
  readonly enabled: (name: string) => boolean
}

/** The providers of each service, by what metadata says. */
export class ProviderLookup {
  readonly #input: ProviderInput
  // Made for the first who asks for a service, for in most sets of plugins nobody does.
  #byService: ReadonlyMap<string, readonly string[]> | undefined
  readonly #candidates = new Map<string, readonly string[]>()
  readonly #contestants = new Map<string, boolean>()

  constructor(input: ProviderInput) {
    this.#input = input
  }

  /** Those among whom it mattered who is switched on, and whether they were. */
  get contestants(): ReadonlyMap<string, boolean> {
    return this.#contestants
  }

  /** Everyone who says that it provides the service. */
  all(service: string): readonly string[] {
    this.#byService ??= providersIn(this.#input.records)
    return this.#byService.get(service) ?? []
  }

  /** Whom the host chose for the service, whether or not that can be. */
  choice(service: string): string | undefined {
    return this.#input.environment.providers.get(service)
  }

  /**
   * Who is to be taken by those who need one: the host's choice, nobody where that does not provide it; else those who can run
   * here and are switched on. More than one is an ambiguity.
   */
  candidates(service: string): readonly string[] {
    const known = this.#candidates.get(service)
    if (known !== undefined) return known
    const choice = this.choice(service)
    let providers = this.all(service)
    if (choice !== undefined) providers = providers.filter((name) => name === choice)
    else if (providers.length > 1) providers = this.#able(providers)
    this.#candidates.set(service, providers)
    return providers
  }

  /** A provider for another platform, or one that is switched off, does not compete with one that can run. */
  #able(providers: readonly string[]): readonly string[] {
    const { records, environment, enabled } = this.#input
    const fitting = someOf(providers, (name) => environmentConflicts(records.get(name)!, environment).length === 0)
    if (fitting.length < 2) return fitting
    for (const name of fitting) this.#contestants.set(name, enabled(name))
    return someOf(fitting, enabled)
  }
}

/** The host's choices as they are used. @throws `CFP_PROVIDER_INVALID` for what is no name */
export function readChoices(providers: Readonly<Record<string, string>> = {}): ReadonlyMap<string, string> {
  for (const [service, plugin] of Object.entries(providers)) {
    if (typeof plugin === 'string' && plugin !== '') continue
    const code: RegistryErrorCode = 'CFP_PROVIDER_INVALID'
    throw new PluginError(code, `providers.${service} must be the name of a plugin, not ${JSON.stringify(plugin)}.`)
  }
  return new Map(Object.entries(providers))
}

/** What a host adds where several could provide a service. */
export function choiceLine(service: string, plugin: string): string {
  return `providers: { ${/^[a-z_]\w*$/.test(service) ? service : `'${service}'`}: '${plugin}' }`
}

/** Names as the middle of a sentence. */
export function quoted(names: readonly string[]): string {
  return names.map((name) => `"${name}"`).join(' and ')
}

function providersIn(records: ProviderInput['records']): ReadonlyMap<string, readonly string[]> {
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

/** Those that pass, or all of them where none does. */
function someOf(names: readonly string[], passes: (name: string) => boolean): readonly string[] {
  const passing = names.filter(passes)
  return passing.length > 0 ? passing : names
}
