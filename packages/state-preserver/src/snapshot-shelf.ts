// Where snapshots are: the latest of each plugin in memory, and behind that the store, where there is one.
import type { StatePreservationError } from '@cf-plugins/plugin-api'
import { within } from '@cf-plugins/plugin-api/host'
import { DelayedSaves } from './delayed-saves.ts'
import type { StateSnapshot } from './state-snapshot.ts'
import type { StateStore } from './state-store.ts'
import { storeAborted, storeFailure, storeTimeout } from './store-errors.ts'
import { WriteBehind } from './write-behind.ts'

export interface SnapshotShelfOptions {
  readonly store: StateStore | undefined
  /** How long after a change its write begins, in milliseconds. */
  readonly writeDelayMs: number
  readonly storeTimeoutMs: number
  readonly retryDelayMs: number
  readonly onStoreError: (error: StatePreservationError) => void
}

export class SnapshotShelf {
  readonly #store: StateStore | undefined
  readonly #storeTimeoutMs: number
  readonly #writes: WriteBehind | undefined
  readonly #changes: DelayedSaves
  readonly #latest = new Map<string, StateSnapshot>()

  constructor({ store, writeDelayMs, storeTimeoutMs, retryDelayMs, onStoreError }: SnapshotShelfOptions) {
    this.#store = store
    this.#storeTimeoutMs = storeTimeoutMs
    const times = { delayMs: writeDelayMs, timeoutMs: storeTimeoutMs, retryMs: retryDelayMs }
    this.#writes = store && new WriteBehind({ store, ...times, onError: onStoreError })
    this.#changes = new DelayedSaves(writeDelayMs, (name) => this.#write(name))
  }

  get isLasting(): boolean {
    return this.#store !== undefined
  }

  latest(name: string): StateSnapshot | undefined {
    return this.#latest.get(name)
  }

  /** Keeps a snapshot as the latest. @param isWritten whether the store gets it too */
  keep(name: string, snapshot: StateSnapshot, isWritten: boolean): void {
    this.#latest.set(name, snapshot)
    if (isWritten) this.#write(name)
  }

  /** Keeps one that may be followed by many more. */
  keepForNow(name: string, snapshot: StateSnapshot & { readonly bytes: number }): void {
    this.#latest.set(name, snapshot)
    this.#changes.changed(name, snapshot.bytes)
  }

  /** The stored one, which then is the latest; where a newer one is not written yet, that one. @throws what the store threw */
  async load(name: string, signal: AbortSignal | undefined): Promise<StateSnapshot | undefined> {
    const store = this.#store
    if (!store) return undefined
    const work = { name, phase: 'readState' } as const
    const aborted = () => storeAborted(work, signal?.reason)
    if (signal?.aborted) throw aborted()
    if (this.#isBehind(name)) return this.#latest.get(name)
    const before = this.#latest.get(name)
    const ms = this.#storeTimeoutMs
    const late = () => storeTimeout(work, ms)
    const controller = new AbortController()
    let stored: StateSnapshot | undefined
    try {
      stored = await within(store.read(name, { signal: controller.signal }), { ms, signal, late, aborted })
    } catch (thrown) {
      controller.abort(thrown)
      throw storeFailure(work, thrown)
    }
    // What was saved, or forgotten, in the meantime is newer than what was read.
    if (this.#latest.get(name) !== before || this.#isBehind(name)) return this.#latest.get(name)
    if (stored) this.#latest.set(name, stored)
    return stored
  }

  /** Resolves when the store has all that it is to have. @throws what could not be written */
  async flush(timeoutMs: number | undefined, signal: AbortSignal | undefined): Promise<void> {
    this.#changes.orderAll()
    await this.#writes?.flush(timeoutMs ?? this.#storeTimeoutMs, signal)
  }

  /** Whether the store will see to it that the next write loses nothing. */
  setAside(name: string): boolean {
    this.#latest.delete(name)
    this.#changes.drop(name)
    if (!this.#store?.setAside) return false
    this.#store.setAside(name)
    return true
  }

  forget(name: string): void {
    this.#latest.delete(name)
    this.#changes.drop(name)
    this.#writes?.order(name, undefined)
  }

  #write(name: string): void {
    this.#changes.drop(name)
    this.#writes?.order(name, this.#latest.get(name))
  }

  #isBehind(name: string): boolean {
    return this.#changes.isDue(name) || this.#writes?.isBehind(name) === true
  }
}
