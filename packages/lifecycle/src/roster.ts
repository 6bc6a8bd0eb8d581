// Every plugin's slot, and the only code that changes a state.
import type { Logger, PluginError } from '@cf-plugins/plugin-api'
import { type StateChange, stateChannel } from './channels.ts'
import { type LifecycleState, PluginSlot } from './plugin-slot.ts'

/** Told of each transition, at once. What it throws is logged. */
export type StateListener = (change: StateChange) => void

/** Asked at each transition whether it wants to know it: a change is only put in words for somebody. */
export interface SystemListener {
  readonly isListening: boolean
  changed(change: StateChange): void
}

/** The slots of one lifecycle, in the order in which they were taken. */
export class Roster {
  readonly #host: string
  readonly #logger: Logger
  readonly #enabledOf: ((plugin: string) => boolean | undefined) | undefined
  readonly #slots = new Map<string, PluginSlot>()
  /** Slots of plugins that were unloaded: what a person wished, their kept state and their rank, for when they come back. */
  readonly #away = new Map<string, PluginSlot>()
  readonly #listeners = new Set<StateListener>()
  #first: SystemListener | undefined
  // Rank 0 is the host's own handlers.
  #rank = 1

  /**
   * @param host which host it is of, by its id
   * @param enabledOf what the host's configuration says of a plugin that nobody has switched on or off
   */
  constructor(host: string, logger: Logger, enabledOf?: (plugin: string) => boolean | undefined) {
    this.#host = host
    this.#logger = logger
    this.#enabledOf = enabledOf
  }

  /** The plugin's slot, taken now, or taken back, where it has none. */
  slot(name: string): PluginSlot {
    const found = this.#slots.get(name)
    if (found) return found
    const away = this.#away.size > 0 ? this.#away.get(name) : undefined
    const slot = away ?? new PluginSlot(name, this.#rank++)
    if (away) this.#away.delete(name)
    this.#slots.set(name, slot)
    return slot
  }

  find(name: string): PluginSlot | undefined {
    return this.#slots.get(name)
  }

  /** Which instance of a plugin is active; 0 where none is. */
  activeNumber(name: string): number {
    return this.#slots.get(name)?.activeNumber ?? 0
  }

  slots(): PluginSlot[] {
    return [...this.#slots.values()]
  }

  /** Puts a slot aside until its plugin comes back. */
  remove(name: string): void {
    const slot = this.#slots.get(name)
    if (!slot || !this.#slots.delete(name)) return
    slot.orphaned = false
    this.#away.set(name, slot)
  }

  /** What a person asked for, also of a plugin that is unloaded, or else the host's configuration. */
  wish(name: string): boolean | undefined {
    return (this.#slots.get(name) ?? this.#away.get(name))?.wanted ?? this.#enabledOf?.(name)
  }

  /** Whether a person, or the host's configuration, may have switched a plugin on or off. */
  get hasWishes(): boolean {
    if (this.#enabledOf) return true
    for (const slots of [this.#slots, this.#away]) {
      for (const { wanted } of slots.values()) if (wanted !== undefined) return true
    }
    return false
  }

  move(slot: PluginSlot, state: LifecycleState, error?: PluginError): void {
    const from = slot.state
    slot.error = error
    if (from === state) return
    slot.state = state
    if (!this.#isHeard()) return
    const change: StateChange = { host: this.#host, plugin: slot.name, from, to: state, error }
    stateChannel.publish(change)
    this.#first?.changed(change)
    for (const listener of this.#listeners) {
      try {
        listener(change)
      } catch (err) {
        this.#logger.error({ err, ...change }, `A listener of plugin states threw at "${slot.name}" (${state}).`)
      }
    }
  }

  /** Has transitions told to one before all others, where that one wants to know them. */
  tellFirst(listener: SystemListener): void {
    this.#first = listener
  }

  /** Listens to transitions. */
  watch(listener: StateListener): () => void {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  #isHeard(): boolean {
    return this.#listeners.size > 0 || stateChannel.hasSubscribers || this.#first?.isListening === true
  }
}
