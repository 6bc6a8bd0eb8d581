export { type WorkerErrorCode, WorkerErrorCodes } from './error-codes.ts'
export type { CodeSource, FileAccess, PluginThreadsOptions, ThreadCode, ThreadOptions } from './options.ts'
export { PluginThreads, type ThreadStatus } from './plugin-threads.ts'
export { type ThreadMessage, workerChannel } from './thread-message.ts'
