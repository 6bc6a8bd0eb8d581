// How an event reaches its handlers, and what its emitter is told.
import type { EventContext } from '@cf-plugins/plugin-api'
import { describe, expect, it } from 'vitest'
import { PluginEvents } from '../src/index.ts'
import { deferred, never, unhandledDuring } from './support.ts'

describe('emit', () => {
  it('calls handlers with the payload and a context, sync ones before it returns', async () => {
    const events = new PluginEvents()
    const seen: unknown[] = []
    events.on<number>('x', (payload, context) => {
      const { event, source, time, id } = context
      seen.push([payload, context.payload, event, source, typeof id, Math.abs(Date.now() - time) < 1_000])
    })
    const emitted = events.emit('x', 7, { source: 'auth' })
    expect(seen).toEqual([[7, 7, 'x', 'auth', 'string', true]])
    expect(await emitted).toEqual({ event: 'x', handled: 1, failures: [] })
  })

  it('gives handlers no this', async () => {
    const events = new PluginEvents()
    const seen: unknown[] = []
    for (let count = 0; count < 12; count++) {
      events.on('x', function (this: unknown) {
        seen.push(this)
      })
    }
    events.on(
      'x',
      function (this: unknown) {
        seen.push(this)
      },
      { timeoutMs: 1_000, priority: 'low' },
    )
    await events.emit('x')
    expect(seen).toEqual(Array.from({ length: 13 }, () => undefined))
  })

  it('calls the others in order where some throw, some are async, and some emit themselves', async () => {
    for (const own of [{}, { timeoutMs: 1_000 }]) {
      const events = new PluginEvents()
      const called: number[] = []
      events.on('inner', () => Promise.reject(new Error('inner, async')))
      events.on('inner', () => {
        throw new Error('inner')
      })
      for (let index = 0; index < 14; index++) {
        events.on(
          'x',
          () => {
            called.push(index)
            if (index % 5 === 1) events.publish('inner')
            if (index % 5 === 2) throw new Error(`${index}`)
            return index % 5 === 3 ? Promise.reject(new Error(`${index}`)) : undefined
          },
          index % 4 === 0 ? own : {},
        )
      }
      const { handled, failures } = await events.emit('x')
      expect(called).toEqual(Array.from({ length: 14 }, (_, index) => index))
      expect(handled).toBe(14)
      expect(failures.map(({ error }) => (error as Error).message)).toEqual(['2', '7', '12', '3', '8', '13'])
    }
  })

  it('tells the same time to every handler', async () => {
    const events = new PluginEvents()
    const times: number[] = []
    const slow = async (_: unknown, context: EventContext) => {
      await new Promise((resolve) => setTimeout(resolve, 10 * times.length))
      times.push(context.time)
    }
    events.on('x', (_, { time }) => times.push(time))
    events.on('x', slow)
    events.on('x', slow, { timeoutMs: 1_000 })
    await events.emit('x')
    expect(new Set(times).size).toBe(1)
  })

  it('resolves without a handler, and says that none was called', async () => {
    expect(await new PluginEvents().emit('x')).toEqual({ event: 'x', handled: 0, failures: [] })
  })

  it('starts every handler before it waits for any, and waits for all', async () => {
    const events = new PluginEvents()
    const [first, second] = [deferred(), deferred()]
    const started: string[] = []
    for (const [name, { promise }] of Object.entries({ first, second })) {
      events.on('x', () => {
        started.push(name)
        return promise
      })
    }
    let done = false
    const emitted = events.emit('x').then((report) => {
      done = true
      return report
    })
    expect(started).toEqual(['first', 'second'])
    second.resolve()
    await second.promise
    expect(done).toBe(false)
    first.resolve()
    expect((await emitted).handled).toBe(2)
  })

  it('resolves in one tick where every handler is sync', async () => {
    const events = new PluginEvents()
    events.on('x', () => undefined)
    const order: string[] = []
    const emitted = events.emit('x').then(() => order.push('emit'))
    await Promise.resolve().then(() => order.push('a tick'))
    await emitted
    expect(order).toEqual(['emit', 'a tick'])
  })

  it('keeps a handler that throws, rejects or hangs from hurting another (fault 57)', async () => {
    const events = new PluginEvents()
    const called: string[] = []
    const [thrown, rejected] = [new Error('thrown'), new Error('rejected')]
    const stage = events.stage({ name: 'bad', rank: 1 })
    stage.on('x', () => {
      throw thrown
    })
    stage.on('x', () => Promise.reject(rejected))
    stage.on('x', never, { timeoutMs: 20 })
    stage.commit()
    events.on('x', () => called.push('last'), { priority: 'low' })
    const { handled, failures } = await events.emit('x')
    expect(called).toEqual(['last'])
    expect(handled).toBe(4)
    expect(failures.map(({ plugin }) => plugin)).toEqual(['bad', 'bad', 'bad'])
    expect(failures.slice(0, 2).map(({ error }) => error)).toEqual([thrown, rejected])
    expect(failures[2]?.error).toMatchObject({
      code: 'CFP_HANDLER_TIMEOUT',
      plugin: 'bad',
      message: expect.stringMatching(/"bad".*"x" within 20 ms/),
    })
  })

  it('isolates thenables of any kind: one that throws in then, one whose then cannot be read, one that settles twice', async () => {
    const events = new PluginEvents()
    const thenable = (then: unknown) =>
      Object.defineProperty({}, 'then', typeof then === 'function' ? { value: then } : (then as object))
    events.on('x', () =>
      thenable(() => {
        throw new Error('in then')
      }),
    )
    events.on('x', () =>
      thenable({
        get() {
          throw new Error('unreadable')
        },
      }),
    )
    events.on('x', () =>
      thenable((resolve: () => void, reject: (error: Error) => void) => {
        resolve()
        reject(new Error('too late'))
        resolve()
      }),
    )
    const { failures, handled } = await events.emit('x')
    expect(handled).toBe(3)
    expect(failures.map(({ error }) => (error as Error).message).sort()).toEqual(['in then', 'unreadable'])
  })

  it('leaves no unhandled rejection behind when a handler rejects after its time', async () => {
    const events = new PluginEvents()
    const late = deferred()
    events.on('x', () => late.promise, { timeoutMs: 10 })
    const unhandled = await unhandledDuring(async () => {
      const { failures } = await events.emit('x')
      expect(failures).toHaveLength(1)
      late.reject(new Error('late'))
    })
    expect(unhandled).toEqual([])
  })

  it('gives each handler its own time, never less than it', async () => {
    const events = new PluginEvents({ timeoutMs: 60 })
    const begun = performance.now()
    const ended: Record<string, number> = {}
    const time =
      (name: string) =>
      (_: unknown, { signal }: EventContext) => {
        signal.addEventListener('abort', () => {
          ended[name] = performance.now() - begun
        })
        return never()
      }
    events.on('x', time('short'), { timeoutMs: 15 })
    events.on('x', time('usual'))
    events.on('x', time('long'), { timeoutMs: 150 })
    const { failures } = await events.emit('x')
    expect(failures).toHaveLength(3)
    expect(ended.short).toBeGreaterThanOrEqual(15)
    expect(ended.usual).toBeGreaterThanOrEqual(60)
    expect(ended.long).toBeGreaterThanOrEqual(150)
    expect(ended.short).toBeLessThan(ended.usual as number)
    expect(ended.usual).toBeLessThan(ended.long as number)
  })

  it('takes a timeout for one emit, which shortens every time and lengthens the usual one', async () => {
    const events = new PluginEvents({ timeoutMs: 15 })
    events.on('short', never, { timeoutMs: 20_000 })
    expect((await events.emit('short', 0, { timeoutMs: 10 })).failures[0]?.error).toMatchObject({
      message: expect.stringContaining('10 ms'),
    })
    events.on('long', () => new Promise((resolve) => setTimeout(resolve, 100)))
    expect((await events.emit('long', 0, { timeoutMs: 20_000 })).failures).toEqual([])
    expect((await events.emit('long')).failures).toHaveLength(1)
  })

  it('notices a short deadline while a long one is running', async () => {
    const events = new PluginEvents()
    const slow = deferred()
    events.on('slow', () => slow.promise)
    events.on('quick', never, { timeoutMs: 20 })
    const emitted = events.emit('slow')
    const begun = performance.now()
    expect((await events.emit('quick')).failures).toHaveLength(1)
    expect(performance.now() - begun).toBeLessThan(2_000)
    slow.resolve()
    expect((await emitted).failures).toEqual([])
  })

  it('does not call a handler that is registered, or was removed, while it dispatches', async () => {
    const events = new PluginEvents()
    const called: string[] = []
    events.on('x', () => {
      events.on('x', () => called.push('new'))
      undo()
      called.push('first')
    })
    const undo = events.on('x', () => called.push('removed'))
    events.on('x', () => called.push('last'))
    expect((await events.emit('x')).handled).toBe(2)
    expect(called).toEqual(['first', 'last'])
    undo()
    expect(events.listeners('x')).toHaveLength(3)
  })

  it('runs a handler once exactly, also when it emits the event itself', async () => {
    const events = new PluginEvents()
    let runs = 0
    events.on(
      'x',
      async () => {
        runs++
        await events.emit('x')
      },
      { once: true },
    )
    await Promise.all([events.emit('x'), events.emit('x')])
    expect(runs).toBe(1)
    expect(events.listeners('x')).toEqual([])
  })

  it('starts two emits in order for every subscriber, and goes through recursion', async () => {
    const events = new PluginEvents()
    const seen: string[] = []
    events.on<number>('x', async (depth) => {
      seen.push(`a${depth}`)
      if (depth > 0 && depth < 3) await events.emit('x', depth + 1)
    })
    events.on<number>('x', (depth) => seen.push(`b${depth}`))
    const both = [events.emit('x', 0), events.emit('x', 10)]
    expect(seen).toEqual(['a0', 'b0', 'a10', 'b10'])
    await Promise.all(both)
    seen.length = 0
    await events.emit('x', 1)
    expect(seen).toEqual(['a1', 'a2', 'a3', 'b3', 'b2', 'b1'])
  })

  it('keeps the process alive for a handler that never ends only until its deadline', async () => {
    const events = new PluginEvents()
    events.on('x', () => Promise.resolve())
    const timers = () => process.getActiveResourcesInfo().filter((name) => name === 'Timeout').length
    const before = timers()
    for (let round = 0; round < 2; round++) {
      const emitted = events.emit('x')
      expect(timers()).toBe(before + 1)
      await emitted
      expect(timers()).toBe(before)
    }
  })
})
