// What a closed gate does to events: parked, replayed to the generation that is live by then, exactly once and in order.
import { AsyncLocalStorage } from 'node:async_hooks'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { type DeliveryGate, PluginEvents, PluginHooks, type ReportedFailure } from '../src/index.ts'
import { QueueGate, reloadable } from './queue-gate.ts'
import { codeOf, deferred, never, until } from './support.ts'

describe('an event', () => {
  it('is in flight until its handler is done: sync, async, failed or given up', async () => {
    const { gate, events, generation } = reloadable()
    const [stage] = generation()
    const done = deferred()
    let during = 0
    stage.on('sync', () => {
      during = gate.inFlight
    })
    stage.on('throws', () => {
      throw new Error('thrown')
    })
    stage.on('async', () => done.promise)
    stage.on('hangs', never, { timeoutMs: 10 })
    stage.commit()
    await events.emit('sync')
    await events.emit('throws')
    expect([during, gate.inFlight]).toEqual([1, 0])
    const emitted = events.emit('async')
    expect(gate.inFlight).toBe(1)
    done.resolve()
    await emitted
    expect(gate.inFlight).toBe(0)
    await events.emit('hangs')
    expect(gate.inFlight).toBe(0)
  })

  it('is in flight still when its emitter has given up waiting', async () => {
    const { gate, events, generation } = reloadable()
    const [stage] = generation()
    const done = deferred()
    const controller = new AbortController()
    stage.on('x', () => done.promise)
    stage.commit()
    const emitted = events.emit('x', 0, { signal: controller.signal })
    controller.abort()
    expect(await codeOf(() => emitted)).toBe('CFP_EMIT_ABORTED')
    expect(gate.inFlight).toBe(1)
    done.resolve()
    await until(() => gate.inFlight === 0)
  })

  it('waits at a closed gate for the next generation, in order, and reaches each of its handlers once', async () => {
    const { gate, events, generation } = reloadable()
    const seen: string[] = []
    const [old, next] = [generation()[0], generation()[0]]
    old.on('x', (payload) => seen.push(`old ${payload}`))
    old.on('x', (payload) => seen.push(`old low ${payload}`), { priority: 'low' })
    next.on('x', (payload) => seen.push(`new high ${payload}`), { priority: 'high' })
    next.on('x', async (payload) => {
      await null
      seen.push(`new ${payload}`)
    })
    old.commit()
    events.on('x', (payload) => seen.push(`host ${payload}`))
    gate.close()
    const first = events.emit('x', 1)
    events.publish('x', 2)
    expect(seen).toEqual(['host 1', 'host 2'])
    expect(gate.parked).toBe(2)
    old.withdraw()
    next.commit()
    old.discard()
    gate.open()
    expect(await first).toEqual({ event: 'x', handled: 3, failures: [] })
    await until(() => seen.length === 6)
    expect(seen).toEqual(['host 1', 'host 2', 'new high 1', 'new high 2', 'new 1', 'new 2'])
    expect(gate.inFlight).toBe(0)
  })

  it('goes back to the same generation when the reload is given up', async () => {
    const { gate, events, generation } = reloadable()
    const [stage] = generation()
    const seen: unknown[] = []
    stage.on('x', (payload) => seen.push(payload))
    stage.on('x', () => seen.push('once'), { once: true })
    stage.commit()
    gate.close()
    const both = [events.emit('x', 1), events.emit('x', 2)]
    gate.open()
    await Promise.all(both)
    expect(seen).toEqual([1, 'once', 2])
  })

  it('is parked also for a handler that the old generation took back in its teardown', async () => {
    const { gate, events, generation } = reloadable()
    const [old, next] = [generation()[0], generation()[0]]
    const seen: unknown[] = []
    const undo = old.on('x', () => seen.push('old'))
    next.on('x', () => seen.push('new'))
    old.commit()
    gate.close()
    undo()
    expect(events.listeners('x')).toEqual([])
    const emitted = events.emit('x')
    old.withdraw()
    next.commit()
    gate.open()
    await emitted
    expect(seen).toEqual(['new'])
    expect(events.listeners('x')).toHaveLength(1)
  })

  it('tells the emitter of failures and deadlines after the replay, as before it', async () => {
    const { gate, events, generation } = reloadable()
    const [stage] = generation()
    stage.on('x', () => Promise.reject(new Error('rejected')))
    stage.on('x', never, { timeoutMs: 10 })
    stage.commit()
    gate.close()
    const emitted = events.emit('x')
    gate.open()
    const { failures } = await emitted
    expect(failures.map(({ plugin }) => plugin)).toEqual(['reloaded', 'reloaded'])
    expect(failures[1]?.error).toMatchObject({ code: 'CFP_HANDLER_TIMEOUT' })
  })

  it('has the time of its emit, not of its delivery', async () => {
    const { gate, events, generation } = reloadable()
    const [stage] = generation()
    let time = Number.POSITIVE_INFINITY
    stage.on('x', (_, context) => {
      time = context.time
    })
    stage.commit()
    gate.close()
    const before = Date.now()
    const emitted = events.emit('x')
    await until(() => Date.now() > before + 20)
    gate.open()
    await emitted
    expect(time).toBeLessThan(before + 20)
  })

  it('that is kept answers its emitter at once, and reaches the next generation once, whose failure is reported', async () => {
    const { gate, events, reported, generation } = reloadable()
    const [old, next] = [generation()[0], generation()[0]]
    const seen: unknown[] = []
    old.on('x', (payload) => seen.push(['old', payload]))
    next.on('x', async (payload) => {
      seen.push(payload)
      throw new Error('rejected')
    })
    old.commit()
    const done = deferred()
    events.on('x', () => done.promise)
    gate.close()
    const emitted = events.emit('x', 'emit')
    events.publish('x', 'publish')
    gate.keep()
    old.discard()
    done.resolve()
    const report = await emitted
    expect(report).toMatchObject({ handled: 1, failures: [{ plugin: 'reloaded', error: { code: 'CFP_EVENT_KEPT' } }] })
    gate.close()
    next.commit()
    const later = events.emit('x', 'later')
    gate.open()
    expect(seen).toEqual(['emit', 'publish', 'later'])
    expect((await later).failures).toMatchObject([{ error: { message: 'rejected' } }])
    await until(() => reported.length === 2)
    expect(report.failures).toHaveLength(1)
    expect(gate.inFlight).toBe(0)
  })

  it('tells its gate whether anybody waits for it', async () => {
    const kinds: string[] = []
    const gate: DeliveryGate = {
      closed: true,
      enter: () => {},
      leave: () => {},
      park: async (_deliver, kind) => void kinds.push(kind),
    }
    const events = new PluginEvents()
    const hooks = new PluginHooks()
    const [onEvent, onHook] = [events.stage({ name: 'a', rank: 1, gate }), hooks.stage({ name: 'a', rank: 1, gate })]
    onEvent.on('x', () => {})
    onHook.on('x', () => {})
    onEvent.commit()
    onHook.commit()
    await events.emit('x')
    events.publish('x')
    await hooks.call('x')
    expect(kinds).toEqual(['emit', 'publish', 'call'])
  })

  it('that finds the queue full is a failure for emit and a report for publish (fault 56)', async () => {
    const gate = new QueueGate({ limit: 1 })
    const reported: ReportedFailure[] = []
    const events = new PluginEvents({ onFailure: (failure) => reported.push(failure) })
    const stage = events.stage({ name: 'busy', rank: 1, gate })
    let calls = 0
    stage.on('x', () => calls++)
    stage.commit()
    gate.close()
    const parked = events.emit('x')
    const { failures, handled } = await events.emit('x')
    expect(handled).toBe(0)
    expect(failures).toEqual([{ plugin: 'busy', error: expect.objectContaining({ code: 'CFP_PLUGIN_BUSY' }) }])
    events.publish('x')
    await until(() => reported.length > 0)
    expect(reported[0]).toMatchObject({ event: 'x', plugin: 'busy', error: { code: 'CFP_PLUGIN_BUSY' } })
    gate.open()
    await parked
    expect(calls).toBe(1)
  })

  it('that is refused after it was parked is a failure, and never delivered', async () => {
    const { gate, events, generation } = reloadable()
    const [stage] = generation()
    stage.on('x', () => undefined)
    stage.commit()
    gate.close()
    const emitted = events.emit('x')
    const error = new Error('unloaded')
    gate.refuse(error)
    expect(await emitted).toEqual({ event: 'x', handled: 0, failures: [{ plugin: 'reloaded', error }] })
  })

  it('is delivered once to each handler where a handler between them opens the gate', async () => {
    const { gate, events, generation } = reloadable()
    const [stage] = generation()
    const called: string[] = []
    stage.on('x', () => called.push('high'), { priority: 'high' })
    stage.on('x', () => called.push('low'), { priority: 'low' })
    stage.commit()
    events.on('x', () => gate.open())
    gate.close()
    expect((await events.emit('x')).handled).toBe(3)
    expect(called).toEqual(['high', 'low'])
  })

  it('is delivered once by a gate that replays it twice, and not at all by one that refused it first', async () => {
    const events = new PluginEvents()
    const delivers: (() => unknown)[] = []
    const refusal = new Error('refused')
    let answer: Promise<unknown> = Promise.resolve()
    const gate = {
      closed: true,
      enter: () => undefined,
      leave: () => undefined,
      park: (deliver: () => unknown) => {
        delivers.push(deliver)
        return answer
      },
    }
    const stage = events.stage({ name: 'x', rank: 1, gate })
    let calls = 0
    stage.on('x', () => calls++)
    stage.commit()
    const emitted = events.emit('x')
    for (const deliver of [...delivers, ...delivers]) deliver()
    expect((await emitted).handled).toBe(1)
    answer = Promise.reject(refusal)
    expect((await events.emit('x')).failures).toEqual([{ plugin: 'x', error: refusal }])
    for (const deliver of delivers) deliver()
    expect(calls).toBe(1)
  })

  it('passes a closed gate where the gate waits for its very emitter', async () => {
    const gate = new QueueGate({ admitted: ['reloaded'] })
    const events = new PluginEvents()
    const stage = events.stage({ name: 'reloaded', rank: 1, gate })
    const seen: unknown[] = []
    stage.on('x', (payload) => seen.push(payload))
    stage.commit()
    gate.close()
    await events.emit('x', 'own', { source: 'reloaded' })
    const other = events.emit('x', 'other', { source: 'other' })
    expect([seen, gate.parked]).toEqual([['own'], 1])
    gate.open()
    await other
  })

  it('reaches a subscriber exactly once and in order, over any sequence of emits, reloads and rollbacks', async () => {
    const command = fc.constantFrom('emit', 'emit', 'publish', 'close', 'open', 'reload', 'rollback')
    let parkedInAll = 0
    await fc.assert(
      fc.asyncProperty(fc.array(command, { maxLength: 40 }), async (commands) => {
        const { gate, events, reported, generation } = reloadable()
        const seen: [generation: number, payload: unknown][] = []
        let count = 0
        const create = () => {
          const number = count++
          const [stage] = generation()
          // Sync and async by turns, since the two take different ways through a dispatch.
          stage.on('x', (payload) => {
            seen.push([number, payload])
            return number % 2 === 0 ? undefined : Promise.resolve()
          })
          return { number, stage }
        }
        let serving = create()
        serving.stage.commit()
        const emits: Promise<unknown>[] = []
        const expected: unknown[] = []
        const swap = () => {
          const next = create()
          serving.stage.withdraw()
          next.stage.commit()
          serving.stage.discard()
          serving = next
        }
        for (const step of commands) {
          if (step === 'emit') emits.push(events.emit('x', expected.push(expected.length) - 1))
          else if (step === 'publish') events.publish('x', expected.push(expected.length) - 1)
          else if (step === 'close') gate.close()
          else if (step === 'open') gate.open()
          else {
            gate.close()
            if (step === 'reload') swap()
          }
          parkedInAll += gate.parked
        }
        gate.open()
        await Promise.all(emits)
        await until(() => seen.length >= expected.length)
        expect(seen.map(([, payload]) => payload)).toEqual(expected)
        // Never back to a generation that is gone.
        expect(seen.map(([number]) => number)).toEqual(seen.map(([number]) => number).sort((a, b) => a - b))
        expect([gate.inFlight, reported]).toEqual([0, []])
      }),
      { numRuns: 200 },
    )
    expect(parkedInAll).toBeGreaterThan(100)
  })
})

it.each(['an event', 'a hook'])(
  '%s is replayed in the async context of who sent it, not of who opened the gate',
  async (what) => {
    const { gate, events, hooks, generation } = reloadable()
    const storage = new AsyncLocalStorage<string>()
    const [onEvent, onHook] = generation()
    const seen: unknown[] = []
    onEvent.on('x', () => seen.push(storage.getStore()))
    onHook.on('x', () => seen.push(storage.getStore()))
    onEvent.commit()
    onHook.commit()
    gate.close()
    const sent = storage.run('sender', () => (what === 'an event' ? events.emit('x') : hooks.call('x')))
    storage.run('opener', () => gate.open())
    await sent
    expect(seen).toEqual(['sender'])
  },
)
