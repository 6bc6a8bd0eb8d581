import { describe, expect, it } from 'vitest'
import { deferred, lifecycleOf, never, noting, plugin, rejection, started, until } from './support.ts'

describe('stop', () => {
  it('tears down dependents first, is asked once, and refuses whatever comes later', async () => {
    const log: string[] = []
    const lifecycle = await started([noting(log, { name: 'db' }), noting(log, { name: 'api', dependencies: ['db'] })])
    log.length = 0
    const [first, second] = await Promise.all([lifecycle.stop(), lifecycle.stop()])
    expect(second).toBe(first)
    expect(first).toMatchObject({ stopped: ['api', 'db'], hung: [], problems: [] })
    expect(log).toEqual(['teardown api', 'teardown db'])
    for (const operation of [
      () => lifecycle.start(),
      () => lifecycle.reload({ restart: ['db'] }),
      () => lifecycle.enable('db'),
      () => lifecycle.disable('db'),
      () => lifecycle.unload('db'),
      () => lifecycle.add([]),
    ]) {
      expect(await rejection(operation())).toMatchObject({ code: 'CFP_STOPPED' })
    }
    expect(() => lifecycle.service('db')).toThrow(expect.objectContaining({ code: 'CFP_NOT_ACTIVE' }))
  })

  it('returns within its bound, names who hangs, and tears down even those that had to wait for them (fault 80)', async () => {
    const log: string[] = []
    const lifecycle = await started([
      noting(log, { name: 'db' }),
      plugin({ name: 'hung', dependencies: ['db'], timeouts: { teardownMs: 60_000 } }, () => ({
        setup: () => {},
        teardown: never,
      })),
    ])
    const { hung, stopped, durationMs } = await lifecycle.stop({ boundMs: 200 })
    expect(hung).toEqual(['hung'])
    expect(stopped).toEqual(['db'])
    expect(log.at(-1)).toBe('teardown db')
    expect(durationMs).toBeLessThan(1000)
    expect(lifecycle.statuses().map(({ state }) => state)).toEqual(['stopped', 'stopped'])
  })

  it('in the middle of a start ends what has begun, once, and waits for no setup that hangs', async () => {
    const log: string[] = []
    const lifecycle = lifecycleOf([
      plugin({ name: 'hung' }, () => ({ setup: never, teardown: () => void log.push('teardown hung') })),
      noting(log, { name: 'up' }),
      noting(log, { name: 'later', dependencies: ['hung'] }),
    ])
    const start = lifecycle.start()
    await until(() => lifecycle.status('up').state === 'active')
    const { stopped, durationMs } = await lifecycle.stop({ boundMs: 5000 })
    await start
    expect(stopped).toEqual(['up'])
    expect(durationMs).toBeLessThan(2000)
    expect(log).toEqual(['register up', 'setup up', 'teardown hung', 'teardown up'])
  })

  for (const phase of ['gating', 'saving', 'swapping'] as const) {
    it(`in the middle of a reload (${phase}) leaves no instance, each torn down once, and answers who waited (fault 78)`, async () => {
      const setups: number[] = []
      const teardowns: number[] = []
      const gate = deferred()
      const record = (generation: number) =>
        plugin(
          { name: 'a' },
          (_app, { on }) => {
            on('hang', () => gate.promise)
            return {
              setup: () => {
                setups.push(generation)
                return phase === 'swapping' && generation === 2 ? never() : undefined
              },
              teardown: () => void teardowns.push(generation),
              getReloadState: () => (phase === 'saving' ? gate.promise : 1),
              setReloadState: () => {},
            }
          },
          { generation },
        )
      const lifecycle = await started([record(1)])
      const hanging = phase === 'gating' ? lifecycle.events.emit('hang') : undefined
      const reload = lifecycle.reload({ set: [record(2)] })
      await until(() => lifecycle.status('a').state === phase)
      if (phase === 'swapping') await until(() => setups.length === 2)
      const lease = lifecycle.use('a', () => 'served').catch(({ code }) => code)
      const stop = lifecycle.stop()
      const { hung } = await stop
      gate.resolve()
      await hanging
      const report = await reload
      expect(report).toMatchObject({ error: { plugin: 'a' } })
      expect(hung).toEqual([])
      expect(setups).toEqual(teardowns)
      expect(lifecycle.status('a').state).toBe('stopped')
      expect(await lease).toBe(phase === 'swapping' ? 'CFP_OPERATION_ABORTED' : 'served')
    })
  }

  it('does not begin what still waits for its turn', async () => {
    const log: string[] = []
    const lifecycle = lifecycleOf([
      plugin({ name: 'slow' }, () => ({ setup: never })),
      noting(log, { name: 'b', enabled: false }),
    ])
    const start = lifecycle.start()
    const waiting = rejection(lifecycle.enable('b'))
    await until(() => lifecycle.status('slow').state === 'starting')
    await lifecycle.stop()
    await start
    expect(await waiting).toMatchObject({ code: 'CFP_STOPPED' })
    expect(log).toEqual([])
  })

  it('of a lifecycle that never started is fine', async () => {
    expect(await lifecycleOf([plugin({ name: 'a' })]).stop()).toMatchObject({ stopped: [], hung: [] })
  })
})

describe('operations', () => {
  it('run one after the other, in the order in which they were asked for (fault 47)', async () => {
    const log: string[] = []
    const lifecycle = lifecycleOf([noting(log, { name: 'a' })])
    await Promise.all([
      lifecycle.start(),
      lifecycle.disable('a'),
      lifecycle.enable('a'),
      lifecycle.reload({ set: [noting(log, { name: 'a' }, { generation: 2 })] }),
      lifecycle.unload('a'),
      lifecycle.add([noting(log, { name: 'a' }, { generation: 3 })]),
    ])
    expect(log).toEqual([
      'register a',
      'setup a',
      'onDisable a',
      'onEnable a',
      'teardown a',
      'register a',
      'setup a',
      'onReload a',
      'teardown a',
      'register a',
      'setup a',
    ])
  })

  it('that fail do not keep the next from running', async () => {
    const lifecycle = lifecycleOf([plugin({ name: 'a' })])
    const unknown = rejection(lifecycle.disable('nobody'))
    const start = lifecycle.start()
    expect(await unknown).toMatchObject({ code: 'CFP_PLUGIN_UNKNOWN' })
    expect((await start).active).toEqual(['a'])
  })

  it('whose turn is cancelled leave, and those behind them still wait for those before', async () => {
    const gate = deferred()
    const lifecycle = lifecycleOf([plugin({ name: 'a' }, () => ({ setup: () => gate.promise }))])
    const start = lifecycle.start()
    const controller = new AbortController()
    const cancelled = rejection(lifecycle.disable('a', { signal: controller.signal }))
    const last = lifecycle.disable('a')
    await until(() => lifecycle.status('a').state === 'starting')
    controller.abort()
    expect(await cancelled).toMatchObject({ code: 'CFP_OPERATION_ABORTED' })
    expect(lifecycle.status('a').state).toBe('starting')
    gate.resolve()
    await Promise.all([start, last])
    expect(lifecycle.status('a').state).toBe('disabled')
  })
})
