// The instance of a plugin in a thread, as its host has it.
import type { Logger, PluginContext, PluginInstance, PluginRecord } from '@cf-plugins/plugin-api'
import type { ThreadedPlugin } from '@cf-plugins/plugin-api/host'
import { HostState } from './host-state.ts'
import { innerMs } from './inner-deadline.ts'
import { LastingThread } from './lasting-thread.ts'
import type { FileAccess, ThreadCode } from './options.ts'
import { Registrations } from './registrations.ts'
import { RemoteInstance } from './remote-instance.ts'
import type { WorkerThread } from './worker-thread.ts'

/** What the threads of a host have in common, every default filled in. */
export interface PluginThreadParts {
  readonly heapMb: number
  readonly callMs: number
  readonly startMs: number
  readonly maxEnds: number
  readonly logger: Logger
  /** @throws `CFP_WORKER_NO_FILE` */
  codeOf(record: PluginRecord): ThreadCode
  /** Which files the plugin's threads may use; nothing where they may use all. */
  restrictionOf(record: PluginRecord): FileAccess | undefined
  /** Told of each thread that is started. */
  watch(thread: WorkerThread, plugin: string): void
}

/**
 * Makes an instance of a plugin in a thread of its own, and gives one that stands for it. The thread ends with the context's scope.
 *
 * @throws what the plugin's `register` threw there; `CFP_WORKER_NO_FILE` where the plugin was added by value; `CFP_WORKER_START_FAILED`
 */
export async function registerInThread(
  record: PluginRecord,
  context: PluginContext,
  plugin: ThreadedPlugin,
  parts: PluginThreadParts,
): Promise<PluginInstance> {
  const of = { record, context, host: plugin.host, parts }
  const kept = { registrations: new Registrations(), state: new HostState(context) }
  const thread: LastingThread = new LastingThread(
    { ...of, ...kept },
    {
      boundOf: (hook) => innerMs(plugin.boundOf(hook)),
      restore: (another, shape) => instance.restore(another, shape),
      quarantine: (error) => {
        instance.switchOff()
        plugin.quarantine(error)
      },
    },
  )
  const instance: RemoteInstance = new RemoteInstance(thread, plugin)
  return instance.become(await thread.start(innerMs(plugin.boundOf('registerMs'))))
}
