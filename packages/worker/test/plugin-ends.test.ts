// Every way in which a plugin's thread ends: who called it is answered in time, and another thread takes its place.
import type { InThread, PluginContext } from '@cf-plugins/plugin-api'
import { describe, expect, it } from 'vitest'
import { inlineRecord, pluginRecord, rejection, started, until } from './plugin-support.ts'
import type { Fragile } from './plugins/fragile.ts'

type Remote = InThread<Pick<Fragile, 'end' | 'thread' | 'count' | 'keep' | 'kept' | 'wait' | 'spin' | 'spinLater'>>

const CALM = { worker: { callMs: 20_000, heapMb: 64 } }

/** Whose calls may take long, unless `callMs` says less. */
async function fragile({
  callMs = 20_000,
  maxEnds = 5,
  app = {},
}: {
  callMs?: number
  maxEnds?: number
  app?: object
} = {}) {
  const meta = { worker: { callMs, heapMb: 64 } }
  const host = await started([await pluginRecord('fragile', meta)], { app, threads: { maxEnds } })
  expect(host.report.failed).toEqual([])
  return { ...host, service: host.lifecycle.service('fragile') as Remote }
}

describe('a call that blocks its thread', () => {
  it.each(['loop', 'regex', 'wait'] as const)(
    '%s: rejects at its deadline, and the thread is replaced (fault 67)',
    async (way) => {
      const { service, lifecycle } = await fragile({ callMs: 300 })
      const before = await service.thread()
      const error = await rejection(service.end(way))
      expect(error).toMatchObject({ code: 'CFP_WORKER_TIMEOUT', plugin: 'fragile' })
      expect(error.message).toContain('end() of its service')
      // Until there is another, calls wait as long as they may.
      await until(async () => (await service.thread().catch(() => before)) !== before)
      expect(lifecycle.status('fragile').state).toBe('active')
    },
  )

  it('execSync that outlives its deadline: the caller is answered in time, and so is the next (fault 68)', async () => {
    const { service } = await fragile({ callMs: 300 })
    const began = performance.now()
    expect(await rejection(service.end('exec'))).toMatchObject({ code: 'CFP_WORKER_TIMEOUT' })
    expect(performance.now() - began).toBeLessThan(1000)
    await until(() => service.thread().catch(() => false))
    // It sleeps for 3 s, and nobody waited for it.
    expect(performance.now() - began).toBeLessThan(2500)
  })

  it('a handler that blocks is a failure of the event that it handles, and the host goes on meanwhile (fault 67)', async () => {
    const { lifecycle } = await fragile({ callMs: 300 })
    let ticks = 0
    const timer = setInterval(() => ticks++, 10)
    const { failures } = await lifecycle.events.emit('end', 'loop')
    clearInterval(timer)
    expect(failures).toMatchObject([{ plugin: 'fragile', error: { code: 'CFP_WORKER_TIMEOUT' } }])
    expect(ticks).toBeGreaterThan(10)
    await until(async () => (await lifecycle.events.emit('add', 1)).failures.length === 0)
  })
})

describe('a call that may take long', () => {
  it.each(['spin', 'spinLater'] as const)('%s: is not ended for others that are late behind it', async (way) => {
    const { service, lifecycle } = await fragile()
    const thread = await service.thread()
    const begun = new Promise((resolve) => lifecycle.events.on('spinning', resolve))
    const spinning = service[way](1_500)
    await begun
    const late = await Promise.all([lifecycle.events.emit('quick'), lifecycle.events.emit('quick')])
    expect(late.flatMap(({ failures }) => failures)).toMatchObject(
      Array(2).fill({ plugin: 'fragile', error: { code: 'CFP_WORKER_TIMEOUT' } }),
    )
    expect(await spinning).toBe(thread)
    expect(await service.thread()).toBe(thread)
  })
})

describe('a thread that ends', () => {
  it('out of memory: the call says so, the host lives, and another thread takes its place (fault 69)', async () => {
    const { service, entries } = await fragile()
    expect(await rejection(service.end('memory'))).toMatchObject({
      code: 'CFP_WORKER_OUT_OF_MEMORY',
      plugin: 'fragile',
    })
    expect(await service.count()).toBe(0)
    expect(entries.filter(({ level }) => level === 'warn').map(({ message }) => message)).toContainEqual(
      expect.stringContaining('The thread of plugin "fragile" ended, and another takes its place'),
    )
  })

  it.each([
    ['exit', 'exited with code 3'],
    ['throw', 'nobody caught this'],
    ['reject', 'nobody took this'],
  ] as const)('%s: calls in flight reject with why, later ones are answered (fault 70)', async (way, why) => {
    const { service } = await fragile()
    const others = [rejection(service.wait(10_000)), rejection(service.wait(10_000))]
    const errors = [await rejection(service.end(way)), ...(await Promise.all(others))]
    for (const error of errors) {
      expect(error).toMatchObject({ code: 'CFP_WORKER_ENDED', plugin: 'fragile' })
      expect(error.message).toContain(why)
    }
    expect(await service.count()).toBe(0)
  })

  it('is replaced though nobody calls it', async () => {
    const { service, lifecycle, entries } = await fragile()
    await rejection(service.end('exit'))
    await until(() => entries.some(({ message }) => message.includes('another takes its place')))
    const report = await lifecycle.events.emit('add', 2)
    expect(report).toMatchObject({ handled: 1, failures: [] })
  })
})

describe('the thread that takes its place', () => {
  it('has the state that the plugin was last given, and what context.state keeps', async () => {
    const { service, lifecycle } = await fragile()
    await lifecycle.events.emit('add', 7)
    await service.keep()
    const again = await lifecycle.reload({ set: [await pluginRecord('fragile', CALM, 2)] })
    expect(again.outcome).toBe('committed')
    const reloaded = lifecycle.service('fragile') as Remote
    await lifecycle.events.emit('add', 5)
    expect(await reloaded.count()).toBe(12)
    await rejection(reloaded.end('exit'))
    // The 5 were lost with their thread.
    expect(await reloaded.count()).toBe(7)
    expect(await reloaded.kept()).toBe(1)
  })

  it('stands where its predecessor stood among the handlers of others, and is there once', async () => {
    const order: unknown[] = []
    const handlers = (name: string) =>
      inlineRecord({ name }, (_app: unknown, { hooks }: PluginContext) => {
        hooks.on('who', () => order.push(name))
        return {}
      })
    const { lifecycle } = await started([handlers('a'), await pluginRecord('fragile', CALM), handlers('z')])
    const service = lifecycle.service('fragile') as Remote
    const [, before] = await lifecycle.hooks.call('who')
    await rejection(service.end('exit'))
    const results = await lifecycle.hooks.call('who')
    expect(results).toEqual([3, expect.any(Number), 4])
    expect(results[1]).not.toBe(before)
    expect(await lifecycle.pipelines.get<number>('sum').run(1)).toBe(2)
  })

  it('listens, ticks and watches in its place, each once', async () => {
    const { service, lifecycle } = await fragile()
    const heard: Record<string, unknown[]> = { listened: [], watched: [], tick: [] }
    for (const [event, of] of Object.entries(heard)) lifecycle.events.on(event, (told) => void of.push(told))
    const before = await service.thread()
    await until(() => heard.tick?.includes(before))
    await rejection(service.end('exit'))
    const thread = await service.thread()
    for (const of of Object.values(heard)) of.length = 0
    await lifecycle.events.emit('ping')
    await service.keep()
    await until(() => (heard.tick?.length ?? 0) >= 3 && heard.listened?.length && heard.watched?.length)
    expect(heard).toMatchObject({ listened: [thread], watched: [[thread, 1]] })
    expect(new Set(heard.tick)).toEqual(new Set([thread]))
  })

  it('handles once more what was in flight and may be, and only that', async () => {
    const { service, lifecycle } = await fragile()
    const again = lifecycle.events.emit('slow', 200)
    const once = lifecycle.events.emit('slow.once', 200)
    await rejection(service.end('exit'))
    expect((await again).failures).toEqual([])
    expect((await once).failures).toMatchObject([{ error: { code: 'CFP_WORKER_ENDED' } }])
  })

  it('answers what was called while it started, in order', async () => {
    const { service, lifecycle } = await fragile()
    await rejection(service.end('exit'))
    const counter = lifecycle.service('counter') as InThread<{ next(): number }>
    expect(await Promise.all([counter.next(), counter.next(), counter.next()])).toEqual([1, 2, 3])
  })
})

describe('a plugin whose threads keep ending', () => {
  it('is switched off, and works again once it is enabled', async () => {
    const { service, lifecycle } = await fragile({ maxEnds: 2 })
    for (let time = 0; time < 3; time++) await rejection(service.end('exit'))
    await until(() => lifecycle.status('fragile').error)
    expect(lifecycle.status('fragile').state).toBe('disabled')
    expect(lifecycle.status('fragile').error).toMatchObject({ code: 'CFP_WORKER_UNSTABLE', plugin: 'fragile' })
    expect(await rejection(service.count())).toMatchObject({ code: 'CFP_WORKER_UNSTABLE' })
    await lifecycle.enable('fragile')
    expect(await (lifecycle.service('fragile') as Remote).count()).toBe(0)
    expect((await lifecycle.events.emit('add', 1)).handled).toBe(1)
  })

  it('is healed by the next good save', async () => {
    const { service, lifecycle } = await fragile({ maxEnds: 0 })
    await lifecycle.events.emit('add', 3)
    await rejection(service.end('exit'))
    await until(() => lifecycle.status('fragile').state === 'disabled')
    const { outcome } = await lifecycle.reload({ set: [await pluginRecord('fragile', CALM, 2)] })
    expect(outcome).toBe('committed')
    expect(await (lifecycle.service('fragile') as Remote).count()).toBe(0)
  })

  it('is healed by a save while no other thread can take its place, with the state that it was last given', async () => {
    const app = { isSpoiled: false }
    const { lifecycle } = await fragile({ app })
    await lifecycle.events.emit('add', 3)
    expect((await lifecycle.reload({ set: [await pluginRecord('fragile', CALM, 2)] })).outcome).toBe('committed')
    app.isSpoiled = true
    await rejection((lifecycle.service('fragile') as Remote).end('exit'))
    await until(() => lifecycle.status('fragile').error)
    app.isSpoiled = false
    expect((await lifecycle.reload({ set: [await pluginRecord('fragile', CALM, 3)] })).outcome).toBe('committed')
    expect(await (lifecycle.service('fragile') as Remote).count()).toBe(3)
  })

  it('is switched off too where no other thread can take its place', async () => {
    const app = { isSpoiled: false }
    const { service, lifecycle } = await fragile({ app })
    app.isSpoiled = true
    await rejection(service.end('exit'))
    await until(() => lifecycle.status('fragile').error)
    expect(lifecycle.status('fragile').error?.message).toContain('no other thread could take its place')
  })
})
