// Trustworthy file changes: settled, filtered, by content hash.
export { type WatcherErrorCode, WatcherErrorCodes } from './error-codes.ts'
export type { FileChange, Settling } from './file-change.ts'
export { ReloadTrigger, type ReloadTriggerOptions, type WatcherHealth } from './reload-trigger.ts'
export { DEFAULT_EXTENSIONS } from './source-filter.ts'
export { WatcherError } from './watcher-error.ts'
