// What the registry must hold: the records of every change that was committed, and of no other.
import type { PluginRecord } from '@cf-plugins/plugin-api'
import type { Shape } from './shape.ts'

/** A record, and what it was made from. */
export interface Entry {
  readonly record: PluginRecord
  readonly shape: Shape
  /** The one before it, for as long as it is not certain that it starts: its plugin rested when it came. */
  readonly before?: Entry | undefined
}

/** The registry, as the outcomes of all operations say that it must be. */
export class Ledger {
  readonly #entries = new Map<string, Entry>()
  /** Plugins that a person switched off, and not on again. */
  readonly off = new Set<string>()

  set(entry: Entry): void {
    this.#entries.set(entry.record.meta.name, entry)
  }

  /** After a reload of `members`: another one was at rest, and takes its new code up later. */
  change(entry: Entry, members: readonly string[]): void {
    const { name } = entry.shape
    const old = this.#entries.get(name)
    this.set(members.includes(name) || !old ? entry : { ...entry, before: old.before ?? old })
  }

  /** What a plugin turned out to serve with, where that was not certain. */
  settle(name: string, record: PluginRecord | undefined): void {
    const entry = this.#entries.get(name)
    for (let each: Entry | undefined = entry; each; each = each.before) {
      if (each.record === record) this.set({ ...each, before: undefined })
    }
  }

  remove(name: string): void {
    this.#entries.delete(name)
  }

  get(name: string): Entry | undefined {
    return this.#entries.get(name)
  }

  shapes(): Shape[] {
    return [...this.#entries.values()].map(({ shape }) => shape)
  }

  names(): string[] {
    return [...this.#entries.keys()].sort()
  }

  /** Whom a plugin depends on, of those that are there. */
  edgesOf(name: string): string[] {
    const shape = this.#entries.get(name)?.shape
    if (!shape) return []
    const optional = Object.entries(shape.optionalDependencies).filter(([other, range]) => this.#fits(other, range))
    const wanted = [...Object.keys(shape.dependencies), ...optional.map(([other]) => other)]
    return [...new Set(wanted)].filter((other) => this.#entries.has(other)).sort()
  }

  #fits(name: string, range: string): boolean {
    const version = this.#entries.get(name)?.shape.version
    return version !== undefined && (range === '*' || version.startsWith(range.slice(1, 2)))
  }
}
