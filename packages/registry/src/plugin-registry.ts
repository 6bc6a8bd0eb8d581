// Which plugins there are.
import type { PluginError, PluginRecord } from '@cf-plugins/plugin-api'
import { checkChange, duplicateName } from './change-check.ts'
import { type Explanation, explainPlugin, type PluginStatusView } from './explanation.ts'
import type { HostEnvironment } from './host-environment.ts'
import { PluginCatalog, type ResolveOptions, type Wishes } from './plugin-catalog.ts'
import type { Need } from './plugin-needs.ts'
import { readChoices } from './providers.ts'
import type { Resolution } from './resolution.ts'
import { SemverRanges } from './semver-ranges.ts'
import { ServiceTable } from './service-table.ts'
import { changedRecords, type RegistryChange, StagedRegistry, takenOut } from './staged-registry.ts'

export interface PluginRegistryOptions {
  /** Version of the host application, for `engines.host`. Not checked without it. */
  readonly hostVersion?: string | undefined
  /** @default process.versions.node */
  readonly nodeVersion?: string | undefined
  /** @default process.platform */
  readonly platform?: string | undefined
  /**
   * Of the services that several plugins provide, which plugin those get who need one: by service name. The choice holds: where
   * that plugin is not there, disabled or failed, nobody else takes its place.
   */
  readonly providers?: Readonly<Record<string, string>> | undefined
}

/**
 * Which plugins there are, who needs whom, and which services are offered. It knows nothing of what runs: that is the
 * lifecycle's.
 *
 * @example
 * const registry = new PluginRegistry()
 * registry.add(database)
 * registry.add(billing) // dependencies: { database: '^2.0.0' }
 * registry.resolve().order // ['database', 'billing']
 */
export class PluginRegistry {
  readonly services: ServiceTable
  readonly #environment: HostEnvironment
  #records = new Map<string, PluginRecord>()
  /** Whether a catalog has the very map, so that a change takes a copy first: most registries are filled, and then asked. */
  #isShared = false
  #wishes: Wishes = () => undefined
  #catalog: PluginCatalog | undefined

  /** @throws `CFP_PROVIDER_INVALID` */
  constructor(options: PluginRegistryOptions = {}) {
    this.#environment = {
      hostVersion: options.hostVersion,
      nodeVersion: options.nodeVersion ?? process.versions.node,
      platform: options.platform ?? process.platform,
      ranges: new SemverRanges(),
      providers: readChoices(options.providers),
    }
    this.services = new ServiceTable(this.#environment.providers)
  }

  /** Has the registry ask, wherever it matters who is switched on, what people wished for at runtime. */
  followWishes(wishes: Wishes): void {
    this.#wishes = wishes
    this.#catalog = undefined
  }

  /**
   * Takes a plugin in, whatever it depends on: what it lacks is for `resolve` to say.
   *
   * @throws `CFP_DUPLICATE_NAME` with both files
   */
  add(record: PluginRecord): void {
    const first = this.#records.get(record.meta.name)
    if (first !== undefined) throw duplicateName(record, first)
    this.#changing().set(record.meta.name, record)
  }

  /** Takes a plugin out, whoever depends on it, and gives its record. */
  remove(name: string): PluginRecord | undefined {
    const record = this.#records.get(name)
    if (record !== undefined) this.#changing().delete(name)
    return record
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
   * What can start, in order, and everything that is wrong, in one report: names, versions, services, circles, engines
   * and platforms. Runs no plugin's code and changes nothing.
   */
  resolve(options?: ResolveOptions): Resolution {
    return this.#now().resolve(options)
  }

  /**
   * Checks a change on a copy. The registry stays as it is until the `commit()` of what this returns.
   *
   * Refused are: a rename; a name that another file has; whatever keeps an incoming plugin from starting; and
   * whatever would newly keep another one from starting, such as a version that a dependent does not take, a circle,
   * or the removal of a plugin that others need.
   *
   * @throws HotReloadError with the code of the one problem, or `CFP_CHANGE_REFUSED` with several in `issues`
   */
  stage(change: RegistryChange, options: ResolveOptions = {}): StagedRegistry {
    const before = this.#now()
    for (const name of change.remove ?? []) if (!before.has(name)) throw before.unknown(name)
    const after = changedRecords(before, change)
    const staged = new StagedRegistry(after, this.#environment, this.#wishes, before, () => {
      if (this.#catalog === before) {
        // Nothing came between: what was worked out for the check holds from now on, and the next change needs it.
        this.#records = after
        this.#catalog = staged.settled()
        return
      }
      const records = this.#changing()
      for (const name of takenOut(change)) records.delete(name)
      for (const record of change.set ?? []) records.set(record.meta.name, record)
    })
    checkChange(before, staged, change, options)
    return staged
  }

  /**
   * What a plugin depends on directly and is registered: its dependencies, those optional ones whose version it
   * takes, and providers of the services that it requires or collects.
   *
   * @throws `CFP_PLUGIN_UNKNOWN`
   */
  dependenciesOf(name: string): string[] {
    return this.#now().dependenciesOf(name)
  }

  /** The same, in a list that is not copied: for whoever asks of thousands. @throws `CFP_PLUGIN_UNKNOWN` */
  needsOf(name: string): readonly string[] {
    return this.#now().needsOf(name)
  }

  /** Who depends directly on a plugin. @throws `CFP_PLUGIN_UNKNOWN` */
  dependentsOf(name: string): string[] {
    return this.#now().dependentsOf(name)
  }

  /** The plugins themselves and all that depend on them, however far, dependencies first. @throws `CFP_PLUGIN_UNKNOWN` */
  affectedBy(names: Iterable<string>): string[] {
    return this.#now().affectedBy(names)
  }

  /** All plugins, or those named, dependencies first, the same each time. @throws `CFP_PLUGIN_UNKNOWN` */
  order(names?: Iterable<string>): string[] {
    return this.#now().order(names)
  }

  /** How much the plugin `name` needs `dependency`, or nothing where it does not depend on it. @throws `CFP_PLUGIN_UNKNOWN` */
  requires(name: string, dependency: string): Need | undefined {
    return this.#now().requires(name, dependency)
  }

  /** Who is to be taken for a service, as far as metadata says: more than one where the host must choose. */
  providersOf(service: string): readonly string[] {
    return this.#now().providersOf(service)
  }

  /** Every plugin whose metadata says that it provides a service. */
  allProvidersOf(service: string): readonly string[] {
    return this.#now().allProvidersOf(service)
  }

  /**
   * Why a plugin is where it is, from itself down to the root cause. The states are the lifecycle's, and so it is
   * asked for them.
   *
   * @throws `CFP_PLUGIN_UNKNOWN` with the nearest name
   */
  explain(name: string, status: (name: string) => PluginStatusView): Explanation {
    return explainPlugin(this.#now(), name, status)
  }

  /** The error for a name that is not registered, with the nearest one that is. */
  unknown(name: string): PluginError {
    return this.#now().unknown(name)
  }

  /** The plugins as they are now. A catalog never changes, so that one which somebody holds stays true to its moment. */
  #now(): PluginCatalog {
    if (this.#catalog?.isOutdated) this.#catalog = undefined
    if (this.#catalog === undefined) {
      this.#isShared = true
      this.#catalog = new PluginCatalog(this.#records, this.#environment, this.#wishes)
    }
    return this.#catalog
  }

  /** The records for a change, which no catalog sees. */
  #changing(): Map<string, PluginRecord> {
    if (this.#isShared) this.#records = new Map(this.#records)
    this.#isShared = false
    this.#catalog = undefined
    return this.#records
  }
}
