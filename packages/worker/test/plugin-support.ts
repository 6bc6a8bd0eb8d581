// What the tests of whole plugins in threads have in common: a real lifecycle with threads.
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { Lifecycle, type LifecycleOptions } from '@cf-plugins/lifecycle'
import type { Logger, PluginMeta, PluginRecord } from '@cf-plugins/plugin-api'
import { toPluginRecord } from '@cf-plugins/plugin-api/host'
import { StatePreserver } from '@cf-plugins/state-preserver'
import { onTestFinished } from 'vitest'
import { PluginThreads, type PluginThreadsOptions } from '../src/index.ts'

/** One entry of a log. */
export interface Entry {
  readonly level: string
  readonly message: string
  readonly err: unknown
}

/** A plugin of `test/plugins`; `meta` in place of what its module says. */
export async function pluginRecord(
  name: string,
  meta: Partial<PluginMeta> = {},
  generation = 1,
): Promise<PluginRecord> {
  const file = join(import.meta.dirname, 'plugins', `${name}.ts`)
  const exports = await import(pathToFileURL(file).href)
  const code = exports.PLUGIN_META ? { ...exports, PLUGIN_META: { ...exports.PLUGIN_META, ...meta } } : exports
  return toPluginRecord(code, { file, generation, files: [file] })
}

/** A plugin that is given by value, and so runs inline. */
export function inlineRecord(meta: Partial<PluginMeta> & { readonly name: string }, register: unknown): PluginRecord {
  return toPluginRecord({ PLUGIN_META: { version: '1.0.0', ...meta }, register }, { generation: 1, files: [] })
}

interface HostOptions extends Partial<Omit<LifecycleOptions<unknown, unknown>, 'threads'>> {
  readonly threads?: PluginThreadsOptions
}

/** A host with these plugins, started; stopped when the test is over. */
export async function started(records: readonly PluginRecord[], { threads, ...options }: HostOptions = {}) {
  const entries: Entry[] = []
  const hostThreads = new PluginThreads({ startMs: 20_000, ...threads })
  const lifecycle = new Lifecycle<unknown, unknown>({
    app: {},
    keeper: new StatePreserver({ saveTimeoutMs: 20_000, restoreTimeoutMs: 20_000 }),
    threads: hostThreads,
    logger: keeping(entries),
    // A machine that has other things to do starts a thread slowly.
    timeouts: { saveMs: 20_000, restoreMs: 20_000, registerMs: 20_000, setupMs: 20_000, enableMs: 20_000 },
    ...options,
  })
  for (const record of records) lifecycle.registry.add(record)
  onTestFinished(async () => {
    await lifecycle.stop()
    await hostThreads.close(0)
  })
  const report = await lifecycle.start()
  return { lifecycle, threads: hostThreads, report, entries }
}

function keeping(entries: Entry[]): Logger {
  const level = (name: string) => (first: unknown, message?: string) => {
    const details = typeof first === 'object' ? (first as { err?: unknown }) : {}
    entries.push({ level: name, message: String(message ?? first), err: details.err })
  }
  return { debug: level('debug'), info: level('info'), warn: level('warn'), error: level('error') }
}

/** What a promise rejects with. */
export async function rejection(promise: PromiseLike<unknown>): Promise<Error & { readonly code?: string }> {
  try {
    await promise
  } catch (error) {
    return error as Error
  }
  throw new Error('It was expected to reject, and did not.')
}

/** Waits for a condition, asked again and again. */
export async function until(condition: () => unknown): Promise<void> {
  const end = performance.now() + 15_000
  while (!(await condition())) {
    if (performance.now() > end) throw new Error(`This never came true: ${condition}`)
    await new Promise((resolve) => setTimeout(resolve, 5))
  }
}
