// What a thread is given when it starts.
import type { MessagePort } from 'node:worker_threads'
import type { ThreadCode } from './options.ts'
import type { SyncChannel } from './sync-caller.ts'
import type { ThreadFacts } from './thread-home.ts'
import type { ThreadProgress } from './thread-progress.ts'

/** `workerData`, with its ports transferred. */
export interface ThreadData extends ThreadFacts {
  readonly role: 'plugin' | 'offload'
  readonly code: ThreadCode
  readonly heapMb: number
  readonly port: MessagePort
  readonly sync: SyncChannel
  readonly progress: ThreadProgress
}

/** What a thread tells of itself. */
export const ThreadNotice = {
  ready: 'thread.ready',
  failed: 'thread.failed',
  full: 'thread.full',
  lively: 'thread.lively',
  end: 'thread.end',
} as const
