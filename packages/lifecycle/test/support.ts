// Plugins by value, lifecycles that are stopped after each test, and waits for a condition.
import type { Awaitable, Logger, PluginContext, PluginInstance, PluginMeta, PluginRecord } from '@cf-plugins/plugin-api'
import { toPluginRecord } from '@cf-plugins/plugin-api/host'
import { StatePreserver } from '@cf-plugins/state-preserver'
import { afterEach } from 'vitest'
import { Lifecycle, type LifecycleOptions } from '../src/index.ts'

export type Meta = Partial<PluginMeta> & { readonly name: string }

/** What a test's plugin may be made of. */
export type Register = (app: never, context: PluginContext) => Awaitable<PluginInstance>

export interface Place {
  readonly generation?: number
  readonly file?: string
}

/** A plugin whose instance is an empty object unless `register` says otherwise. */
export function plugin(meta: Meta, register: Register = () => ({}), place: Place = {}): PluginRecord {
  const { generation = 1, file } = place
  return toPluginRecord({ PLUGIN_META: { version: '1.0.0', ...meta }, register }, { generation, file, files: [] })
}

/** A plugin that notes each of its hooks in `log`. */
export function noting(log: string[], meta: Meta, place: Place & { readonly label?: string } = {}): PluginRecord {
  const label = place.label ?? meta.name
  const note = (hook: string) => () => void log.push(`${hook} ${label}`)
  return plugin(
    meta,
    () => {
      log.push(`register ${label}`)
      return {
        setup: note('setup'),
        teardown: note('teardown'),
        onEnable: note('onEnable'),
        onDisable: note('onDisable'),
        onReload: note('onReload'),
      }
    },
    place,
  )
}

const open: Lifecycle[] = []

afterEach(async () => {
  await Promise.all(open.splice(0).map((lifecycle) => lifecycle.stop({ boundMs: 500 })))
})

/** A lifecycle with these plugins registered, and a keeper of state; not started. */
export function lifecycleOf(records: readonly PluginRecord[], options: Partial<LifecycleOptions> = {}): Lifecycle {
  const lifecycle = new Lifecycle({ app: {}, keeper: new StatePreserver(), ...options })
  for (const record of records) lifecycle.registry.add(record)
  open.push(lifecycle)
  return lifecycle
}

/** The same, started. */
export async function started(
  records: readonly PluginRecord[],
  options: Partial<LifecycleOptions> = {},
): Promise<Lifecycle> {
  const lifecycle = lifecycleOf(records, options)
  await lifecycle.start()
  return lifecycle
}

/** A logger that keeps its entries as `level: message`. */
export function logTo(entries: string[]): Logger {
  const level = (name: string) => (first: string | object, message?: string) =>
    void entries.push(`${name}: ${typeof first === 'string' ? first : message}`)
  return { debug: level('debug'), info: level('info'), warn: level('warn'), error: level('error') }
}

/** Resolves once `condition` holds. */
export async function until(condition: () => boolean): Promise<void> {
  const end = performance.now() + 10_000
  while (!condition()) {
    if (performance.now() > end) throw new Error(`This never came true: ${condition}`)
    await new Promise((resolve) => setTimeout(resolve, 1))
  }
}

/** A promise, and what settles it. */
export interface Deferred<T = void> {
  readonly promise: Promise<T>
  readonly resolve: (value: T) => void
  readonly reject: (error: unknown) => void
}

export function deferred<T = void>(): Deferred<T> {
  let resolve: (value: T) => void = () => {}
  let reject: (error: unknown) => void = () => {}
  const promise = new Promise<T>((yes, no) => {
    resolve = yes
    reject = no
  })
  return { promise, resolve, reject }
}

/** What a promise rejects with. */
export async function rejection(promise: PromiseLike<unknown>): Promise<Error & { code?: string }> {
  try {
    await promise
  } catch (error) {
    return error as Error
  }
  throw new Error('It did not reject')
}

export const never = () => new Promise<never>(() => {})
export const sleep = (ms: number) => new Promise<void>((resolve) => setTimeout(resolve, ms))
