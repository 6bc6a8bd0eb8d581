import { EventEmitter } from 'node:events'
import type { PluginContext } from '@cf-plugins/plugin-api'
import { describe, expect, it } from 'vitest'
import { deferred, noting, plugin, rejection, sleep, started, until } from './support.ts'

/** A plugin that counts the events that it hears, and carries the count over a reload. */
function counter(generation: number, log: string[] = [], meta: { readonly version?: string } = {}) {
  return plugin(
    { name: 'counter', ...meta },
    (_app, { on }) => {
      let count = 0
      on('tick', (payload) => {
        count++
        log.push(`g${generation} ${payload}`)
      })
      return {
        count: () => count,
        getReloadState: () => ({ count }),
        setReloadState: (state: { count: number }) => {
          count = state.count
        },
      } as never
    },
    { generation },
  )
}

const countOf = (service: unknown) => (service as { count(): number }).count()

describe('a reload', () => {
  it('replaces the code and keeps the state', async () => {
    const lifecycle = await started([counter(1)])
    await lifecycle.events.emit('tick')
    const report = await lifecycle.reload({ set: [counter(2, [], { version: '2.0.0' })] })
    expect(report).toMatchObject({ outcome: 'committed', members: ['counter'], kept: ['counter'], problems: [] })
    expect(report.phases.map(({ phase }) => phase)).toEqual([
      'gate',
      'save',
      'teardown',
      'start',
      'check',
      'commit',
      'replay',
    ])
    expect(countOf(lifecycle.service('counter'))).toBe(1)
    expect(lifecycle.status('counter')).toMatchObject({ state: 'active', generation: 2, version: '2.0.0' })
  })

  it('takes dependents with it: all torn down dependents first, made anew dependencies first, each once', async () => {
    const log: string[] = []
    const member = (name: string, dependencies: string[]) => noting(log, { name, dependencies })
    const lifecycle = await started([
      member('base', []),
      member('left', ['base']),
      member('right', ['base']),
      member('top', ['left', 'right']),
      member('other', []),
    ])
    log.length = 0
    const { members } = await lifecycle.reload({ set: [noting(log, { name: 'base' }, { generation: 2 })] })
    expect(members).toEqual(['base', 'left', 'right', 'top'])
    expect(log.filter((entry) => entry.startsWith('teardown'))).toEqual([
      'teardown top',
      'teardown right',
      'teardown left',
      'teardown base',
    ])
    expect(log.filter((entry) => entry.startsWith('setup'))).toEqual([
      'setup base',
      'setup left',
      'setup right',
      'setup top',
    ])
    expect(log.filter((entry) => entry.startsWith('onReload'))).toEqual([
      'onReload base',
      'onReload left',
      'onReload right',
      'onReload top',
    ])
    expect(log).toHaveLength(16)
  })

  it('makes independent members anew side by side', async () => {
    const slow = (index: number) =>
      plugin({ name: `p${index}` }, () => ({ setup: () => sleep(50), onReload: () => sleep(50) }))
    const lifecycle = await started([0, 1, 2, 3, 4].map(slow))
    const from = performance.now()
    expect((await lifecycle.reload({ set: [0, 1, 2, 3, 4].map(slow) })).outcome).toBe('committed')
    expect(performance.now() - from).toBeLessThan(300)
  })

  it('shows new consumers the new provider before anybody else sees it', async () => {
    const seen: unknown[] = []
    const db = (generation: number) => plugin({ name: 'db' }, () => ({ generation }) as never, { generation })
    const lifecycle = await started([
      db(1),
      plugin({ name: 'api', dependencies: ['db'] }, (_app, { inject, reason }) => ({
        setup: async () => void seen.push([reason, (inject('db') as { generation: number }).generation]),
        onReload: () => void seen.push(lifecycle.registry.services.lookup('db')?.service),
      })),
    ])
    const old = lifecycle.service('db')
    await lifecycle.reload({ set: [db(2)] })
    expect(seen).toEqual([['start', 1], ['reload', 2], old])
  })

  it('of code with other dependencies is checked and ordered by the new ones', async () => {
    const log: string[] = []
    const lifecycle = await started([noting(log, { name: 'a' }), noting(log, { name: 'b' })])
    log.length = 0
    await lifecycle.reload({ set: [noting(log, { name: 'a', dependencies: ['b'] }, { generation: 2 })] })
    expect(lifecycle.registry.order()).toEqual(['b', 'a'])
    const circle = noting(log, { name: 'b', dependencies: ['a'] }, { generation: 2 })
    expect(await rejection(lifecycle.reload({ set: [circle] }))).toMatchObject({ code: 'CFP_DEPENDENCY_CYCLE' })
    expect(lifecycle.statuses().map(({ state }) => state)).toEqual(['active', 'active'])
    await lifecycle.disable('b')
    expect(lifecycle.status('a').state).toBe('blocked')
  })

  it('keeps the place of handlers among those of other plugins', async () => {
    const hearing = (name: string, generation = 1) =>
      plugin(
        { name },
        (_app, { hooks }) => {
          hooks.on('hook', () => `${name}${generation}`)
          return {}
        },
        { generation },
      )
    const lifecycle = await started([hearing('a'), hearing('b'), hearing('c')])
    await lifecycle.reload({ set: [hearing('b', 2)] })
    await lifecycle.reload({ set: [hearing('a', 2)] })
    expect(await lifecycle.hooks.call('hook')).toEqual(['a2', 'b2', 'c1'])
  })

  it('sends what a member published before the commit to members that come after it, too', async () => {
    const log: unknown[] = []
    const records = (generation: number) => [
      plugin(
        { name: 'a' },
        (_app, { publish }) => {
          publish('hello', generation)
          return {}
        },
        { generation },
      ),
      plugin(
        { name: 'b', dependencies: ['a'] },
        (_app, { on }) => {
          on('hello', (payload) => void log.push([generation, payload]))
          return {}
        },
        { generation },
      ),
    ]
    const lifecycle = await started(records(1))
    expect(log).toEqual([])
    await lifecycle.reload({ set: records(2) })
    expect(log).toEqual([[2, 2]])
  })

  it('leaves a plugin at rest asleep, and starts one that waited for the new code', async () => {
    const log: string[] = []
    const lifecycle = await started([
      noting(log, { name: 'db', version: '1.0.0' }),
      noting(log, { name: 'api', dependencies: { db: '^2.0.0' } }),
      noting(log, { name: 'idle' }),
    ])
    await lifecycle.disable('idle')
    log.length = 0
    const report = await lifecycle.reload({
      set: [noting(log, { name: 'db', version: '2.0.0' }), noting(log, { name: 'idle' })],
    })
    expect(report.members).toEqual(['db'])
    expect(lifecycle.status('api').state).toBe('active')
    expect(log.filter((entry) => entry.includes('idle'))).toEqual([])
  })

  it('without new code makes plugins anew from what they have', async () => {
    const lifecycle = await started([counter(1)])
    await lifecycle.events.emit('tick')
    const before = lifecycle.instance('counter')
    expect(await lifecycle.reload({ restart: ['counter'] })).toMatchObject({ outcome: 'committed' })
    expect(lifecycle.instance('counter')).not.toBe(before)
    expect(countOf(lifecycle.service('counter'))).toBe(1)
  })

  it('retries what failed for want of the change', async () => {
    const lifecycle = await started([
      plugin({ name: 'db' }, () => ({ ok: false }) as never),
      plugin({ name: 'api', dependencies: ['db'] }, (_app, { inject }) => {
        if (!(inject('db') as { ok: boolean }).ok) throw new Error('the database is odd')
        return {}
      }),
    ])
    expect(lifecycle.status('api').state).toBe('failed')
    await lifecycle.reload({ set: [plugin({ name: 'db' }, () => ({ ok: true }) as never, { generation: 2 })] })
    expect(lifecycle.status('api').state).toBe('active')
  })

  it('gives no state to code that wants none, and says so', async () => {
    const lifecycle = await started([counter(1)])
    await lifecycle.events.emit('tick')
    const fresh = plugin({ name: 'counter', reload: { state: 'discard' } }, () => ({ count: () => 0 }) as never)
    expect((await lifecycle.reload({ set: [fresh] })).kept).toEqual([])
  })
})

describe('events during a reload', () => {
  it('emitted in every phase are delivered exactly once and in order, before the snapshot or to the new code (fault 55)', async () => {
    const log: string[] = []
    let sent = 0
    const pending: Promise<unknown>[] = []
    const send = () => void pending.push(lifecycle.events.emit('tick', ++sent))
    const phased = (generation: number) =>
      plugin(
        { name: 'counter' },
        (_app, { on }) => {
          send()
          const heard: unknown[] = []
          on('tick', (payload) => {
            heard.push(payload)
            log.push(`${payload}`)
          })
          return {
            heard,
            setup: async () => {
              send()
              await sleep(1)
              send()
            },
            getReloadState: async () => {
              send()
              await sleep(1)
              send()
              return heard
            },
            setReloadState: (state: unknown[]) => {
              send()
              heard.push(...state)
            },
            teardown: async () => {
              send()
              await sleep(1)
              send()
            },
            onReload: send,
            health: () => {
              send()
              return { status: 'healthy' as const }
            },
          } as never
        },
        { generation },
      )
    let lifecycle = await started([])
    lifecycle = await started([phased(1)])
    log.length = 0
    pending.length = 0
    const lost = sent
    lifecycle.watch(send)
    const reload = lifecycle.reload({ set: [phased(2)] })
    send()
    await reload
    send()
    const reports = await Promise.all(pending)
    const all = Array.from({ length: sent - lost }, (_, index) => `${index + lost + 1}`)
    expect(log).toEqual(all)
    expect(reports).toHaveLength(all.length)
    for (const report of reports) expect(report).toMatchObject({ handled: 1, failures: [] })
    expect((lifecycle.service('counter') as { heard: unknown[] }).heard.map(String)).toEqual(all)
  })

  it('that is rolled back reach the old code, once and in order (fault 55)', async () => {
    const log: string[] = []
    const lifecycle = await started([counter(1, log)])
    const broken = plugin(
      { name: 'counter' },
      () => ({
        setup: async () => {
          await sleep(2)
          throw new Error('no')
        },
      }),
      { generation: 2 },
    )
    const reload = lifecycle.reload({ set: [broken] })
    const emits = [1, 2, 3].map((payload) => lifecycle.events.emit('tick', payload))
    expect((await reload).outcome).toBe('rolled-back')
    await Promise.all(emits)
    expect(log).toEqual(['g1 1', 'g1 2', 'g1 3'])
    expect(countOf(lifecycle.service('counter'))).toBe(3)
  })
})

describe('what is in flight when a reload begins', () => {
  it('ends on the old code, and is waited for', async () => {
    const log: string[] = []
    const gate = deferred()
    const lifecycle = await started([
      plugin({ name: 'a' }, (_app, { on }) => {
        on('work', async () => {
          await gate.promise
          log.push('worked')
        })
        return { setup: () => {}, teardown: () => void log.push('teardown') }
      }),
    ])
    const work = lifecycle.events.emit('work')
    const reload = lifecycle.reload({ restart: ['a'] })
    await until(() => lifecycle.status('a').state === 'gating')
    gate.resolve()
    await Promise.all([work, reload])
    expect(log).toEqual(['worked', 'teardown'])
  })

  it('and calls another member, by event or hook, passes while the unit drains', async () => {
    const gate = deferred()
    const answers: unknown[] = []
    const lifecycle = await started([
      plugin({ name: 'db' }, (_app, { on, hooks }) => {
        on('query', () => void answers.push('event'))
        hooks.on('ask', () => 'hook')
        return {}
      }),
      plugin({ name: 'api', dependencies: ['db'] }, (_app, { on, emit, hooks }) => {
        on('request', async () => {
          await gate.promise
          await emit('query')
          answers.push(...(await hooks.call('ask')))
        })
        return {}
      }),
    ])
    const request = lifecycle.events.emit('request')
    const reload = lifecycle.reload({ restart: ['db'] })
    await until(() => lifecycle.status('db').state === 'gating')
    gate.resolve()
    expect((await reload).outcome).toBe('committed')
    expect((await request).failures).toEqual([])
    expect(answers).toEqual(['event', 'hook'])
  })

  it('a lease is waited for, and one asked for meanwhile waits and gets the new code', async () => {
    const db = (generation: number) => plugin({ name: 'db' }, () => ({ generation }) as never, { generation })
    const lifecycle = await started([db(1)])
    const gate = deferred()
    const generationOf = (service: unknown) => (service as { generation: number }).generation
    const first = lifecycle.use('db', async (service) => {
      await gate.promise
      return generationOf(service)
    })
    const reload = lifecycle.reload({ set: [db(2)] })
    await until(() => lifecycle.status('db').state === 'gating')
    const second = lifecycle.use('db', generationOf)
    expect(generationOf(lifecycle.service('db'))).toBe(1)
    gate.resolve()
    await reload
    expect([await first, await second]).toEqual([1, 2])
  })

  it('and does not end makes the reload give up, reopen, and leave the old code as it was', async () => {
    const gate = deferred()
    const log: string[] = []
    const lifecycle = await started([
      plugin({ name: 'a' }, (_app, { on }) => {
        on('hang', () => gate.promise)
        on('tick', () => void log.push('tick'))
        return { setup: () => {}, teardown: () => void log.push('teardown') }
      }),
    ])
    const hanging = lifecycle.events.emit('hang')
    const reload = lifecycle.reload({ restart: ['a'], signal: AbortSignal.timeout(50) })
    await until(() => lifecycle.status('a').state === 'gating')
    const tick = lifecycle.events.emit('tick')
    expect(await reload).toMatchObject({ outcome: 'rolled-back', error: { code: 'CFP_OPERATION_ABORTED' } })
    await tick
    expect(log).toEqual(['tick'])
    expect(lifecycle.status('a').state).toBe('active')
    gate.resolve()
    await hanging
    expect((await lifecycle.reload({ restart: ['a'] })).outcome).toBe('committed')
  })

  it('is given up by the drain after five seconds, by name', async () => {
    const gate = deferred()
    const lifecycle = await started([
      plugin({ name: 'a' }, (_app, { on }) => {
        on('hang', () => gate.promise)
        return {}
      }),
    ])
    const hanging = lifecycle.events.emit('hang')
    const { outcome, error } = await lifecycle.reload({ restart: ['a'] })
    expect([outcome, error?.code]).toEqual(['rolled-back', 'CFP_DRAIN_TIMEOUT'])
    expect(error?.message).toContain('"a" (1 in flight)')
    gate.resolve()
    await hanging
  })
})

describe('timers and listeners over a reload', () => {
  it('of the old code run no more, those of the new one do', async () => {
    const log: string[] = []
    const emitter = new EventEmitter()
    const ticking = (generation: number) =>
      plugin(
        { name: 'a' },
        (_app, { every, after, listen }: PluginContext) => {
          every(1, () => log.push(`every ${generation}`))
          after(20, () => log.push(`after ${generation}`))
          listen(emitter, 'heard', () => log.push(`heard ${generation}`))
          return {}
        },
        { generation },
      )
    const lifecycle = await started([ticking(1)])
    await until(() => log.includes('every 1'))
    await lifecycle.reload({ set: [ticking(2)] })
    log.length = 0
    emitter.emit('heard')
    await until(() => log.includes('after 2'))
    expect(log.filter((entry) => entry.endsWith('1'))).toEqual([])
    expect(log).toContain('heard 2')
    expect(log).toContain('every 2')
    expect(emitter.listenerCount('heard')).toBe(1)
  })

  it('of an emitter wait while the plugin is replaced, and reach whoever serves, once and in order', async () => {
    const log: string[] = []
    const emitter = new EventEmitter()
    let phase: (number: number) => Promise<void> = async () => {}
    const hearing = (generation: number, isBroken = false) =>
      plugin(
        { name: 'a' },
        (_app, { listen }) => {
          listen(emitter, 'heard', (number: number) => log.push(`${generation}: ${number}`))
          return {
            setup: async () => {
              await phase(3)
              if (isBroken) throw new Error('no')
            },
            getReloadState: () => phase(1).then(() => 1),
            setReloadState: () => {},
            teardown: () => phase(2),
          }
        },
        { generation },
      )
    const lifecycle = await started([hearing(1)])
    phase = async (number) => {
      emitter.emit('heard', number)
      await sleep(1)
    }
    await lifecycle.reload({ set: [hearing(2)] })
    expect(log.splice(0)).toEqual(['2: 1', '2: 2', '2: 3'])
    const broken = lifecycle.reload({ set: [hearing(3, true)] })
    await until(() => lifecycle.status('a').state === 'swapping')
    await broken
    expect(log.splice(0)).toEqual(['2: 1', '2: 2', '2: 3', '2: 2', '2: 3'])
    expect(emitter.listenerCount('heard')).toBe(1)
    phase = async () => {}
    await lifecycle.reload({ set: [plugin({ name: 'a' }, () => ({ setReloadState: () => {} }))] })
    expect(emitter.listenerCount('heard')).toBe(0)
  })

  it('after() that is due while its plugin drains runs when the reload is given up, and not when it is done', async () => {
    const log: string[] = []
    const gate = deferred()
    const lifecycle = await started([
      plugin({ name: 'a' }, (_app, { on, after }) => {
        on('hang', () => gate.promise)
        after(10, () => log.push('after'))
        return {}
      }),
    ])
    const hanging = lifecycle.events.emit('hang')
    await lifecycle.reload({ restart: ['a'], signal: AbortSignal.timeout(40) })
    expect(log).toEqual(['after'])
    gate.resolve()
    await hanging
  })
})

describe('services over a reload', () => {
  it('while they are replaced answer with a code, and are the new ones afterwards', async () => {
    const gate = deferred()
    const db = (generation: number) =>
      plugin(
        { name: 'db' },
        () => ({ generation, setup: () => (generation > 1 ? gate.promise : undefined) }) as never,
        {
          generation,
        },
      )
    const lifecycle = await started([db(1)])
    const reload = lifecycle.reload({ set: [db(2)] })
    await until(() => lifecycle.status('db').state === 'swapping')
    expect(() => lifecycle.service('db')).toThrow(expect.objectContaining({ code: 'CFP_PLUGIN_RELOADING' }))
    gate.resolve()
    await reload
    expect(lifecycle.service('db')).toMatchObject({ generation: 2 })
  })
})
