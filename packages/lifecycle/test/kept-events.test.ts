// What becomes of events that wait for a plugin which does not come back.
import { EventEmitter } from 'node:events'
import { PluginEvents } from '@cf-plugins/hooks'
import { describe, expect, it } from 'vitest'
import type { Lifecycle, LifecycleOptions, TransactionReport } from '../src/index.ts'
import { type Deferred, deferred, logTo, plugin, rejection, started, until } from './support.ts'

/** Which of its starts fail, by generation and how often it was started. */
type Fails = (generation: number, start: number) => boolean

/** A plugin whose old code fails when it is brought back, so that a broken new version leaves it failed. */
function fragile(log: unknown[], emitter: EventEmitter, fails: Fails) {
  let starts = 0
  return (generation: number, gap?: Deferred) =>
    plugin(
      { name: 'a' },
      (_app, { on, listen, hooks, publish }) => {
        on('tick', (payload) => void log.push(payload))
        listen(emitter, 'heard', (payload) => void log.push(payload))
        hooks.on('ask', () => 'answer')
        return {
          setup: async () => {
            const start = ++starts
            await gap?.promise
            if (fails(generation, start)) throw new Error(`no ${generation}`)
            publish('tick', `up ${generation}`)
          },
          setReloadState: () => {},
          getReloadState: () => 1,
        }
      },
      { generation },
    )
}

/** Brings `a` to `failed` while events wait for it. */
async function failWith(
  send: (lifecycle: Lifecycle) => void,
  {
    fails = (generation, start) => generation === 2 || start === 3,
    ...options
  }: Partial<LifecycleOptions> & {
    fails?: Fails
  } = {},
) {
  const log: unknown[] = []
  const emitter = new EventEmitter()
  const version = fragile(log, emitter, fails)
  const lifecycle = await started([version(1)], options)
  log.length = 0
  const gap = deferred()
  const reload = lifecycle.reload({ set: [version(2, gap)] })
  await until(() => lifecycle.status('a').state === 'swapping')
  send(lifecycle)
  emitter.emit('heard', 'listened')
  gap.resolve()
  const report: TransactionReport = await reload
  expect(report.outcome).toBe('failed')
  expect(lifecycle.status('a').state).toBe('failed')
  return { lifecycle, log, emitter, version, report }
}

describe('events that wait for a plugin whose rollback fails', () => {
  it('are kept, each awaited one answered at once, and delivered first and in order by the next good save (fault 42)', async () => {
    const emits: Promise<unknown>[] = []
    const { lifecycle, log, emitter, version } = await failWith(({ events }) => {
      emits.push(events.emit('tick', 'emitted'))
      events.publish('tick', 'published')
    })
    expect(await emits[0]).toMatchObject({
      handled: 0,
      failures: [
        {
          plugin: 'a',
          error: {
            code: 'CFP_EVENT_KEPT',
            plugin: 'a',
            phase: 'gate',
            generation: 1,
            cause: { code: 'CFP_ROLLBACK_FAILED' },
          },
        },
      ],
    })
    expect(emitter.listenerCount('heard')).toBe(0)
    // Nobody listens while it is down: not accepted, and so not kept.
    expect(await lifecycle.events.emit('tick', 'while down')).toMatchObject({ handled: 0, failures: [] })
    const gap = deferred()
    const reload = lifecycle.reload({ set: [version(3, gap)] })
    gap.resolve()
    expect((await reload).outcome).toBe('committed')
    await lifecycle.events.emit('tick', 'after')
    expect(log).toEqual(['emitted', 'published', 'listened', 'up 3', 'after'])
  })

  it('are kept over one bad version after the other', async () => {
    const { lifecycle, log, version } = await failWith(({ events }) => void events.emit('tick', 'emitted'), {
      fails: (generation, start) => generation === 2 || generation === 3 || start === 3,
    })
    expect((await lifecycle.reload({ set: [version(3)] })).outcome).toBe('failed')
    expect(log).toEqual([])
    expect((await lifecycle.reload({ set: [version(4)] })).outcome).toBe('committed')
    expect(log).toEqual(['emitted', 'listened', 'up 4'])
  })

  for (const how of ['enable', 'start'] as const) {
    it(`are delivered when ${how}() brings it back, before what its new instance is sent by then`, async () => {
      const { lifecycle, log } = await failWith(({ events }) => void events.publish('tick', 'published'))
      lifecycle.watch(({ to }) => {
        if (to === 'active') lifecycle.events.publish('tick', 'sent by a watcher')
      })
      await (how === 'enable' ? lifecycle.enable('a') : lifecycle.start())
      expect(log).toEqual(['published', 'listened', 'sent by a watcher', 'up 1'])
    })
  }

  it('wait on while it is disabled, and while nobody needs it', async () => {
    const { lifecycle, log } = await failWith(({ events }) => void events.publish('tick', 'published'))
    await lifecycle.disable('a')
    expect(lifecycle.status('a').state).toBe('disabled')
    expect(log).toEqual([])
    await lifecycle.enable('a')
    expect(log).toEqual(['published', 'listened', 'up 1'])
  })

  it('leave failures of their late delivery to the log, for nobody waits any more', async () => {
    const told: unknown[] = []
    const events = new PluginEvents({ onFailure: ({ error }) => told.push((error as Error).message) })
    let report: unknown
    const { lifecycle } = await failWith(
      (each) => {
        report = each.events.emit('tick', 'emitted')
      },
      { events },
    )
    await lifecycle.reload({
      set: [
        plugin({ name: 'a' }, (_app, { on }) => {
          on('tick', () => Promise.reject(new Error('late')))
          return { setReloadState: () => {} }
        }),
      ],
    })
    await until(() => told.length === 1)
    expect(told).toEqual(['late'])
    expect(await report).toMatchObject({ failures: [{ error: { code: 'CFP_EVENT_KEPT' } }] })
  })

  it('leave no gate closed, and calls answered with the reason', async () => {
    let call: Promise<Error> | undefined
    let lease: Promise<Error> | undefined
    const { lifecycle } = await failWith((each) => {
      call = rejection(each.hooks.call('ask'))
      lease = rejection(each.use('a', () => 1))
      each.events.publish('tick', 1)
    })
    expect(await call).toMatchObject({ code: 'CFP_HOOK_FAILED', cause: { code: 'CFP_ROLLBACK_FAILED' } })
    expect(await lease).toMatchObject({ code: 'CFP_ROLLBACK_FAILED' })
    expect(await rejection(lifecycle.use('a', () => 1))).toMatchObject({ code: 'CFP_NOT_ACTIVE' })
    expect(await lifecycle.hooks.call('ask')).toEqual([])
  })

  it('of a whole unit are kept a plugin, and a good save of the one brings the others back, too', async () => {
    const log: string[] = []
    const starts = new Map<string, number>()
    const member = (name: string, generation: number, dependencies: string[] = []) =>
      plugin(
        { name, dependencies },
        (_app, { on }) => {
          const start = (starts.get(name) ?? 0) + 1
          starts.set(name, start)
          on('tick', (payload) => void log.push(`${name} ${payload}`))
          const isBad = name === 'base' && (generation === 2 || start === 3)
          return { setup: () => gap.promise.then(() => (isBad ? Promise.reject(new Error('no')) : undefined)) }
        },
        { generation },
      )
    let gap = deferred()
    gap.resolve()
    const lifecycle = await started([member('base', 1), member('user', 1, ['base'])])
    gap = deferred()
    const reload = lifecycle.reload({ set: [member('base', 2)] })
    await until(() => lifecycle.status('base').state === 'swapping')
    const emitted = lifecycle.events.emit('tick', 1)
    lifecycle.events.publish('tick', 2)
    gap.resolve()
    expect((await reload).outcome).toBe('failed')
    const { failures } = await emitted
    expect(failures.map(({ plugin, error }) => [plugin, (error as { code: string }).code])).toEqual([
      ['base', 'CFP_EVENT_KEPT'],
      ['user', 'CFP_EVENT_KEPT'],
    ])
    expect(log).toEqual([])
    expect((await lifecycle.reload({ set: [member('base', 3)] })).outcome).toBe('committed')
    expect(lifecycle.status('user').state).toBe('active')
    expect(log).toEqual(['base 1', 'base 2', 'user 1', 'user 2'])
  })

  it('are counted, and told to the log, when the plugin is unloaded', async () => {
    const entries: string[] = []
    const { lifecycle, log, version } = await failWith(
      ({ events }) => {
        void events.emit('tick', 1)
        events.publish('tick', 2)
      },
      { logger: logTo(entries) },
    )
    await lifecycle.unload('a')
    expect(entries).toContain('warn: Plugin "a" was unloaded while 3 events waited for it: not delivered.')
    await lifecycle.add([version(3)])
    expect(log).toEqual(['up 3'])
  })

  it('are counted by a stop (fault 81)', async () => {
    const { lifecycle } = await failWith(({ events }) => {
      void events.emit('tick', 1)
      events.publish('tick', 2)
    })
    const { undelivered, problems } = await lifecycle.stop()
    expect([...undelivered]).toEqual([['a', 3]])
    expect(problems).toMatchObject([{ code: 'CFP_EVENTS_UNDELIVERED', plugin: 'a' }])
  })
})
