import { describe, expect, it } from 'vitest'
import { lifecycleOf, logTo, never, noting, plugin, rejection, sleep, started } from './support.ts'

describe('disable', () => {
  it('rests dependents first, keeps every instance, and enable brings them back after it', async () => {
    const log: string[] = []
    const lifecycle = await started([
      noting(log, { name: 'db' }),
      noting(log, { name: 'api', dependencies: ['db'] }),
      noting(log, { name: 'web', dependencies: ['api'] }),
      noting(log, { name: 'other' }),
    ])
    const instance = lifecycle.instance('web')
    log.length = 0
    await lifecycle.disable('db')
    expect(log).toEqual(['onDisable web', 'onDisable api', 'onDisable db'])
    expect(lifecycle.statuses().map(({ plugin, state }) => `${plugin} ${state}`)).toEqual([
      'db disabled',
      'other active',
      'api blocked',
      'web blocked',
    ])
    expect(lifecycle.status('web').error?.message).toContain('"api"')
    log.length = 0
    await lifecycle.enable('db')
    expect(log).toEqual(['onEnable db', 'onEnable api', 'onEnable web'])
    expect(lifecycle.instance('web')).toBe(instance)
  })

  it('takes events, hooks, timers and the service away, and enable gives them back in the same place', async () => {
    const log: string[] = []
    const hearing = (name: string) =>
      plugin({ name }, (_app, { on, hooks, every }) => {
        on('event', () => void log.push(name))
        hooks.on('hook', () => name)
        every(1, () => log.push(`tick ${name}`))
        return {}
      })
    const lifecycle = await started([hearing('a'), hearing('b')])
    await lifecycle.disable('a')
    log.length = 0
    await lifecycle.events.emit('event')
    await sleep(10)
    expect(log.filter((entry) => entry.endsWith('a'))).toEqual([])
    expect(await lifecycle.hooks.call('hook')).toEqual(['b'])
    const error = (() => {
      try {
        return lifecycle.service('a')
      } catch (thrown) {
        return thrown
      }
    })()
    expect(error).toMatchObject({ code: 'CFP_NOT_ACTIVE', message: 'Plugin "a" is not active, it is disabled.' })
    expect(await rejection(lifecycle.use('a', () => {}))).toMatchObject({ code: 'CFP_NOT_ACTIVE' })
    await lifecycle.enable('a')
    expect(await lifecycle.hooks.call('hook')).toEqual(['a', 'b'])
    expect(lifecycle.service('a')).toBe(lifecycle.instance('a'))
  })

  it('leaves alone what a person disabled, also when what it needs comes back', async () => {
    const lifecycle = await started([plugin({ name: 'db' }), plugin({ name: 'api', dependencies: ['db'] })])
    await lifecycle.disable('api')
    await lifecycle.disable('db')
    await lifecycle.enable('db')
    expect(lifecycle.status('api').state).toBe('disabled')
    await lifecycle.enable('api')
    expect(lifecycle.status('api').state).toBe('active')
  })

  it('succeeds where onDisable throws or hangs, and keeps the reason', async () => {
    const entries: string[] = []
    const lifecycle = await started(
      [
        plugin({ name: 'throws' }, () => ({ onDisable: () => Promise.reject(new Error('no')) })),
        plugin({ name: 'hangs', timeouts: { enableMs: 10 } }, () => ({ onDisable: never })),
      ],
      { logger: logTo(entries) },
    )
    await lifecycle.disable('throws')
    await lifecycle.disable('hangs')
    expect(lifecycle.status('throws')).toMatchObject({ state: 'disabled', error: { code: 'CFP_DISABLE_FAILED' } })
    expect(lifecycle.status('hangs')).toMatchObject({ state: 'disabled', error: { code: 'CFP_DISABLE_TIMEOUT' } })
    expect(entries).toHaveLength(2)
    await lifecycle.enable('throws')
    expect(lifecycle.status('throws')).toMatchObject({ state: 'active', error: undefined })
  })

  it('waits for what is in flight before onDisable', async () => {
    const log: string[] = []
    const lifecycle = await started([
      plugin({ name: 'a' }, (_app, { on }) => {
        on('event', async () => {
          await sleep(20)
          log.push('handled')
        })
        return { onDisable: () => void log.push('onDisable') }
      }),
    ])
    const emitted = lifecycle.events.emit('event')
    await lifecycle.disable('a')
    await emitted
    expect(log).toEqual(['handled', 'onDisable'])
  })

  it('of a plugin that is not there names the nearest one that is', async () => {
    const lifecycle = await started([plugin({ name: 'counter' })])
    const error = await rejection(lifecycle.disable('conter'))
    expect(error).toMatchObject({ code: 'CFP_PLUGIN_UNKNOWN' })
    expect(error.message).toContain('counter')
  })
})

describe('enable', () => {
  it('of a plugin that never ran calls register, setup and onEnable, and starts who waited for it', async () => {
    const log: string[] = []
    const lifecycle = await started([
      noting(log, { name: 'off', enabled: false }),
      noting(log, { name: 'user', dependencies: ['off'] }),
    ])
    expect(log).toEqual([])
    expect(lifecycle.status('user').state).toBe('blocked')
    await lifecycle.enable('off')
    expect(log).toEqual(['register off', 'setup off', 'onEnable off', 'register user', 'setup user'])
  })

  it('whose onEnable throws leaves it disabled, and rejects with why: the first time and any other', async () => {
    let broken = true
    const lifecycle = await started([
      plugin({ name: 'a', enabled: false }, () => ({
        onEnable: () => (broken ? Promise.reject(new Error('no')) : undefined),
      })),
      plugin({ name: 'user', dependencies: ['a'] }),
    ])
    expect(await rejection(lifecycle.enable('a'))).toMatchObject({ code: 'CFP_ENABLE_FAILED', plugin: 'a' })
    expect(lifecycle.status('a')).toMatchObject({ state: 'disabled', error: { code: 'CFP_ENABLE_FAILED' } })
    broken = false
    await lifecycle.enable('a')
    await lifecycle.disable('a')
    broken = true
    expect(await rejection(lifecycle.enable('a'))).toMatchObject({ code: 'CFP_ENABLE_FAILED' })
    expect(lifecycle.status('a')).toMatchObject({ state: 'disabled', error: { code: 'CFP_ENABLE_FAILED' } })
    expect(lifecycle.status('user').state).toBe('blocked')
    expect(lifecycle.registry.services.names()).toEqual([])
  })

  it('of a plugin whose own services it uses wrongly in onEnable leaves it disabled too', async () => {
    const lifecycle = await started([
      plugin({ name: 'a', enabled: false }, (_app, { inject }) => ({ onEnable: () => inject('nobody') })),
    ])
    expect(await rejection(lifecycle.enable('a'))).toMatchObject({ code: 'CFP_SERVICE_UNKNOWN' })
    expect(lifecycle.status('a').state).toBe('disabled')
  })

  it('of a plugin whose dependency is down rejects with that, and it comes up with it', async () => {
    const lifecycle = await started([
      plugin({ name: 'db', enabled: false }),
      plugin({ name: 'api', enabled: false, dependencies: ['db'] }),
    ])
    expect((await rejection(lifecycle.enable('api'))).message).toContain('"db"')
    await lifecycle.enable('db')
    expect(lifecycle.status('api').state).toBe('active')
  })

  it('tries a failed plugin again', async () => {
    let broken = true
    const setup = () => (broken ? Promise.reject(new Error('no')) : undefined)
    const lifecycle = await started([plugin({ name: 'a' }, () => ({ setup }))])
    expect(await rejection(lifecycle.enable('a'))).toMatchObject({ code: 'CFP_SETUP_FAILED' })
    broken = false
    await lifecycle.enable('a')
    expect(lifecycle.status('a').state).toBe('active')
  })

  it('of an active plugin does nothing', async () => {
    const log: string[] = []
    const lifecycle = await started([noting(log, { name: 'a' })])
    log.length = 0
    await lifecycle.enable('a')
    expect(log).toEqual([])
  })
})

describe('a plugin that changed, or whose dependency changed, while it was at rest', () => {
  it('is made anew when it comes back, with its state, never resumed with a dead service', async () => {
    const made: string[] = []
    const db = (generation: number) => plugin({ name: 'db' }, () => ({ generation }) as never, { generation })
    const api = plugin({ name: 'api', dependencies: ['db'] }, (_app, { inject, reason }) => {
      const { generation } = inject('db') as { generation: number }
      let count = 0
      made.push(`api on db ${generation} (${reason})`)
      return {
        next: () => ++count,
        getReloadState: () => count,
        setReloadState: (state: number) => {
          count = state
        },
      } as never
    })
    const lifecycle = await started([db(1), api])
    const next = () => (lifecycle.service('api') as { next(): number }).next()
    expect(next()).toBe(1)
    await lifecycle.disable('api')
    expect((await lifecycle.reload({ set: [db(2)] })).members).toEqual(['db'])
    await lifecycle.enable('api')
    expect(next()).toBe(2)
    await lifecycle.disable('db')
    expect((await lifecycle.reload({ set: [db(3)] })).members).toEqual([])
    await lifecycle.enable('db')
    expect(next()).toBe(3)
    expect(made).toEqual(['api on db 1 (start)', 'api on db 2 (start)', 'api on db 3 (start)'])
  })

  it('comes back with its old code where the new one does not start', async () => {
    const log: string[] = []
    const lifecycle = await started([noting(log, { name: 'a' }, { label: 'old' })])
    await lifecycle.disable('a')
    const broken = plugin({ name: 'a' }, () => Promise.reject(new Error('no')), { generation: 2 })
    await lifecycle.reload({ set: [broken] })
    await lifecycle.enable('a')
    expect(lifecycle.status('a')).toMatchObject({ state: 'active', generation: 1 })
    expect(lifecycle.registry.get('a')?.source.generation).toBe(1)
    expect(log.slice(-2)).toEqual(['setup old', 'onEnable old'])
  })

  it('is torn down before what it depends on, and where its state cannot be kept nothing is replaced', async () => {
    const log: string[] = []
    const db = (generation: number) =>
      plugin({ name: 'db' }, () => ({ setup: () => {}, teardown: () => void log.push('db') }), { generation })
    let stuck = true
    const api = plugin({ name: 'api', dependencies: ['db'] }, () => ({
      setup: () => {},
      teardown: () => void log.push('api'),
      getReloadState: () => (stuck ? Promise.reject(new Error('no state')) : 1),
      setReloadState: () => {},
    }))
    const lifecycle = await started([db(1), api])
    await lifecycle.disable('api')
    expect(await rejection(lifecycle.reload({ set: [db(2)] }))).toMatchObject({ code: 'CFP_STATE_SAVE_FAILED' })
    expect(lifecycle.status('db')).toMatchObject({ state: 'active', generation: 1 })
    expect(log).toEqual([])
    stuck = false
    expect((await lifecycle.reload({ set: [db(2)] })).outcome).toBe('committed')
    expect(log).toEqual(['api', 'db'])
    await lifecycle.enable('api')
    expect(lifecycle.status('api').state).toBe('active')
  })

  it('stays blocked, with the reason, where its code changed as well and it cannot be replaced', async () => {
    let stuck = true
    const api = (generation: number) =>
      plugin(
        { name: 'api', optionalDependencies: ['metrics'] },
        () => ({ getReloadState: () => (stuck ? Promise.reject(new Error('no')) : 1), setReloadState: () => {} }),
        { generation },
      )
    const lifecycle = await started([api(1)])
    await lifecycle.disable('api')
    await lifecycle.add([plugin({ name: 'metrics' })])
    expect(await rejection(lifecycle.enable('api'))).toMatchObject({ code: 'CFP_STATE_SAVE_FAILED' })
    expect(lifecycle.status('api').state).toBe('blocked')
    stuck = false
    await lifecycle.enable('api')
    expect(lifecycle.status('api').state).toBe('active')
  })
})

describe('an optional dependency', () => {
  const metrics = (generation: number, meta = {}) =>
    plugin({ name: 'metrics', ...meta }, () => ({ generation }) as never, { generation })
  const consumer = (seen: unknown[]) =>
    plugin({ name: 'api', optionalDependencies: ['metrics'] }, (_app, { inject }) => {
      const found = inject('metrics', { optional: true }) as { generation: number } | undefined
      seen.push(found?.generation)
      return {}
    })

  it('that goes, comes back or is replaced restarts its consumer, and those who need that one (fault 35)', async () => {
    const seen: unknown[] = []
    const log: string[] = []
    const lifecycle = await started([metrics(1), consumer(seen), noting(log, { name: 'web', dependencies: ['api'] })])
    log.length = 0
    await lifecycle.disable('metrics')
    expect(log).toEqual(['teardown web', 'register web', 'setup web', 'onReload web'])
    await lifecycle.enable('metrics')
    await lifecycle.reload({ set: [metrics(2)] })
    await lifecycle.unload('metrics')
    await lifecycle.add([metrics(3)])
    expect(seen).toEqual([1, undefined, 1, 2, undefined, 3])
    expect(lifecycle.status('web').state).toBe('active')
  })

  it('that changed while it was disabled restarts its running consumer once when it comes back', async () => {
    const seen: unknown[] = []
    const lifecycle = await started([metrics(1), consumer(seen)])
    await lifecycle.disable('metrics')
    await lifecycle.reload({ set: [metrics(2)] })
    expect(lifecycle.status('api').state).toBe('active')
    await lifecycle.enable('metrics')
    expect(seen).toEqual([1, undefined, 2])
    expect(lifecycle.status('api').state).toBe('active')
  })

  it('in a version that its consumer does not take is not there: the consumer gets no service that could end under it', async () => {
    const seen: unknown[] = []
    const api = plugin({ name: 'api', optionalDependencies: { metrics: '^2.0.0' } }, (_app, { inject }) => {
      seen.push(inject('metrics', { optional: true }))
      return {}
    })
    const lifecycle = await started([metrics(1), api])
    await lifecycle.reload({ set: [metrics(2)] })
    expect(seen).toEqual([undefined])
    await lifecycle.reload({ set: [metrics(3, { version: '2.0.0' })] })
    expect(seen).toMatchObject([undefined, { generation: 3 }])
  })

  it('that arrives late restarts its consumer, once (fault 35)', async () => {
    const seen: unknown[] = []
    const lifecycle = await started([consumer(seen)])
    await lifecycle.add([metrics(1)])
    await lifecycle.enable('api')
    expect(seen).toEqual([undefined, 1])
  })

  it('that fails when it arrives leaves its consumer alone (fault 35)', async () => {
    const seen: unknown[] = []
    const lifecycle = lifecycleOf([consumer(seen)])
    await lifecycle.start()
    await lifecycle.add([plugin({ name: 'metrics' }, () => Promise.reject(new Error('no')))])
    expect(seen).toEqual([undefined])
  })
})
