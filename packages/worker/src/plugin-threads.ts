// The threads of one host: a plugin's own, and those that handlers with `offload` share.
import type { PluginContext, PluginInstance, PluginRecord } from '@cf-plugins/plugin-api'
import type {
  PluginThreads as HostThreads,
  OffloadedFunction,
  OffloadedTask,
  ThreadedPlugin,
} from '@cf-plugins/plugin-api/host'
import type { PluginThreadsOptions } from './options.ts'
import { registerInThread } from './remote-plugin.ts'
import { type ThreadParts, threadParts } from './thread-parts.ts'

/** How many threads a plugin has, and how much they have to do. */
export interface ThreadStatus {
  readonly plugin: string
  /** Threads that run, those that start among them. */
  readonly threads: number
  /** Calls of handlers with `offload` that wait for a thread. */
  readonly queued: number
  /** Calls of handlers with `offload` that a thread has. */
  readonly running: number
  /** Whether a further call would be refused. */
  readonly isFull: boolean
}

/** Runs plugins, and single functions of theirs, in threads. */
export class PluginThreads implements HostThreads {
  readonly #parts: ThreadParts

  /** @throws `CFP_WORKER_OPTIONS` naming the option */
  constructor(options: PluginThreadsOptions = {}) {
    this.#parts = threadParts(options)
  }

  register(record: PluginRecord, context: PluginContext, plugin: ThreadedPlugin): Promise<PluginInstance> {
    return registerInThread(record, context, plugin, this.#parts)
  }

  /** @throws `CFP_OFFLOAD_NOT_EXPORTED` naming the function; `CFP_WORKER_NO_FILE` where the plugin was added by value */
  offload(_record: PluginRecord, _task: OffloadedTask): OffloadedFunction {
    throw new Error('not yet')
  }

  /** Every plugin that has threads, or calls that wait for one. */
  status(): readonly ThreadStatus[] {
    return []
  }

  /** Ends every thread: what is queued or running is answered, or else rejects when the bound is over. */
  async close(_boundMs: number): Promise<void> {}
}
