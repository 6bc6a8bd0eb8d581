// Events that are handled together: when, in which order, and what their emitters are told.
import { setTimeout as sleep } from 'node:timers/promises'
import type { BatchHandler, EventContext } from '@cf-plugins/plugin-api'
import { PluginError } from '@cf-plugins/plugin-api'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { PluginEvents, type ReportedFailure } from '../src/index.ts'
import { QueueGate, reloadable } from './queue-gate.ts'
import { codeOf, deferred, never, until } from './support.ts'

/** Far longer than any test: a batch that is delivered was full, or had to be. */
const LONG = { size: 3, waitMs: 60_000 }

const asEvent = (handler: BatchHandler<never>) => handler as never

describe('a batch', () => {
  it('is delivered when it is full, at once, with what is known of each event', async () => {
    const events = new PluginEvents()
    const seen: unknown[] = []
    const handler = (payloads: readonly number[], contexts: readonly EventContext<number>[]) => {
      seen.push(
        payloads,
        contexts.map(({ event, source, payload }) => [event, source, payload]),
      )
      expect(new Set(contexts.map(({ id }) => id)).size).toBe(3)
    }
    events.on('n.*', handler, { batch: LONG })
    for (const [at, n] of [1, 2, 3, 4].entries()) events.publish(`n.${at}`, n, { source: `plugin-${n}` })
    expect(seen).toEqual([
      [1, 2, 3],
      [
        ['n.0', 'plugin-1', 1],
        ['n.1', 'plugin-2', 2],
        ['n.2', 'plugin-3', 3],
      ],
    ])
  })

  it('is delivered when its first event has waited long enough', async () => {
    const events = new PluginEvents()
    const seen: unknown[] = []
    events.on('n', (payloads: readonly number[]) => seen.push(payloads), { batch: { size: 100, waitMs: 20 } })
    const sinceMs = performance.now()
    events.publish('n', 1)
    const report = await events.emit('n', 2)
    expect(seen).toEqual([[1, 2]])
    expect(performance.now() - sinceMs).toBeGreaterThan(15)
    expect(report).toEqual({ event: 'n', handled: 1, failures: [] })
    await events.emit('n', 3)
    expect(seen).toEqual([[1, 2], [3]])
  })

  it('is awaited by each emit that is in it, handlers of one event among them', async () => {
    const events = new PluginEvents()
    const done = deferred()
    const order: string[] = []
    events.on('n', () => done.promise.then(() => order.push('handled')), { batch: { size: 2, waitMs: 60_000 } })
    events.on('n', (payload) => order.push(`alone ${payload}`))
    const emits = [1, 2].map((n) => events.emit('n', n).then(() => order.push(`emit ${n}`)))
    expect(order).toEqual(['alone 1', 'alone 2'])
    done.resolve()
    await Promise.all(emits)
    expect(order).toEqual(['alone 1', 'alone 2', 'handled', 'emit 1', 'emit 2'])
  })

  it('that fails is told to each emitter that waits, and once to the host where none does', async () => {
    const reported: ReportedFailure[] = []
    const events = new PluginEvents({ onFailure: (failure) => reported.push(failure) })
    const error = new Error('no')
    events.on('n', () => Promise.reject(error), { batch: { size: 2, waitMs: 60_000 } })
    const both = await Promise.all([events.emit('n', 1), events.emit('n', 2)])
    expect(both.map(({ failures }) => failures)).toEqual([[{ plugin: 'host', error }], [{ plugin: 'host', error }]])
    expect(reported).toEqual([])
    events.publish('n', 3)
    events.publish('n', 4)
    await until(() => reported.length > 0)
    expect(reported).toMatchObject([{ event: 'n', plugin: 'host', error }])
    events.publish('n', 5)
    expect((await events.emit('n', 6)).failures).toHaveLength(1)
    expect(reported).toHaveLength(2)
    expect(events.handlers('n')).toMatchObject([{ calls: 3, failures: 3 }])
  })

  it('that hangs is given up, and told by the signal of each event (fault 57)', async () => {
    const events = new PluginEvents()
    const aborted: string[] = []
    const handler: BatchHandler<number> = (_payloads, contexts) => {
      for (const { signal, payload } of contexts) signal.addEventListener('abort', () => aborted.push(`n ${payload}`))
      return never()
    }
    events.on('n', handler, { batch: { size: 2, waitMs: 60_000 }, timeoutMs: 20 })
    const [first] = await Promise.all([events.emit('n', 1), events.emit('n', 2)])
    expect(first?.failures).toMatchObject([{ error: { code: 'CFP_HANDLER_TIMEOUT' } }])
    expect(aborted).toEqual(['n 1', 'n 2'])
  })

  it('keeps an event whose emitter has given up waiting, and tells by its signal', async () => {
    const events = new PluginEvents()
    const seen: unknown[] = []
    const handler: BatchHandler<number> = (payloads, contexts) =>
      seen.push(
        payloads,
        contexts.map(({ signal }) => signal.aborted),
      )
    events.on('n', handler, { batch: { size: 2, waitMs: 60_000 } })
    const controller = new AbortController()
    const emitted = events.emit('n', 1, { signal: controller.signal })
    controller.abort()
    expect(await codeOf(() => emitted)).toBe('CFP_EMIT_ABORTED')
    events.publish('n', 2)
    expect(seen).toEqual([
      [1, 2],
      [true, false],
    ])
  })

  it('tells a handler that runs that the emitter of one of its events has given up', async () => {
    const events = new PluginEvents()
    const done = deferred()
    const aborted: unknown[] = []
    const handler: BatchHandler<number> = (_payloads, contexts) => {
      for (const { signal, payload } of contexts) signal.addEventListener('abort', () => aborted.push(payload))
      return done.promise
    }
    events.on('n', handler, { batch: { size: 2, waitMs: 60_000 } })
    const controller = new AbortController()
    const emits = [events.emit('n', 1, { signal: controller.signal }), events.emit('n', 2)]
    controller.abort()
    expect(await codeOf(() => emits[0])).toBe('CFP_EMIT_ABORTED')
    expect(aborted).toEqual([1])
    done.resolve()
    expect((await emits[1])?.failures).toEqual([])
  })

  it('is tried again, passed over and switched off as a whole', async () => {
    const events = new PluginEvents()
    const seen: unknown[] = []
    let calls = 0
    const flaky = (payloads: readonly number[]) => {
      if (++calls === 1) throw new Error('not yet')
      seen.push(payloads)
    }
    events.on('n', flaky, {
      batch: { size: 2, waitMs: 60_000 },
      retry: { attempts: 2, delayMs: 1 },
      condition: (payloads: readonly number[]) => payloads[0] !== 3,
    })
    await Promise.all([1, 2, 3, 4].map((n) => events.emit('n', n)))
    expect(seen).toEqual([[1, 2]])
    const [{ id } = { id: '' }] = events.handlers('n')
    events.publish('n', 5)
    events.switchOff(id, 'no more')
    events.publish('n', 6)
    expect(seen).toEqual([[1, 2]])
    events.switchOn(id)
    events.publish('n', 7)
    expect(seen).toEqual([
      [1, 2],
      [5, 7],
    ])
  })

  it('is delivered before its handler is taken back', async () => {
    const events = new PluginEvents()
    const seen: unknown[] = []
    const undo = events.on('n', (payloads: readonly number[]) => seen.push(payloads), { batch: LONG })
    const emitted = events.emit('n', 1)
    undo()
    expect(seen).toEqual([[1]])
    expect((await emitted).handled).toBe(1)
    events.publish('n', 2)
    expect(seen).toEqual([[1]])
  })

  it.each([
    ['no size', { waitMs: 1 }],
    ['no time', { size: 1 }],
    ['a size of nothing', { size: 0, waitMs: 1 }],
    ['a time of nothing', { size: 1, waitMs: 0 }],
    ['nothing at all', null],
  ])('of %s is refused', async (_what, batch) => {
    expect(await codeOf(() => new PluginEvents().on('n', () => 0, { batch } as never))).toBe('CFP_HANDLER_INVALID')
  })

  it('is refused for a handler that runs once', async () => {
    const on = () => new PluginEvents().on('n', () => 0, { batch: LONG, once: true })
    expect(await codeOf(on)).toBe('CFP_HANDLER_INVALID')
  })
})

describe('a batch that waits while its plugin is replaced', () => {
  it('goes to the batch handler of the next generation, in order, and each emit waits for it (fault 55)', async () => {
    const { gate, events, generation } = reloadable()
    const [[old], [next]] = [generation(), generation()]
    const seen: unknown[] = []
    old.on(
      'n',
      asEvent(() => seen.push('old')),
      { batch: LONG },
    )
    next.on(
      'n',
      asEvent((payloads: readonly number[]) => seen.push(payloads)),
      { batch: { size: 2, waitMs: 60_000 } },
    )
    old.commit()
    const emits = [events.emit('n', 1)]
    events.publish('n', 2)
    gate.close()
    emits.push(events.emit('n', 3))
    old.withdraw()
    next.commit()
    expect(seen).toEqual([])
    gate.open()
    emits.push(events.emit('n', 4), events.emit('n', 5))
    // What has waited for the reload waits no longer.
    expect(seen).toEqual([[1, 2], [3], [4, 5]])
    expect((await Promise.all(emits)).map(({ handled, failures }) => [handled, failures.length])).toEqual([
      [1, 0],
      [1, 0],
      [1, 0],
      [1, 0],
    ])
    expect(gate.inFlight).toBe(0)
  })

  it('goes to the handler that stands where the old one stood among those of batches', async () => {
    const { gate, events, generation } = reloadable()
    const [[old], [next]] = [generation(), generation()]
    const seen: unknown[] = []
    const note = (name: string) => asEvent((payloads: readonly number[]) => seen.push([name, ...payloads]))
    old.on('n', note('old first'), { batch: { size: 1, waitMs: 60_000 } })
    old.on('n', note('old second'), { batch: LONG })
    old.on('other', note('old other'), { batch: LONG })
    next.on('other', note('other'), { batch: LONG })
    next.on('n', note('alone'))
    next.on('n', note('first'), { batch: LONG })
    next.on('n', note('second'), { batch: LONG })
    old.commit()
    events.publish('n', 1)
    events.publish('other', 2)
    gate.close()
    old.withdraw()
    next.commit()
    gate.open()
    expect(seen).toEqual([
      ['old first', 1],
      ['second', 1],
      ['other', 2],
    ])
  })

  it('stays where it was when the reload is rolled back with the old generation whole (fault 55)', async () => {
    const { gate, events, generation } = reloadable()
    const [old] = generation()
    const seen: unknown[] = []
    old.on(
      'n',
      asEvent((payloads: readonly number[]) => seen.push(payloads)),
      { batch: { size: 100, waitMs: 10 } },
    )
    old.commit()
    const emitted = events.emit('n', 1)
    gate.close()
    // Its time comes while the gate is closed.
    await until(() => gate.parked === 1)
    events.publish('n', 2)
    expect(seen).toEqual([])
    gate.open()
    await emitted
    await until(() => seen.flat().length === 2)
    expect(seen.flat()).toEqual([1, 2])
  })

  it('is delivered meanwhile where the plugin that waits for it is let through', async () => {
    const gate = new QueueGate({ admitted: ['friend'] })
    const events = new PluginEvents()
    const stage = events.stage({ name: 'busy', rank: 1, gate })
    const seen: unknown[] = []
    stage.on(
      'n',
      asEvent((payloads: readonly number[]) => seen.push(payloads)),
      { batch: { size: 100, waitMs: 10 } },
    )
    stage.commit()
    events.publish('n', 1)
    const emitted = events.emit('n', 2, { source: 'friend' })
    gate.close()
    await emitted
    expect(seen).toEqual([[1, 2]])
  })

  it('goes event by event to a handler that takes no batches any more, and to nobody where there is none', async () => {
    const { gate, events, generation } = reloadable()
    const [[old], [next], [last]] = [generation(), generation(), generation()]
    const seen: unknown[] = []
    old.on(
      'n',
      asEvent(() => seen.push('old')),
      { batch: LONG },
    )
    next.on('n', (payload) => seen.push(payload))
    old.commit()
    const emits = [events.emit('n', 1), events.emit('n', 2)]
    gate.close()
    old.withdraw()
    next.commit()
    gate.open()
    await Promise.all(emits)
    expect(seen).toEqual([1, 2])

    last.on(
      'n',
      asEvent(() => seen.push('last')),
      { batch: LONG },
    )
    next.withdraw()
    last.commit()
    const emitted = events.emit('n', 3)
    gate.close()
    last.discard()
    gate.open()
    expect(await emitted).toEqual({ event: 'n', handled: 0, failures: [] })
    expect(seen).toEqual([1, 2])
  })

  it('is kept while the plugin is down, and told to who waits for it', async () => {
    const { gate, events, generation } = reloadable()
    const [[old], [next]] = [generation(), generation()]
    const seen: unknown[] = []
    old.on(
      'n',
      asEvent(() => seen.push('old')),
      { batch: LONG },
    )
    next.on(
      'n',
      asEvent((payloads: readonly number[]) => seen.push(payloads)),
      { batch: LONG },
    )
    old.commit()
    const emitted = events.emit('n', 1)
    gate.close()
    old.discard()
    gate.keep()
    expect((await emitted).failures).toMatchObject([{ plugin: 'reloaded', error: { code: 'CFP_EVENT_KEPT' } }])
    next.commit()
    gate.close()
    gate.open()
    expect(seen).toEqual([[1]])
  })

  it('is told as lost where what waits is thrown away (fault 81)', async () => {
    const { gate, events, reported, generation } = reloadable()
    const [old] = generation()
    old.on(
      'n',
      asEvent(() => undefined),
      { batch: LONG },
    )
    old.commit()
    const emitted = events.emit('n', 1)
    events.publish('n', 2)
    gate.close()
    old.discard()
    gate.refuse(new PluginError('CFP_STOPPED', 'It was stopped.'))
    expect((await emitted).failures).toMatchObject([{ error: { code: 'CFP_STOPPED' } }])
    // Of the one that nobody waits for, the host hears.
    expect(reported).toMatchObject([{ event: 'n', plugin: 'reloaded', error: { code: 'CFP_STOPPED' } }])
  })

  it('waits for room where the gate has none to tell when it opens', async () => {
    const gate = new QueueGate({ limit: 0 })
    const events = new PluginEvents()
    const owner = { name: 'full', rank: 1, gate }
    const [old, next] = [events.stage(owner), events.stage(owner)]
    const seen: unknown[] = []
    old.on(
      'n',
      asEvent(() => seen.push('old')),
      { batch: { size: 100, waitMs: 5 } },
    )
    next.on(
      'n',
      asEvent((payloads: readonly number[]) => seen.push(payloads)),
      { batch: { size: 100, waitMs: 5 } },
    )
    old.commit()
    const emitted = events.emit('n', 1)
    gate.close()
    old.withdraw()
    next.commit()
    gate.open()
    await emitted
    expect(seen).toEqual([[1]])
  })

  it('is refused where the gate has no room for it and nobody takes it over (fault 56)', async () => {
    const gate = new QueueGate({ limit: 0 })
    const events = new PluginEvents()
    const stage = events.stage({ name: 'full', rank: 1, gate })
    stage.on(
      'n',
      asEvent(() => undefined),
      { batch: LONG },
    )
    stage.commit()
    const emitted = events.emit('n', 1)
    gate.close()
    stage.discard()
    expect((await emitted).failures).toMatchObject([{ plugin: 'full', error: { code: 'CFP_PLUGIN_BUSY' } }])
  })

  it('of a stage without a gate is delivered before that is withdrawn', () => {
    const events = new PluginEvents()
    const stage = events.stage({ name: 'free', rank: 1 })
    const seen: unknown[] = []
    stage.on(
      'n',
      asEvent((payloads: readonly number[]) => seen.push(payloads)),
      { batch: LONG },
    )
    stage.commit()
    events.publish('n', 1)
    stage.withdraw()
    expect(seen).toEqual([[1]])
  })

  it('loses, doubles and reorders nothing, whatever happens (faults 55, 81)', async () => {
    const step = fc.constantFrom('emit', 'publish', 'reload', 'roll back', 'switch off and on', 'wait')
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 40 }), fc.integer({ min: 1, max: 5 }), async (steps, size) => {
        const { gate, events, generation } = reloadable()
        const seen: number[] = []
        const open = () => {
          const [stage] = generation()
          stage.on(
            'n',
            asEvent((payloads: readonly number[]) => seen.push(...payloads)),
            { batch: { size, waitMs: 1 } },
          )
          return stage
        }
        let stage = open()
        stage.commit()
        const emits: Promise<unknown>[] = []
        let sent = 0
        const send = (how: string) => {
          if (how === 'emit') emits.push(events.emit('n', sent++))
          else events.publish('n', sent++)
        }
        for (const each of steps) {
          if (each === 'emit' || each === 'publish') send(each)
          else if (each === 'wait') await sleep(2)
          else if (each === 'switch off and on') {
            stage.withdraw()
            stage.commit()
          } else {
            gate.close()
            send('emit')
            if (sent % 2 === 0) await sleep(2)
            if (each === 'reload') {
              const next = open()
              stage.discard()
              next.commit()
              stage = next
            }
            gate.open()
          }
        }
        stage.discard()
        await Promise.all(emits)
        expect(seen).toEqual(Array.from({ length: sent }, (_, n) => n))
        expect(gate.inFlight).toBe(0)
      }),
      { numRuns: 100 },
    )
  })
})
