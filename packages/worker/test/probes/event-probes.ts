// What a plugin finds out about events.
import type { EventContext } from '@cf-plugins/plugin-api'
import { caught, contextFacts, Helper, nothing, type Probes, Sent, thrownBy, told, until } from './probing.ts'

export const EVENT_PROBES: Probes = {
  'what handlers of events are given, and in which order': async ({ on, emit }) => {
    const heard: unknown[] = []
    const hear = (label: string) => (payload: unknown, context: EventContext) =>
      void heard.push([label, payload, contextFacts(context), String((payload as { bytes?: Buffer })?.bytes)])
    on('allowed.order', hear('normal'))
    on('allowed.order', hear('low'), { priority: 'low' })
    on('allowed.order', hear('high'), { priority: 'high' })
    const undo = on('allowed.*', hear('pattern'), { priority: 200 })
    on('allowed.order', hear('once'), { once: true, priority: 150 })
    const first = await emit('allowed.order', {
      deep: [1, { two: 2 }],
      at: new Date(5),
      map: new Map([[1, 2]]),
      bytes: Buffer.from('hello'),
    })
    const second = await emit('allowed.order', undefined, { parent: { id: 'p', event: 'before' } })
    undo()
    return [heard, first, second]
  },

  'handlers that fail, and those that are taken back': async ({ on, emit }) => {
    const undoFailing = on('allowed.fail', () => {
      throw Object.assign(new TypeError('not this one', { cause: new RangeError('too far') }), { code: 'E_OWN', at: 3 })
    })
    on('allowed.fail', async () => {
      throw 'a string'
    })
    const ignored = on('allowed.fail', () => Promise.reject(new Error('ignored')), { ignoreErrors: true })
    const report = await emit('allowed.fail')
    undoFailing()
    undoFailing()
    ignored()
    const after = await emit('allowed.fail')
    const failures = (from: typeof report) => from.failures.map(({ plugin, error }) => [plugin, told(error)])
    return [report.handled, failures(report), after.handled, failures(after)]
  },

  'handlers that are tried again': async ({ on, emit }) => {
    let calls = 0
    on(
      'allowed.retry',
      () => {
        if (++calls < 3) throw new Error('not yet')
      },
      { retry: { attempts: 3, delayMs: 1 } },
    )
    const { handled, failures } = await emit('allowed.retry')
    return [calls, handled, failures]
  },

  'batches of events': async ({ on, emit }) => {
    const batches: unknown[] = []
    on('allowed.batch', (payloads, contexts) => void batches.push([payloads, contexts.map(contextFacts)]), {
      batch: { size: 2, waitMs: 5000 },
    })
    await Promise.all([emit('allowed.batch', 'a'), emit('allowed.batch', 'b')])
    return batches
  },

  'emitting: what is refused, and what is given up': async ({ emit, publish }) => [
    await caught(() => emit('denied.x')),
    thrownBy(() => publish('denied.x')),
    await caught(() => emit('')),
    thrownBy(() => publish('')),
    await caught(() => emit(Sent, { to: 'x' }, { signal: AbortSignal.abort(new Error('changed my mind')) })),
    thrownBy(() => emit('denied.x')),
  ],

  'a signal that an emitter aborts': async ({ on, emit }) => {
    const abort = new AbortController()
    let seen: unknown
    on('allowed.abort', async (_payload, { signal }) => {
      const aborted = new Promise((resolve) => signal.addEventListener('abort', () => resolve(undefined)))
      abort.abort(new Error('enough'))
      await aborted
      seen = [signal.aborted, (signal.reason as Error).message]
    })
    const emitted = await caught(() => emit('allowed.abort', undefined, { signal: abort.signal }))
    await until(() => seen !== undefined)
    return [seen, emitted]
  },

  'events that follow from others': async ({ on, emit, publish }) => {
    const parents: unknown[] = []
    on('allowed.second', (_payload, { parent }) => void parents.push(parent?.event))
    on('allowed.first', async (_payload, context) => {
      publish('allowed.second', undefined, { parent: context })
      await emit('allowed.second', undefined, { parent: context })
    })
    await emit('allowed.first', { run: nothing })
    await until(() => parents.length === 2)
    return [parents, await caught(() => emit('allowed.second', 1, { parent: 'first' } as never))]
  },

  'what others emit': async ({ on, inject }) => {
    const heard: unknown[] = []
    on(Sent, (payload, context) => void heard.push([payload, contextFacts(context)]))
    const report = await inject(Helper).emit('data.sent', { to: 'me' })
    return [heard, report]
  },

  'what it publishes': async ({ on, publish }) => {
    const heard: unknown[] = []
    on('allowed.publish*', (payload) => void heard.push(payload))
    on('allowed.published', (payload) => void heard.push(payload))
    for (let at = 0; at < 5; at++) publish('allowed.published', at)
    publish('allowed.published', 5)
    await until(() => heard.length === 6)
    return heard
  },
}
