// The keeper of plugins' state that a reloader makes for itself.
import type { Logger } from '@cf-plugins/plugin-api'
import { FileStateStore, type FileStateStoreOptions, StatePreserver } from '@cf-plugins/state-preserver'

/** Where plugins' state is kept from one process to the next. */
export interface StateOptions extends Pick<FileStateStoreOptions, 'folder' | 'key'> {
  /** The most that one plugin's state may take in memory, in bytes. @default 64 MiB */
  readonly maxBytes?: number
}

/** The most that a file may have unless state may take more, in bytes. */
const FILE_BYTES = 128 * 1024 * 1024

/**
 * A preserver with files in that folder, whose failures the logger is told; one in memory where there is no folder.
 *
 * @throws StatePreservationError `CFP_STATE_STORE_INVALID`
 */
export function preserverOf(state: StateOptions | undefined, logger: Logger | undefined): StatePreserver {
  if (!state) return new StatePreserver()
  const { folder, key, maxBytes } = state
  return new StatePreserver({
    ...(maxBytes !== undefined && { maxBytes }),
    store: new FileStateStore({
      folder,
      ...(key !== undefined && { key }),
      // A file may be the larger one: names of properties stand in it once each time.
      maxBytes: Math.max(FILE_BYTES, 2 * (maxBytes ?? 0)),
    }),
    onStoreError: (error) => logger?.error({ err: error }, error.message),
  })
}
