// What may be said about a handler of events, and what comes of it; which event led to which; who watches.
import type { EventContext } from '@cf-plugins/plugin-api'
import { describe, expect, it } from 'vitest'
import { type HandlerTrace, handlerChannel, PluginEvents, type ReportedFailure } from '../src/index.ts'
import { reloadable } from './queue-gate.ts'
import { codeOf, never, until } from './support.ts'

describe('a condition', () => {
  it('passes a handler over, sync or async, and then it does not count as called', async () => {
    const events = new PluginEvents()
    const seen: unknown[] = []
    const isEven = (n: number, { event }: EventContext<number>) => event === 'n' && n % 2 === 0
    events.on<number>('n', (n) => seen.push(`sync ${n}`), { condition: isEven })
    events.on<number>('n', (n) => seen.push(`async ${n}`), { condition: async (n: number) => n > 2 })
    expect((await events.emit('n', 1)).handled).toBe(0)
    expect((await events.emit('n', 2)).handled).toBe(1)
    expect((await events.emit('n', 4)).handled).toBe(2)
    expect(seen).toEqual(['sync 2', 'sync 4', 'async 4'])
  })

  it('that fails is a failure of its handler', async () => {
    const events = new PluginEvents()
    const condition = () => {
      throw new Error('no')
    }
    events.on('n', () => undefined, { condition })
    expect((await events.emit('n')).failures).toMatchObject([{ plugin: 'host', error: { message: 'no' } }])
  })

  it('decides before a handler that runs once is gone', async () => {
    const events = new PluginEvents()
    const seen: unknown[] = []
    events.on('n', (n) => seen.push(n), { once: true, condition: (n: number) => n > 1 })
    for (const n of [1, 2, 3]) await events.emit('n', n)
    expect(seen).toEqual([2])
  })
})

describe('retry', () => {
  it('calls a handler again that failed, for the same event', async () => {
    const events = new PluginEvents()
    const ids: string[] = []
    const flaky = async (_payload: unknown, { id }: EventContext) => {
      ids.push(id)
      if (ids.length < 3) throw new Error('not yet')
    }
    events.on('n', flaky, { retry: { attempts: 3, delayMs: 1 } })
    expect(await events.emit('n')).toEqual({ event: 'n', handled: 1, failures: [] })
    expect([ids.length, new Set(ids).size]).toEqual([3, 1])
  })

  it('is over when the time of the handler is (fault 57)', async () => {
    const events = new PluginEvents()
    let calls = 0
    const fails = () => {
      calls++
      throw new Error('no')
    }
    events.on('n', fails, { retry: { attempts: 1000, delayMs: 60_000 }, timeoutMs: 10 })
    expect((await events.emit('n')).failures).toMatchObject([{ error: { code: 'CFP_HANDLER_TIMEOUT' } }])
    expect(calls).toBe(1)
  })

  it('keeps its plugin in flight, and stops when the plugin is replaced', async () => {
    const { gate, events, generation } = reloadable()
    const [stage] = generation()
    let calls = 0
    const fails = () => {
      calls++
      return Promise.reject(new Error('no'))
    }
    stage.on('n', fails, { retry: { attempts: 1000, delayMs: 5 } })
    stage.commit()
    const emitted = events.emit('n')
    await until(() => calls > 2)
    expect(gate.inFlight).toBe(1)
    stage.withdraw()
    expect((await emitted).failures).toHaveLength(1)
    expect(gate.inFlight).toBe(0)
  })
})

it('ignoreErrors keeps failures from the emitter, and not from the host', async () => {
  const reported: ReportedFailure[] = []
  const events = new PluginEvents({ onFailure: (failure) => reported.push(failure) })
  const throws = () => {
    throw new Error('thrown')
  }
  events.on('n', throws, { ignoreErrors: true })
  events.on('n', () => Promise.reject(new Error('rejected')), { ignoreErrors: true })
  events.on('n', never, { ignoreErrors: true, timeoutMs: 10 })
  expect(await events.emit('n')).toEqual({ event: 'n', handled: 3, failures: [] })
  expect(reported.map(({ error }) => (error as Error).message)).toEqual([
    'thrown',
    'rejected',
    expect.stringMatching(/within 10 ms/),
  ])
  expect(events.handlers('n').map(({ calls, failures }) => [calls, failures])).toEqual([
    [1, 1],
    [1, 1],
    [1, 1],
  ])
})

describe('the parent', () => {
  it('says which event led to this one, and keeps nothing else of it', async () => {
    const events = new PluginEvents()
    const seen: unknown[] = []
    events.on('first', (_payload, context) => {
      events.publish('second', 2, { parent: context })
      seen.push(context.parent, context.id)
    })
    events.on('second', (_payload, { parent }) => seen.push(parent), { timeoutMs: 1000 })
    await events.emit('first', { large: 'payload' })
    const [parent, none, id] = seen
    expect(none).toBeUndefined()
    expect(parent).toEqual({ id, event: 'first' })
  })

  it('is kept by what waits at a gate', async () => {
    const { gate, events, generation } = reloadable()
    const [stage] = generation()
    const seen: unknown[] = []
    stage.on('n', (_payload, { parent }) => seen.push(parent))
    stage.commit()
    gate.close()
    const emitted = events.emit('n', 1, { parent: { id: 'a-1', event: 'first' } })
    gate.open()
    await emitted
    expect(seen).toEqual([{ id: 'a-1', event: 'first' }])
  })

  it.each([[{ id: 1, event: 'x' }], [{}], ['first'], [null]])('that is none is refused: %j', async (parent) => {
    const events = new PluginEvents()
    expect(await codeOf(() => events.emit('n', 1, { parent: parent as never }))).toBe('CFP_HANDLER_INVALID')
    expect(await codeOf(() => events.publish('n', 1, { parent: parent as never }))).toBe('CFP_HANDLER_INVALID')
  })
})

describe('whoever watches', () => {
  it('is told of each handler, and of which event', async () => {
    const events = new PluginEvents({ host: 'abc' })
    const stage = events.stage({ name: 'audit', rank: 1, source: { file: 'a.ts', generation: 3 } })
    let id = ''
    stage.on('n.*', (_payload, context) => {
      id = context.id
    })
    stage.on('n.1', async () => {
      throw new Error('no')
    })
    stage.on('n.1', () => undefined, { condition: () => false })
    stage.on('n.1', never, { timeoutMs: 10 })
    stage.on('n.1', (() => undefined) as never, { batch: { size: 1, waitMs: 1000 } })
    stage.commit()
    const traces: HandlerTrace[] = []
    const listener = (message: unknown) => traces.push(message as HandlerTrace)
    handlerChannel.subscribe(listener)
    try {
      await events.emit('n.1')
    } finally {
      handlerChannel.unsubscribe(listener)
    }
    const of = { host: 'abc', kind: 'event', name: 'n.1', plugin: 'audit', generation: 3, eventId: id }
    const outcomes = traces.map(({ outcome }) => outcome)
    expect(outcomes.sort()).toEqual(['failed', 'ok', 'ok', 'skipped', 'timeout'])
    for (const trace of traces) expect(trace).toMatchObject(of)
    // Nobody watches any more.
    await events.emit('n.1')
    expect(traces).toHaveLength(5)
  })

  it('can switch a handler off and on again, and see how each fares', async () => {
    const events = new PluginEvents()
    const seen: unknown[] = []
    events.on('n', (n) => seen.push(n))
    events.on('n', () => seen.push('other'), { priority: 'low' })
    await events.emit('n', 1)
    const [first] = events.handlers('n')
    expect(first).toMatchObject({ plugin: 'host', kind: 'event', name: 'n', on: true, calls: 1, failures: 0 })
    events.switchOff(first?.id ?? '', 'too loud')
    await events.emit('n', 2)
    expect(events.handlers('n').find(({ id }) => id === first?.id)).toMatchObject({ on: false, reason: 'too loud' })
    events.switchOn(first?.id ?? '')
    await events.emit('n', 3)
    expect(seen).toEqual([1, 'other', 'other', 3, 'other'])
    expect(events.handlers('n').map(({ calls }) => calls)).toEqual([2, 3])
    expect(await codeOf(() => events.switchOff('none', 'x'))).toBe('CFP_HANDLER_UNKNOWN')
  })

  it('sees every call counted once, whatever a handler takes', async () => {
    const { gate, events, generation } = reloadable()
    const [stage] = generation()
    stage.on('n', () => undefined)
    stage.on('n', async () => undefined, { timeoutMs: 1000 })
    stage.on('n', () => undefined, { retry: { attempts: 2 } })
    stage.commit()
    events.on('m', () => undefined)
    // So many that most of them are not looked at.
    for (let n = 1; n < 1000; n++) await Promise.all([events.emit('n', n), events.emit('m', n)])
    gate.close()
    const parked = events.emit('n', 1000)
    gate.open()
    await parked
    expect(events.handlers().map(({ name, calls }) => [name, calls])).toEqual([
      ['n', 1000],
      ['n', 1000],
      ['n', 1000],
      ['m', 999],
    ])
  })

  it('switches a handler off that keeps failing, where the host says so', async () => {
    const events = new PluginEvents({ policy: { failures: 2, action: 'switch-off' } })
    let calls = 0
    events.on('n', () => {
      calls++
      throw new Error('no')
    })
    for (const n of [1, 2, 3, 4]) await events.emit('n', n)
    expect(calls).toBe(2)
    expect(events.handlers('n')).toMatchObject([{ on: false, reason: expect.stringMatching(/failed 2 times/) }])
  })
})
