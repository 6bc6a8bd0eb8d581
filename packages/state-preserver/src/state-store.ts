// Where snapshots outlive the process.
import type { StateSnapshot } from './state-snapshot.ts'

/** Keeps a snapshot a plugin where the next process finds it. `FileStateStore` is one; a host may bring its own. */
export interface StateStore {
  /** Keeps the snapshot in place of the plugin's earlier one. That one must stay until this one is whole and safe. */
  write(snapshot: StateSnapshot, options?: StoreOperationOptions): Promise<void>
  /** The snapshot that is kept, or `undefined` where there is none. What cannot be read is an error, and stays. */
  read(name: string, options?: StoreOperationOptions): Promise<StateSnapshot | undefined>
  /** Drops what is kept of a plugin. */
  remove(name: string, options?: StoreOperationOptions): Promise<void>
  /** Told that what is kept of a plugin was of no use to it: the next write must not lose it. */
  setAside?(name: string): void
}

export interface StoreOperationOptions {
  /** Gives the operation up, and leaves what is kept as it is. */
  readonly signal?: AbortSignal | undefined
}
