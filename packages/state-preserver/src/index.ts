export { type StatePreserverErrorCode, StatePreserverErrorCodes } from './error-codes.ts'
export { FileStateStore, type FileStateStoreOptions } from './file-state-store.ts'
export type { OpenState } from './open-state.ts'
export type { PartOwner } from './part-owner.ts'
export type { StatefulPlugin } from './state-errors.ts'
export {
  type FlushOptions,
  type StateOperationOptions,
  StatePreserver,
  type StatePreserverOptions,
} from './state-preserver.ts'
export type { StateSnapshot } from './state-snapshot.ts'
export type { StateStore, StoreOperationOptions } from './state-store.ts'
