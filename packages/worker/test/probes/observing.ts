// A lifecycle in which the probing plugin lives from its start to its end, and all that it saw.
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { Lifecycle } from '@cf-plugins/lifecycle'
import type { Logger, PluginContext, PluginRecord } from '@cf-plugins/plugin-api'
import { toPluginRecord } from '@cf-plugins/plugin-api/host'
import { StatePreserver } from '@cf-plugins/state-preserver'
import { PluginThreads } from '../../src/index.ts'
import { until } from '../plugin-support.ts'
import { PROBES } from './probing-plugin.ts'

const file = join(import.meta.dirname, 'probing-plugin.ts')

/** By what it is about. */
export type Seen = Map<string, unknown>

const code = await import(pathToFileURL(file).href)

/** Where it runs, and how it is replaced. */
interface Way {
  readonly execution: 'inline' | 'worker'
  readonly strategy: 'exclusive' | 'overlap'
}

function probing({ execution, strategy }: Way, generation: number, description = 'as ever'): PluginRecord {
  const PLUGIN_META = { ...code.PLUGIN_META, execution, description, reload: { strategy } }
  return toPluginRecord({ ...code, PLUGIN_META }, { file, generation, files: [file] })
}

interface Probe {
  readonly thread: number
  probe(name: string): unknown
  early(): unknown
  counts(): { readonly sent: number; readonly heard: number; readonly ticks: number }
}

/** An inline plugin that others have to do with. */
function helping(): PluginRecord {
  const PLUGIN_META = { name: 'helper', version: '1.0.0', provides: ['secret', 'part'] }
  const register = (_app: unknown, context: PluginContext) => {
    const { hooks, emit } = context
    context.provide('secret', { of: 'helper' })
    context.provide('part', { part: 'one' })
    hooks.on('helper.double', (value: number) => value * 2)
    hooks.on('helper.broken', () => {
      throw Object.assign(new RangeError('broken', { cause: new Error('before') }), { code: 'E_BROKEN' })
    })
    hooks.on('helper.later', async () => 1)
    return {
      version: '1.0.0',
      limits: { most: 7 },
      add: (one: number, other: number) => one + other,
      fail(message: string): never {
        throw Object.assign(new TypeError(message, { cause: new Error('why') }), { code: 'E_FAIL' })
      },
      emit: (event: string, payload: unknown) => emit(event, payload),
      hook: (name: string, ...args: unknown[]) => hooks.call(name, ...args),
      run: (pipeline: string, value: unknown) => context.pipeline(pipeline).run(value),
      isMine(service: object) {
        return service === this
      },
      call: async (task: (value: number) => unknown, value: number) => task(value),
      nested: { twice: (value: number) => value * 2 },
    }
  }
  return toPluginRecord({ PLUGIN_META, register }, { generation: 1, files: [] })
}

/** A logger that keeps what the plugin wrote. */
function keeping(entries: unknown[]): Logger {
  const of = (bindings: object): Logger => {
    const level = (name: string) => (first: unknown, message?: string) =>
      entries.push([name, bindings, shown(first), message])
    return {
      debug: level('debug'),
      info: level('info'),
      warn: level('warn'),
      error: level('error'),
      child: (more) => of({ ...bindings, ...more }),
    }
  }
  return of({})
}

/** Errors as what is comparable of them. */
function shown(value: unknown): unknown {
  if (value instanceof Error) return [value.constructor.name, value.message, (value as { code?: unknown }).code]
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(
    Object.entries(value).map(([key, each]) => [key, key === 'eventId' ? typeof each : shown(each)]),
  )
}

/** All that the plugin saw from its start to its end. */
export async function observe(way: Way): Promise<Seen> {
  const seen: Seen = new Map()
  const entries: unknown[] = []
  const threads = new PluginThreads()
  const lifecycle = new Lifecycle({
    app: { title: 'an app', greet: (name: string) => `hello ${name}` },
    shared: { site: 'here' },
    keeper: new StatePreserver(),
    threads,
    // A thread takes its time to start.
    slowMs: 60_000,
    lateMs: 60_000,
    handlerPolicy: { slowMs: 60_000, blockMs: 60_000 },
    logger: keeping(entries),
    configOf: (name) => (name === 'probe' ? { depth: 3, since: new Date(77) } : undefined),
  })
  for (const record of [helping(), probing(way, 4)]) lifecycle.registry.add(record)
  const report = await lifecycle.start()
  seen.set('start', report.failed)
  const probe = lifecycle.service('probe') as Probe
  seen.set('thread', probe.thread)
  for (const name of Object.keys(PROBES)) {
    try {
      seen.set(name, await probe.probe(name))
    } catch (error) {
      seen.set(name, error)
    }
  }
  seen.set(
    'health',
    (await lifecycle.health()).map(({ plugin, status, message }) => ({ plugin, status, message })),
  )
  seen.set('early', await probe.early())
  await lifecycle.disable('probe')
  const rest = await probe.counts()
  await lifecycle.events.emit('told.resting')
  await until(async () => (await probe.counts()).sent > rest.sent + 10)
  const { heard, ticks } = await probe.counts()
  seen.set('what it hears at rest', [heard - rest.heard, ticks - rest.ticks])
  await lifecycle.enable('probe')
  await until(async () => (await probe.counts()).heard > heard + 10 && (await probe.counts()).ticks > ticks + 10)
  const changed = await lifecycle.reconfigure(new Map([['probe', { depth: 5, since: new Date(5) }]]))
  const refused = await lifecycle.reconfigure(new Map([['probe', { depth: 13, since: new Date(5) }]]))
  seen.set('other configurations', [changed.outcome, refused.outcome, shown(refused.error)])
  seen.set('after a rest and other configurations', await probe.early())
  const reloaded = await lifecycle.reload({ set: [probing(way, 5)] })
  seen.set('a reload', [reloaded.outcome, reloaded.kept, await (lifecycle.service('probe') as Probe).early()])
  const broken = await lifecycle.reload({ set: [probing(way, 6, 'unready')] })
  seen.set('a reload that fails', [
    broken.outcome,
    shown(broken.error),
    await (lifecycle.service('probe') as Probe).early(),
  ])
  await lifecycle.stop()
  await threads.close(1000)
  seen.set('log', entries)
  return seen
}
