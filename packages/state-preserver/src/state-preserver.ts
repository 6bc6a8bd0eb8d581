// Takes a plugin's state out of one instance and puts it into the next.
import type { ResolvedPluginMeta, StatePreservationError } from '@cf-plugins/plugin-api'
import { type ClonedState, cloneState, UncloneableState } from './clone-state.ts'
import { callHook } from './hook-call.ts'
import { OpenState } from './open-state.ts'
import type { PartOwner } from './part-owner.ts'
import { PluginStates } from './plugin-states.ts'
import { SnapshotShelf } from './snapshot-shelf.ts'
import { migrationMissing, restoreMissing, type StatefulPlugin, stateAborted, uncloneable } from './state-errors.ts'
import { KeptSnapshot, NO_STATE, type StateSnapshot } from './state-snapshot.ts'
import type { StateStore } from './state-store.ts'

export interface StatePreserverOptions {
  /** The most that one plugin's state may take, as a copy in memory, in bytes. @default 64 MiB */
  readonly maxBytes?: number
  /** How long `getReloadState` may take; a plugin's `timeouts.saveMs` wins. @default 2000 */
  readonly saveTimeoutMs?: number
  /** How long `migrateState` and `setReloadState` may take together; a plugin's `timeouts.restoreMs` wins. @default 5000 */
  readonly restoreTimeoutMs?: number
  /** Where snapshots are kept for the next process. @default none: they end with this one */
  readonly store?: StateStore
  /** How long after a save its write begins, out of a reload's way, in milliseconds. `flush` does not wait for it. @default 100 */
  readonly writeDelayMs?: number
  /** How long the store may take to write or read one snapshot, in milliseconds. @default 10000 */
  readonly storeTimeoutMs?: number
  /** How long after a write that failed it is tried again, in milliseconds; a save or `flush` tries at once. @default 30000 */
  readonly retryDelayMs?: number
  /** Told each write that failed, once. The snapshot is kept in memory, and is tried again. */
  readonly onStoreError?: (error: StatePreservationError) => void
}

export interface StateOperationOptions {
  /** Gives the operation up. */
  readonly signal?: AbortSignal | undefined
}

export interface FlushOptions extends StateOperationOptions {
  /** How long it may take in all, in milliseconds. @default the preserver's storeTimeoutMs */
  readonly timeoutMs?: number
}

/**
 * Keeps the state of plugins, a snapshot each, while their instances are replaced; with a store, also from one process
 * to the next.
 *
 * @example
 * const preserver = new StatePreserver()
 * const snapshot = await preserver.save({ name, enabled: true, meta, instance: old })
 * await preserver.restore({ name, meta, instance: next }, snapshot)
 */
export class StatePreserver {
  readonly #maxBytes: number
  readonly #saveTimeoutMs: number
  readonly #restoreTimeoutMs: number
  readonly #kept: SnapshotShelf
  readonly #states: PluginStates

  constructor({
    maxBytes = 64 * 1024 * 1024,
    saveTimeoutMs = 2_000,
    restoreTimeoutMs = 5_000,
    store,
    writeDelayMs = 100,
    storeTimeoutMs = 10_000,
    retryDelayMs = 30_000,
    onStoreError = () => {},
  }: StatePreserverOptions = {}) {
    this.#maxBytes = maxBytes
    this.#saveTimeoutMs = saveTimeoutMs
    this.#restoreTimeoutMs = restoreTimeoutMs
    this.#kept = new SnapshotShelf({ store, writeDelayMs, storeTimeoutMs, retryDelayMs, onStoreError })
    this.#states = new PluginStates(this.#kept, maxBytes, onStoreError)
  }

  /** Whether what is saved is there for the next process: whether there is a store. */
  get isLasting(): boolean {
    return this.#kept.isLasting
  }

  /**
   * Asks the instance for its state, and keeps a copy of it: later changes of the original do not reach it. A plugin
   * without `getReloadState`, one whose state is `undefined`, and one with `reload.state: 'discard'`, which is not
   * asked, get a snapshot without state. A save that fails leaves the latest snapshot as it was, in memory and in the store.
   * It does not wait for the store, which is left alone where the plugin was not asked.
   *
   * @throws StatePreservationError `CFP_STATE_SAVE_FAILED`, `CFP_STATE_SAVE_TIMEOUT`, `CFP_STATE_NOT_CLONEABLE` with the
   * value's path, `CFP_STATE_TOO_LARGE`, `CFP_STATE_ABORTED`
   */
  async save(
    plugin: StatefulPlugin & { readonly enabled: boolean },
    options: StateOperationOptions = {},
  ): Promise<StateSnapshot> {
    const { name, meta, instance, enabled } = plugin
    let kept = NO_STATE
    const isAsked = meta.reload.state === 'keep' && typeof instance.getReloadState === 'function'
    if (isAsked) {
      const ms = meta.timeouts.saveMs ?? this.#saveTimeoutMs
      const state = await callHook(plugin, 'getReloadState', [], { ms, allowedMs: ms, signal: options.signal })
      kept = this.#copy(plugin, state)
    }
    if (options.signal?.aborted) throw stateAborted(plugin, options.signal.reason)
    // Last, so that nothing that was given up makes changes wait.
    const own = plugin.open instanceof OpenState ? plugin.open.seal() : undefined
    const origin = { plugin: name, version: meta.stateVersion, enabled, takenAt: Date.now() }
    const snapshot = new KeptSnapshot(origin, kept, own)
    this.#kept.keep(name, snapshot, isAsked || (own !== undefined && meta.reload.state === 'keep'))
    return snapshot
  }

  /**
   * Gives a copy of the snapshot's state to the instance, by way of `migrateState` where its version is another one.
   * Does nothing where there is no state, or where the metadata says `reload.state: 'discard'`.
   *
   * @throws StatePreservationError `CFP_STATE_RESTORE_MISSING`, `CFP_STATE_RESTORE_FAILED`, `CFP_STATE_RESTORE_TIMEOUT`,
   * `CFP_STATE_MIGRATION_MISSING`, `CFP_STATE_MIGRATION_FAILED`, `CFP_STATE_ABORTED`
   */
  async restore(plugin: StatefulPlugin, snapshot: StateSnapshot, options: StateOperationOptions = {}): Promise<void> {
    const { meta, instance } = plugin
    if (meta.reload.state === 'discard') return
    const hasState =
      snapshot instanceof KeptSnapshot ? snapshot.peek().copy !== undefined : snapshot.state !== undefined
    if (!snapshot.hasState || !hasState) return
    if (typeof instance.setReloadState !== 'function') throw restoreMissing(plugin)
    const allowedMs = meta.timeouts.restoreMs ?? this.#restoreTimeoutMs
    const deadline = performance.now() + allowedMs
    const bound = () => ({ ms: Math.max(0, deadline - performance.now()), allowedMs, signal: options.signal })
    // One that was not taken here may be anybody's object: its state is copied, as a kept one's is when it is read.
    let state = snapshot instanceof KeptSnapshot ? snapshot.state : this.#copy(plugin, snapshot.state).copy
    if (snapshot.version !== meta.stateVersion) {
      if (typeof instance.migrateState !== 'function') throw migrationMissing(plugin, snapshot.version)
      state = await callHook(plugin, 'migrateState', [state, snapshot.version, 'reload'], bound())
    }
    await callHook(plugin, 'setReloadState', [state], bound())
  }

  /**
   * The snapshot that the store has of a plugin, which then is the latest; where a newer one is not written yet, that
   * one. Nothing where there is none, or no store.
   *
   * @throws StatePreservationError the store's, `CFP_STATE_READ_FAILED`, `CFP_STATE_READ_TIMEOUT`, `CFP_STATE_ABORTED`
   */
  load(name: string, { signal }: StateOperationOptions = {}): Promise<StateSnapshot | undefined> {
    return this.#kept.load(name, signal)
  }

  /**
   * Resolves when the store has all that was saved until now; what could not be written before is tried again.
   *
   * @throws StatePreservationError `CFP_STATE_WRITE_FAILED` and the store's own; `CFP_STATE_WRITE_TIMEOUT`, `CFP_STATE_ABORTED`
   */
  flush({ timeoutMs, signal }: FlushOptions = {}): Promise<void> {
    return this.#kept.flush(timeoutMs, signal)
  }

  /**
   * Told that a plugin could not take what `load` gave: the next save must not lose it. Says whether the store will see
   * to that.
   */
  setAside(name: string): boolean {
    return this.#kept.setAside(name)
  }

  /**
   * Makes `context.state` of one generation of a plugin, which begins with what `snapshot` has of it. With a store, each change is
   * written `writeDelayMs` later without any `save`; what is large, less often.
   *
   * @throws StatePreservationError `CFP_STATE_NOT_CLONEABLE`, `CFP_STATE_TOO_LARGE` where the initial state cannot be kept
   */
  open(owner: PartOwner, snapshot?: StateSnapshot): OpenState {
    return new OpenState(owner, this.#states, snapshot)
  }

  /**
   * Finds what an earlier process left of the parts that a plugin shares, before it is asked for them. Nothing to wait for where they are
   * there. Never rejects: a part that cannot be read is told to `onStoreError`, set aside, and begins anew.
   */
  prepare(meta: ResolvedPluginMeta): undefined | Promise<void> {
    return this.#states.prepare(meta.state.shared)
  }

  /** The snapshot of the last save that succeeded, or of a later load. */
  latest(name: string): StateSnapshot | undefined {
    return this.#kept.latest(name)
  }

  /** Drops what is kept of a plugin, also in the store. */
  forget(name: string): void {
    this.#kept.forget(name)
  }

  #copy(plugin: StatefulPlugin, state: unknown): ClonedState {
    try {
      return cloneState(state, this.#maxBytes)
    } catch (thrown) {
      throw thrown instanceof UncloneableState ? uncloneable(plugin, thrown, this.#maxBytes) : thrown
    }
  }
}
