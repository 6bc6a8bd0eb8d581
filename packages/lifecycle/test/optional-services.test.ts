// Optional services, by their own name: missing, failing, coming late and going.
import {
  BasePlugin,
  inject,
  type PluginContext,
  plugin as pluginDecorator,
  serviceRef,
  type Undo,
} from '@cf-plugins/plugin-api'
import { toPluginRecord } from '@cf-plugins/plugin-api/host'
import { describe, expect, it } from 'vitest'
import { plugin, started, until } from './support.ts'

interface Metrics {
  readonly by: string
}
const Metrics = serviceRef<Metrics>('metrics')

const prom = (by = 'prom', generation = 1, fails = false) =>
  plugin(
    { name: by, provides: ['metrics'] },
    (_app, { provide }) => {
      if (fails) throw new Error('no port')
      provide(Metrics, { by })
      return {}
    },
    { generation },
  )

/** Notes whose metrics it has, each time it is made. */
const api = (seen: unknown[]) =>
  plugin({ name: 'api', optionalDependencies: ['metrics'] }, (_app, { inject }) => {
    seen.push(inject(Metrics, { optional: true })?.by)
    return {}
  })

describe('an optional service', () => {
  it('that is missing, or whose provider fails, is done without (fault 35)', async () => {
    const seen: unknown[] = []
    await started([api(seen)])
    const lifecycle = await started([api(seen), prom('prom', 1, true)])
    expect(seen).toEqual([undefined, undefined])
    expect(lifecycle.status('api').state).toBe('active')
    // Mended, it is given to whoever did without it.
    await lifecycle.reload({ set: [prom('prom', 2)] })
    expect(seen).toEqual([undefined, undefined, 'prom'])
  })

  it('that is there is there before its consumer, under whichever plugin provides it (fault 35)', async () => {
    const seen: unknown[] = []
    await started([api(seen), prom()])
    expect(seen).toEqual(['prom'])
  })

  it('that comes late, goes, or comes from somebody else, makes its consumer anew each time (fault 35)', async () => {
    const seen: unknown[] = []
    const lifecycle = await started([api(seen)])
    await lifecycle.add([prom()])
    await lifecycle.disable('prom')
    await lifecycle.enable('prom')
    await lifecycle.unload('prom')
    await lifecycle.add([prom('statsd')])
    expect(seen).toEqual([undefined, 'prom', undefined, 'prom', undefined, 'statsd'])
    expect(lifecycle.status('api').state).toBe('active')
  })

  it('that a second plugin comes to provide as well is done without until the first has gone', async () => {
    const seen: unknown[] = []
    const lifecycle = await started([api(seen), prom()])
    await lifecycle.add([prom('statsd')])
    expect(seen).toEqual(['prom', undefined])
    // It has nothing of either, and so neither’s reload is about it.
    expect((await lifecycle.reload({ restart: ['prom'] })).members).toEqual(['prom'])
    await lifecycle.disable('prom')
    expect(seen).toEqual(['prom', undefined, 'statsd'])
  })

  it('that an active plugin offers late, or takes back, makes its consumer anew too, and nobody else (fault 35)', async () => {
    const seen: unknown[] = []
    const other: unknown[] = []
    let context: PluginContext | undefined
    const lifecycle = await started([
      api(seen),
      plugin({ name: 'other', optionalDependencies: ['metrics'] }, () => {
        other.push(1)
        return {}
      }),
      plugin({ name: 'prom', provides: ['metrics'] }, (_app, given) => {
        context = given
        return {}
      }),
    ])
    expect(seen).toEqual([undefined])
    const undo: Undo | undefined = context?.provide(Metrics, { by: 'late' })
    await until(() => seen.length === 2)
    undo?.()
    await until(() => seen.length === 3)
    expect(seen).toEqual([undefined, 'late', undefined])
    // One in the place of another does not make anybody anew: who has the first keeps it.
    context?.provide(Metrics, { by: 'again' })
    await until(() => seen.length === 4)
    context?.provide(Metrics, { by: 'and again' })
    await lifecycle.enable('api')
    expect(seen).toEqual([undefined, 'late', undefined, 'again'])
    expect(other).toEqual([1])
  })

  it('may come while its consumer still starts: it is made anew when it has started', async () => {
    const seen: unknown[] = []
    let context: PluginContext | undefined
    const lifecycle = await started([
      plugin({ name: 'prom', provides: ['metrics'] }, (_app, given) => {
        context = given
        return {}
      }),
      plugin({ name: 'api', optionalDependencies: ['metrics'] }, (_app, { inject }) => {
        seen.push(inject(Metrics, { optional: true })?.by)
        return {
          setup: async () => {
            if (seen.length === 1) context?.provide(Metrics, { by: 'late' })
          },
        }
      }),
    ])
    await until(() => seen.length === 2)
    expect(seen).toEqual([undefined, 'late'])
    expect(lifecycle.status('api').state).toBe('active')
  })

  it('of a decorated class is known before any code runs, whoever provides it, and comes late as well (fault 35)', async () => {
    const seen: unknown[] = []
    const None: Metrics = { by: 'none' }
    @pluginDecorator({ name: 'api', version: '1.0.0' })
    class Api extends BasePlugin {
      @inject(Metrics, { optional: true }) accessor metrics: Metrics | undefined = None
      @inject(Metrics, { all: true }) accessor every!: readonly Metrics[]
      override setup() {
        seen.push([this.metrics?.by, this.every.map(({ by }) => by)])
      }
    }
    const record = toPluginRecord(Api, { generation: 1, files: [] })
    const lifecycle = await started([record, prom()])
    expect(lifecycle.registry.dependenciesOf('api')).toEqual(['prom'])
    await lifecycle.disable('prom')
    await lifecycle.enable('prom')
    expect(seen).toEqual([
      ['prom', ['prom']],
      ['none', []],
      ['prom', ['prom']],
    ])
  })
})
