// A change of the registry that is checked before it happens, and happens in one step or not at all.
import type { PluginRecord } from '@cf-plugins/plugin-api'
import type { HostEnvironment } from './host-environment.ts'
import { PluginCatalog, type Wishes } from './plugin-catalog.ts'

/** Records to put in, in place of those of the same names, and names to take out. */
export interface RegistryChange {
  readonly set?: readonly PluginRecord[]
  readonly remove?: readonly string[]
}

/**
 * The registry as it would be after a change. Nobody else sees it; to give it up, drop it.
 */
export class StagedRegistry extends PluginCatalog {
  readonly #before: PluginCatalog
  readonly #commit: () => void
  #committed = false

  constructor(
    records: ReadonlyMap<string, PluginRecord>,
    environment: HostEnvironment,
    wishes: Wishes,
    before: PluginCatalog,
    commit: () => void,
  ) {
    super(records, environment, wishes)
    this.#before = before
    this.#commit = commit
  }

  /**
   * The plugins themselves and all that depend on them before the change or after it, dependencies first. A plugin
   * that the change takes out is not in the answer, but who depended on it is.
   *
   * @throws `CFP_PLUGIN_UNKNOWN` for a name that is neither in the registry nor in the change
   */
  override affectedBy(names: Iterable<string>): string[] {
    const reached = new Set(names)
    for (const name of reached) {
      if (!this.has(name) && !this.#before.has(name)) throw this.unknown(name)
      for (const catalog of [this.#before, this]) {
        if (catalog.has(name)) for (const dependent of catalog.dependentsOf(name)) reached.add(dependent)
      }
    }
    return this.order([...reached].filter((name) => this.has(name)))
  }

  /** Makes the change, at once and as a whole. It cannot fail; a second call does nothing. */
  commit(): void {
    if (this.#committed) return
    this.#committed = true
    this.#commit()
  }
}

/** The records after `change`. A replaced one keeps its place. */
export function changedRecords(before: PluginCatalog, change: RegistryChange): Map<string, PluginRecord> {
  const after = new Map(before.records().map((record) => [record.meta.name, record]))
  for (const name of takenOut(change)) after.delete(name)
  for (const record of change.set ?? []) after.set(record.meta.name, record)
  return after
}

/** The names that are gone after `change`: one that is taken out and put in only moved. */
export function takenOut({ set = [], remove = [] }: RegistryChange): string[] {
  const incoming = new Set(set.map((record) => record.meta.name))
  return remove.filter((name) => !incoming.has(name))
}
