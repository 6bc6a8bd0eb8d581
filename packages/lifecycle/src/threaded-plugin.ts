// A plugin whose metadata says `execution: 'worker'`: its instance is made in a thread, and here is what stands for it.
import { type PluginContext, PluginError, type PluginInstance } from '@cf-plugins/plugin-api'
import type { PluginThreads } from '@cf-plugins/plugin-api/host'
import type { Generation } from './generation.ts'
import { boundOf, isThreaded } from './host.ts'
import { metaPlace } from './meta-place.ts'

/** Calls the plugin's `register`, where the plugin is to run. @throws what it throws, and `CFP_WORKER_UNAVAILABLE` */
export function registerWhereItRuns(generation: Generation, context: PluginContext<never, never, never>): unknown {
  const { record, host } = generation
  if (!isThreaded(host, record.meta)) return record.register(generation.app as never, context)
  return registerInThread(generation, context as PluginContext)
}

/** The host's threads. @throws `CFP_WORKER_UNAVAILABLE` where it has none @param what what the plugin did that needs them */
export function threadsFor(
  { name, record, host }: Pick<Generation, 'name' | 'record' | 'host'>,
  what: string,
): PluginThreads {
  if (host.threads) return host.threads
  const { file, generation } = record.source
  const message = `Plugin "${name}" ${what}, and its host runs nothing in threads. Give the lifecycle a PluginThreads of @cf-plugins/worker as its option threads, or take that line out.`
  throw new PluginError('CFP_WORKER_UNAVAILABLE', message, { plugin: name, file, generation })
}

function registerInThread(generation: Generation, context: PluginContext): Promise<PluginInstance> {
  const { name, number, record, host } = generation
  const threads = threadsFor(generation, `has execution: 'worker' in ${metaPlace(record)}`)
  return threads.register(record, context, {
    host: host.id,
    boundOf: (hook) => boundOf(host, record.meta, hook),
    quarantine: (error) => void host.quarantine?.add(name, number, error),
  })
}
