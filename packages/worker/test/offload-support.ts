// What the tests of handlers in threads have in common.
import { mkdtemp, rm } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type EventContext, PluginError, type PluginMeta, type PluginRecord } from '@cf-plugins/plugin-api'
import { type OffloadedTask, resolveMeta } from '@cf-plugins/plugin-api/host'
import { onTestFinished } from 'vitest'
import { PluginThreads, type PluginThreadsOptions } from '../src/index.ts'

const FILE = join(import.meta.dirname, 'fixtures/tasks.mjs')

type AnyFunction = (...args: never[]) => unknown

/** A function in a thread, as the tests call it: the context of the event is made of these. */
export type AnyCall = (payload?: unknown, signal?: AbortSignal) => Promise<unknown>

/** What the plugin of the tests exports, as the host that imported it has it. */
export const exported = createRequire(import.meta.url)(FILE) as Readonly<Record<string, AnyFunction>>

/** A generation of it. */
export function recordOf(
  meta: Partial<PluginMeta> = {},
  generation = 1,
  file: string | undefined = FILE,
): PluginRecord {
  return {
    meta: resolveMeta({ name: 'tasks', version: '1.0.0', ...meta }),
    register: () => ({}),
    form: 'module',
    source: { file, generation, files: file === undefined ? [] : [file] },
  }
}

/** The threads of a host, closed when the test is over. */
export function threadsOf(options: PluginThreadsOptions = {}): PluginThreads {
  const threads = new PluginThreads(options)
  onTestFinished(() => threads.close(0))
  return threads
}

export function taskOf(run: AnyFunction, options: Partial<OffloadedTask> = {}): OffloadedTask {
  return { run, kind: 'event', name: run.name, host: 'tests', idempotent: false, ...options }
}

/** A function that calls what the plugin exports under that name, in a thread. */
export function offloaded(
  threads: PluginThreads,
  name: string,
  options: Partial<OffloadedTask> = {},
  record: PluginRecord = recordOf(),
): AnyCall {
  const run = exported[name]
  if (run === undefined) throw new Error(`The plugin of the tests exports no "${name}".`)
  const { call } = threads.offload(record, taskOf(run, options))
  return (payload, signal) => call(payload, eventContext(payload, signal))
}

export function eventContext(payload?: unknown, signal: AbortSignal = new AbortController().signal): EventContext {
  return { id: 'e-1', event: 'tasks.run', payload, time: 1_000, source: 'host', parent: undefined, signal }
}

/** What a promise rejects with. */
export async function errorOf(promise: Promise<unknown>): Promise<PluginError> {
  const value = await promise.then(
    (given) => ({ given }),
    (error: unknown) => error,
  )
  if (value instanceof PluginError) return value
  throw new Error(`It did not reject with a PluginError: ${JSON.stringify(value) ?? String(value)}`, { cause: value })
}

/** A folder of its own, removed when the test is over. */
export async function folder(): Promise<string> {
  const path = await mkdtemp(join(tmpdir(), 'cf-offload-'))
  onTestFinished(() => rm(path, { recursive: true, force: true }))
  return path
}
