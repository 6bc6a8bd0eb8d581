// Our ways to have a task done in a thread: a handler with offload, and a method of a plugin that has a thread, as the lifecycle has them.
import { pathToFileURL } from 'node:url'
import type { EventContext, PluginRecord } from '@cf-plugins/plugin-api'
import { fileOf, type Pool, type StartPool } from './pools.ts'

/** A handler of an event with `offload`. */
export const offload: StartPool = async (task, threads) => {
  const { PluginThreads } = await import('@cf-plugins/worker')
  const { resolveMeta } = await import('@cf-plugins/plugin-api/host')
  // A host has the file imported that a handler is exported from.
  const file = fileOf(task === 'addOne' ? 'small.mjs' : 'work.mjs')
  const exported = (await import(pathToFileURL(file).href)) as Record<string, (...args: unknown[]) => unknown>
  const run = exported[task]
  if (run === undefined) throw new Error(`${file} exports no ${task}`)
  const record: PluginRecord = {
    meta: resolveMeta({ name: 'bench', version: '1.0.0' }),
    register: () => ({}),
    source: { file, generation: 1, files: [file] },
  }
  const pool = new PluginThreads({ threads })
  const handler = { run, kind: 'event', name: 'bench.run', host: 'bench', idempotent: false } as const
  const { call } = pool.offload(record, handler)
  return { run: (payload) => call(payload, new Context(payload)), end: () => pool.close(1_000) }
}

/** A method of a plugin. */
export async function pluginMethod(): Promise<Pool<'addOne'>> {
  const { Lifecycle } = await import('@cf-plugins/lifecycle')
  const { toPluginRecord } = await import('@cf-plugins/plugin-api/host')
  const { PluginThreads } = await import('@cf-plugins/worker')
  const threads = new PluginThreads()
  const lifecycle = new Lifecycle<unknown, unknown>({ app: {}, threads })
  const file = fileOf('plugin.mjs')
  const source = { file, generation: 1, files: [file] }
  lifecycle.registry.add(toPluginRecord(await import(pathToFileURL(file).href), source))
  await lifecycle.start()
  const service = lifecycle.service('counter') as { addOne(payload: { count: number }): Promise<{ count: number }> }
  const end = async () => {
    await lifecycle.stop()
    await threads.close(1_000)
  }
  return { run: (payload) => service.addOne(payload), end }
}

/** As events have it: its signal is made when it is read. */
class Context implements EventContext {
  readonly id = 'bench-1'
  readonly event = 'bench.run'
  readonly payload: unknown
  readonly time = 0
  readonly source = 'host'
  readonly parent = undefined
  #controller: AbortController | undefined

  constructor(payload: unknown) {
    this.payload = payload
  }

  get signal(): AbortSignal {
    this.#controller ??= new AbortController()
    return this.#controller.signal
  }
}
