// What compiles and what must not.
import type { PluginRecord } from '@cf-plugins/plugin-api'
import type { PluginThreads as HostThreads, OffloadedTask } from '@cf-plugins/plugin-api/host'
import {
  type CodeSource,
  PluginThreads,
  type PluginThreadsOptions,
  type ThreadMessage,
  type ThreadStatus,
  type WorkerErrorCode,
  WorkerErrorCodes,
  workerChannel,
} from '../src/index.ts'

const threads = new PluginThreads({ threads: 2, restrict: { read: ['/data'], plugins: { mail: { write: ['/out'] } } } })
declare const record: PluginRecord
declare const task: OffloadedTask

// What a lifecycle takes as its option `threads`.
export const host: HostThreads = threads
export const called: Promise<unknown> = threads.offload(record, task).call('a payload', { id: 'its context' })
export const status: readonly ThreadStatus[] = threads.status()
export const full = (all: readonly ThreadStatus[]): string[] =>
  all.filter(({ isFull }) => isFull).map(({ plugin }) => plugin)
export const code: WorkerErrorCode = 'CFP_WORKER_QUEUE_FULL'
export const source: CodeSource = {
  codeOf: ({ source: { file } }) => ({ module: 'file:///load.mjs', image: file }),
  exportNameOf: (_record, exported) => (exported === task.run ? 'run' : undefined),
}
export const waited = ({ kind, waitedMs, durationMs }: ThreadMessage): number | undefined =>
  kind === 'call' ? (waitedMs ?? durationMs) : undefined
export const isObserved: boolean = workerChannel.hasSubscribers

// @ts-expect-error a number of threads is no word
export const words: PluginThreadsOptions = { threads: 'all' }
// @ts-expect-error there is no such option
export const typo: PluginThreadsOptions = { heapMB: 64 }
// @ts-expect-error a handler with offload gives a promise
export const sync: string = threads.offload(record, task).call()
// @ts-expect-error how long closing may take is said
threads.close()
// @ts-expect-error what is told is not to be changed
threads.status()[0].queued = 0
// @ts-expect-error a kind of message that there is not
export const paused = ({ kind }: ThreadMessage): boolean => kind === 'paused'
// @ts-expect-error no such code
export const unknown: string = WorkerErrorCodes.CFP_UNKNOWN
