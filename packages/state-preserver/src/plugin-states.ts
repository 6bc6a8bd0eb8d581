// What the `context.state` of all plugins of a host have in common.
import { randomUUID } from 'node:crypto'
import type { StatePreservationError } from '@cf-plugins/plugin-api'
import type { FixedState } from './fixed-state.ts'
import { LockHolders } from './lock-holder.ts'
import type { StateHost } from './part-owner.ts'
import { SharedStates, sharedName } from './shared-states.ts'
import type { SnapshotShelf } from './snapshot-shelf.ts'
import type { KeptValue, StateCell } from './state-cell.ts'
import { KeptSnapshot, keptOf, NO_STATE } from './state-snapshot.ts'
import { storeFailure } from './store-errors.ts'

export class PluginStates implements StateHost {
  readonly maxBytes: number
  readonly #shelf: SnapshotShelf
  readonly #shared: SharedStates
  readonly #onStoreError: (error: StatePreservationError) => void
  // Of no other host of the process, whose changes may be on the same stack.
  readonly holders = new LockHolders(`state_change_${randomUUID().slice(0, 8)}`)

  constructor(shelf: SnapshotShelf, maxBytes: number, onStoreError: (error: StatePreservationError) => void) {
    this.maxBytes = maxBytes
    this.#shelf = shelf
    this.#onStoreError = onStoreError
    const load = (part: string) => this.#load(part)
    const save = (part: string, fixed: FixedState) => this.record(sharedName(part), { version: 0, fixed })
    this.#shared = new SharedStates(shelf.isLasting ? { load, save } : undefined)
  }

  shared(part: string): StateCell {
    return this.#shared.cell(part)
  }

  /** Finds what an earlier process left of these parts; nothing to wait for where that was done. Never rejects. */
  prepare(parts: readonly string[]): undefined | Promise<void> {
    return this.#shared.prepare(parts)
  }

  /** Keeps what a plugin has in `context.state` now beside what it had of other state. */
  record(name: string, own: KeptValue): void {
    if (!this.#shelf.isLasting) return
    const before = this.#shelf.latest(name)
    const origin = { plugin: name, version: own.version, enabled: true, takenAt: Date.now() }
    const snapshot = before instanceof KeptSnapshot ? before.withOwn(own) : new KeptSnapshot(origin, NO_STATE, own)
    this.#shelf.keepForNow(name, snapshot)
  }

  async #load(part: string): Promise<FixedState | undefined> {
    const name = sharedName(part)
    try {
      const snapshot = await this.#shelf.load(name, undefined)
      return snapshot && keptOf(snapshot, this.maxBytes)?.fixed
    } catch (error) {
      this.#shelf.setAside(name)
      this.#onStoreError(storeFailure({ name, phase: 'readState' }, error))
      return undefined
    }
  }
}
