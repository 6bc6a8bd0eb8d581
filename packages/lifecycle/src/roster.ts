// Every plugin's slot, and the only code that changes a state.
import type { PluginError } from '@cf-plugins/plugin-api'
import { type StateChange, stateChannel } from './channels.ts'
import { PluginSlot, type PluginState } from './plugin-slot.ts'

/** Told of each transition, at once. */
export type StateListener = (change: StateChange) => void

/** The slots of one lifecycle, in the order in which they were taken. */
export class Roster {
  readonly #slots = new Map<string, PluginSlot>()
  readonly #listeners = new Set<StateListener>()
  // Rank 0 is the host's own handlers.
  #rank = 1

  /** The plugin's slot, taken now where it has none. */
  slot(name: string): PluginSlot {
    const found = this.#slots.get(name)
    if (found) return found
    const slot = new PluginSlot(name, this.#rank++)
    this.#slots.set(name, slot)
    return slot
  }

  find(name: string): PluginSlot | undefined {
    return this.#slots.get(name)
  }

  slots(): PluginSlot[] {
    return [...this.#slots.values()]
  }

  /** Gives the slot back. Its rank is not given out again, so that handlers of others keep their order. */
  remove(name: string): void {
    this.#slots.delete(name)
  }

  move(slot: PluginSlot, state: PluginState, error?: PluginError): void {
    const from = slot.state
    slot.error = error
    if (from === state) return
    slot.state = state
    const change: StateChange = { plugin: slot.name, from, to: state, error }
    if (stateChannel.hasSubscribers) stateChannel.publish(change)
    for (const listener of this.#listeners) listener(change)
  }

  /** Listens to transitions. A listener must not throw. */
  watch(listener: StateListener): () => void {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }
}
