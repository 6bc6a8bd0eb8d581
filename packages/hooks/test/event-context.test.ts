// What a handler is told about an event, how an emit is aborted, and what becomes of failures that no caller hears of.
import { AsyncLocalStorage } from 'node:async_hooks'
import type { EventContext, Logger } from '@cf-plugins/plugin-api'
import { describe, expect, it } from 'vitest'
import { PluginEvents, type ReportedFailure } from '../src/index.ts'
import { codeOf, deferred, never, unhandledDuring, until } from './support.ts'

describe('the context', () => {
  it('has an id of its own for each emit, the same for every handler', async () => {
    const events = new PluginEvents()
    const ids: string[] = []
    events.on('x', (_, { id }) => ids.push(id))
    events.on('x', (_, { id }) => ids.push(id), { timeoutMs: 5_000 })
    await events.emit('x')
    await events.emit('x')
    expect(ids[0]).toBe(ids[1])
    expect(ids[2]).toBe(ids[3])
    expect(ids[0]).not.toBe(ids[2])
  })

  it('aborts the signal of who is overdue and of no one else', async () => {
    const events = new PluginEvents()
    const done = deferred()
    const signals: AbortSignal[] = []
    const keepAndWait =
      (promise: Promise<void>) =>
      (_: unknown, { signal }: EventContext) => {
        signals.push(signal)
        return promise
      }
    events.on('x', keepAndWait(never()), { timeoutMs: 10 })
    events.on('x', keepAndWait(done.promise))
    const emitted = events.emit('x')
    const [overdue, running] = signals as [AbortSignal, AbortSignal]
    await until(() => overdue.aborted)
    expect(overdue.reason).toMatchObject({ code: 'CFP_HANDLER_TIMEOUT' })
    expect(running.aborted).toBe(false)
    done.resolve()
    await emitted
  })

  it('has an aborted signal where it is first read after the deadline', async () => {
    const events = new PluginEvents({ timeoutMs: 10 })
    let kept: EventContext | undefined
    events.on('x', (_, context) => {
      kept = context
      return never()
    })
    await events.emit('x')
    expect(kept?.signal.aborted).toBe(true)
  })
})

describe('a signal given to emit', () => {
  it('refuses an emit when it is aborted, before any handler is called', async () => {
    const events = new PluginEvents()
    let calls = 0
    events.on('x', () => calls++)
    const signal = AbortSignal.abort(new Error('why'))
    await expect(events.emit('x', 0, { signal })).rejects.toMatchObject({
      code: 'CFP_EMIT_ABORTED',
      cause: expect.objectContaining({ message: 'why' }),
    })
    expect(await codeOf(() => events.publish('x', 0, { signal }))).toBe('CFP_EMIT_ABORTED')
    expect(calls).toBe(0)
  })

  it('stops the wait, tells the handlers, and reports what they do after that', async () => {
    const reported: ReportedFailure[] = []
    const events = new PluginEvents({ onFailure: (failure) => reported.push(failure) })
    const controller = new AbortController()
    const late = deferred()
    let seen: AbortSignal | undefined
    events.on('x', (_, { signal }) => {
      seen = signal
      return late.promise
    })
    const emitted = events.emit('x', 0, { signal: controller.signal })
    controller.abort(new Error('enough'))
    await expect(emitted).rejects.toMatchObject({ code: 'CFP_EMIT_ABORTED' })
    expect(seen?.aborted).toBe(true)
    expect(reported).toEqual([])
    const error = new Error('late')
    late.reject(error)
    await until(() => reported.length > 0)
    expect(reported).toEqual([{ event: 'x', eventId: expect.any(String), plugin: 'host', error }])
  })

  it('that a handler aborts is seen by the handlers after it, and by the emitter', async () => {
    const events = new PluginEvents()
    const controller = new AbortController()
    let seen: boolean | undefined
    events.on('x', () => controller.abort())
    events.on('x', (_, { signal }) => {
      seen = signal.aborted
      return never()
    })
    expect(await codeOf(() => events.emit('x', 0, { signal: controller.signal }))).toBe('CFP_EMIT_ABORTED')
    expect(seen).toBe(true)
  })
})

describe('publish', () => {
  it('does not wait, and reports failures to onFailure and the logger', async () => {
    const reported: ReportedFailure[] = []
    const logged: unknown[] = []
    const log = (details: unknown, message?: string) => logged.push([details, message])
    const logger: Logger = { debug: log, info: log, warn: log, error: log }
    const events = new PluginEvents({ logger, onFailure: (failure) => reported.push(failure) })
    const [sync, async] = [new Error('sync'), new Error('async')]
    let eventId = ''
    events.on('x', (_payload, { id }) => {
      eventId = id
      throw sync
    })
    events.on('x', () => Promise.reject(async))
    expect(events.publish('x')).toBeUndefined()
    expect(reported).toEqual([{ event: 'x', eventId, plugin: 'host', error: sync }])
    await until(() => reported.length === 2)
    expect(reported[1]).toEqual({ event: 'x', eventId, plugin: 'host', error: async })
    expect(logged).toEqual([
      [{ event: 'x', eventId, plugin: 'host', err: sync }, 'Plugin "host" failed in "x": sync'],
      [{ event: 'x', eventId, plugin: 'host', err: async }, 'Plugin "host" failed in "x": async'],
    ])
  })

  it('is not hurt by an onFailure or a logger that throws or rejects', async () => {
    const broken = () => {
      throw new Error('broken')
    }
    const logger: Logger = { debug: broken, info: broken, warn: broken, error: broken }
    let calls = 0
    const unhandled = await unhandledDuring(async () => {
      for (const onFailure of [broken, () => Promise.reject(new Error('async and broken'))]) {
        const events = new PluginEvents({ logger, onFailure })
        events.on('x', broken)
        events.on('x', () => calls++)
        events.publish('x')
      }
    })
    expect(calls).toBe(2)
    expect(unhandled).toEqual([])
  })

  it('refuses a name that is none', async () => {
    const events = new PluginEvents()
    expect(await codeOf(() => events.publish(''))).toBe('CFP_HANDLER_INVALID')
    expect(await codeOf(() => events.emit(undefined as unknown as string))).toBe('CFP_HANDLER_INVALID')
    expect(await codeOf(() => events.emit('x', 0, { timeoutMs: -1 }))).toBe('CFP_HANDLER_INVALID')
  })
})

it('calls handlers in the async context of whoever emits', async () => {
  const storage = new AsyncLocalStorage<string>()
  const events = new PluginEvents()
  const seen: unknown[] = []
  events.on('x', async () => {
    await null
    seen.push(storage.getStore())
  })
  await Promise.all([storage.run('a', () => events.emit('x')), storage.run('b', () => events.emit('x'))])
  expect(seen).toEqual(['a', 'b'])
})
