// Functions of a plugin's entry file in threads, as the lifecycle has them.
import { createRequire } from 'node:module'
import { join } from 'node:path'
import type { EventContext, PluginRecord } from '@cf-plugins/plugin-api'
import { resolveMeta } from '@cf-plugins/plugin-api/host'
import type { PluginThreads } from '@cf-plugins/worker'

/** An entry file among those of the benches. */
export const fileOf = (name: string): string => join(import.meta.dirname, 'tasks', name)

type AnyFunction = (...args: unknown[]) => unknown

/** What an entry file exports, as the host has it that imported it. */
export function exportOf(entry: string, exportName: string): AnyFunction {
  const exported = createRequire(import.meta.url)(fileOf(entry)) as Readonly<Record<string, AnyFunction>>
  const found = exported[exportName]
  if (found === undefined) throw new Error(`${entry} exports no ${exportName}`)
  return found
}

/**
 * Handlers of an event, which run in threads.
 *
 * @returns one, by what of `entry` it is exported as; all of them share the plugin's threads
 */
export function offloading(
  threads: PluginThreads,
  entry: string,
): (exportName: string) => (payload: unknown) => Promise<unknown> {
  const file = fileOf(entry)
  const record: PluginRecord = {
    meta: resolveMeta({ name: 'bench', version: '1.0.0' }),
    register: () => ({}),
    source: { file, generation: 1, files: [file] },
  }
  return (exportName) => {
    const run = exportOf(entry, exportName)
    const task = { run, kind: 'event', name: `bench.${exportName}`, host: 'bench', idempotent: false } as const
    const { call } = threads.offload(record, task)
    return (payload) => call(payload, new Context(payload))
  }
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
