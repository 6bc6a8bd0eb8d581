export { type StatePreserverErrorCode, StatePreserverErrorCodes } from './error-codes.ts'
export type { StatefulPlugin } from './state-errors.ts'
export { type StateOperationOptions, StatePreserver, type StatePreserverOptions } from './state-preserver.ts'
export type { StateSnapshot } from './state-snapshot.ts'
