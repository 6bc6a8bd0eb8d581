export { type WorkerErrorCode, WorkerErrorCodes } from './error-codes.ts'
export type { CodeSource, FileAccess, PluginThreadsOptions, ThreadCode, ThreadOptions } from './options.ts'
export { type ThreadMessage, workerChannel } from './thread-message.ts'
