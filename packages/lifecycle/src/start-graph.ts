// Who waits for whom in a run of starts: worked out once, in flat arrays, for a list a plugin would cost more than its start.
import type { PluginRegistry } from '@cf-plugins/registry'
import { type Dependencies, NO_DEPENDENCIES } from './generation-start.ts'
import type { PluginSlot } from './plugin-slot.ts'
import type { Roster } from './roster.ts'
import type { Rows } from './schedule.ts'

/** The plugins of a run, by their place in it, with what they need in the run and besides. */
export class StartGraph {
  /** For each plugin, the places of those that it needs and that start in the run. */
  readonly rows: Rows
  readonly #slots: readonly PluginSlot[]
  readonly #registry: PluginRegistry
  readonly #names: (readonly string[])[]
  /** What the plugin at `at` needs is `#needs[#starts[at]]` up to `#needs[#starts[at + 1]]`. */
  readonly #needs: PluginSlot[] = []
  readonly #starts: Int32Array

  /** @param slots dependencies first */
  constructor(roster: Roster, registry: PluginRegistry, slots: readonly PluginSlot[]) {
    const size = slots.length
    this.#slots = slots
    this.#registry = registry
    this.#names = new Array(size)
    this.#starts = new Int32Array(size + 1)
    const starts = new Int32Array(size + 1)
    const rows: number[] = []
    for (let at = 0; at < size; at++) {
      const slot = slots[at] as PluginSlot
      const names = registry.needsOf(slot.name)
      slot.position = at
      this.#names[at] = names
      for (let each = 0; each < names.length; each++) {
        const need = roster.slot(names[each] as string)
        this.#needs.push(need)
        // One that does not start in this run has no place in it, or an old one. None comes later: circles are never started.
        if (need.position < at && slots[need.position] === need) rows.push(need.position)
      }
      starts[at + 1] = rows.length
      this.#starts[at + 1] = this.#needs.length
    }
    this.rows = { starts, rows }
  }

  /** What the plugin needs, of those that start in the run and of others. */
  needsOf(at: number): readonly PluginSlot[] {
    return this.#needs.slice(this.#starts[at], this.#starts[at + 1])
  }

  /** The first that it cannot do without and that is not active; nothing where all are. */
  missing(at: number): PluginSlot | undefined {
    const end = this.#starts[at + 1] as number
    for (let each = this.#starts[at] as number; each < end; each++) {
      const need = this.#needs[each] as PluginSlot
      if (need.state === 'active') continue
      if (this.#registry.requires((this.#slots[at] as PluginSlot).name, need.name) === 'required') return need
    }
    return undefined
  }

  /** What it depends on as things stand. */
  dependencies(at: number): Dependencies {
    const names = this.#names[at] as readonly string[]
    if (names.length === 0) return NO_DEPENDENCIES
    const first = this.#starts[at] as number
    return { names, numbers: names.map((_name, each) => (this.#needs[first + each] as PluginSlot).activeNumber) }
  }
}

/** One after another, each waits for the one before it. */
export function oneByOne(size: number): Rows {
  const starts = new Int32Array(size + 1)
  const rows = new Int32Array(Math.max(0, size - 1))
  for (let at = 1; at < size; at++) {
    starts[at + 1] = at
    rows[at - 1] = at - 1
  }
  return { starts, rows }
}
