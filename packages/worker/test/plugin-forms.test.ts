// Whole plugins in threads, in each form in which they may be written: their life, and what others see of them.
import { threadId } from 'node:worker_threads'
import type { InThread } from '@cf-plugins/plugin-api'
import { describe, expect, it } from 'vitest'
import { type ThreadMessage, workerChannel } from '../src/index.ts'
import { inlineRecord, pluginRecord, rejection, started, until } from './plugin-support.ts'
import type Classy from './plugins/decorated.ts'
import { Around, Title } from './plugins/decorated.ts'
import type { Life } from './plugins/defined.ts'
import type { Fragile } from './plugins/fragile.ts'

const clock = () => {
  const register = () => ({ now: () => 77, zone: 'UTC', wait: () => {} })
  return inlineRecord({ name: 'clock' }, register)
}

async function living(options: Parameters<typeof started>[1] = {}) {
  const host = await started([clock(), await pluginRecord('defined')], {
    configOf: (name) => (name === 'life' ? { depth: 1 } : undefined),
    ...options,
  })
  expect(host.report.failed).toEqual([])
  const said = () =>
    host.entries
      .filter(({ level, message }) => level === 'info' && !message.startsWith('Still'))
      .map(({ message }) => message)
  return { ...host, life: host.lifecycle.service('life') as InThread<Life>, said }
}

describe('a definition in a thread', () => {
  it('offers what its setup returned, awaited, and runs in a thread of its own', async () => {
    const { life, lifecycle, said } = await living()
    expect(said()).toEqual(['setup at 77 in UTC with {"depth":1}'])
    expect(await life.add(2)).toBe(2)
    expect(await life.where()).not.toBe(threadId)
    expect(await lifecycle.hooks.call('where')).toEqual([await life.where()])
    const greeter = lifecycle.service('greeter') as InThread<{ greet(name: string): string }>
    expect(await greeter.greet('Ada')).toBe('hello Ada')
    const { greet } = greeter
    expect(await greet('Bob')).toBe('hello Bob')
  })

  it('hears events by handleEvent, and tells how it is', async () => {
    const { life, lifecycle, said } = await living()
    await lifecycle.events.emit('life.begins', 'today')
    expect(said()).toContain('heard life.begins of host: today')
    expect(await lifecycle.health('life')).toMatchObject({ status: 'healthy', message: '0' })
    await life.add(6)
    expect(await lifecycle.health('life')).toMatchObject({ status: 'degraded', message: '6' })
  })

  it('keeps its state over a reload, and what others hold of the old one is told that it is gone', async () => {
    const { life, lifecycle, said } = await living()
    await life.add(4)
    const { outcome } = await lifecycle.reload({ set: [await pluginRecord('defined', {}, 2)] })
    expect(outcome).toBe('committed')
    const next = lifecycle.service('life') as InThread<Life>
    expect(await next.add(1)).toBe(5)
    expect(await rejection(life.add(1))).toMatchObject({ code: 'CFP_WORKER_ENDED', plugin: 'life' })
    expect(said().slice(1, 4)).toEqual(['aborted', 'teardown', 'released'])
  })

  it('is told of a new configuration; one that it cannot bear is taken back there, too', async () => {
    const { life, lifecycle } = await living()
    expect(await lifecycle.reconfigure(new Map([['life', { depth: 2 }]]))).toMatchObject({ told: ['life'] })
    expect(await life.config()).toEqual({ depth: 2 })
    const { outcome, error } = await lifecycle.reconfigure(new Map([['life', { fails: true }]]))
    expect(outcome).toBe('rolled-back')
    expect(error).toMatchObject({ code: 'CFP_CONFIG_CHANGE_FAILED', plugin: 'life' })
    expect(await life.config()).toEqual({ depth: 2 })
  })

  it('rests while it is disabled, and goes on with the same instance', async () => {
    const { life, lifecycle } = await living()
    const where = await life.where()
    await life.add(3)
    await lifecycle.disable('life')
    expect(await lifecycle.hooks.call('where')).toEqual([])
    await lifecycle.enable('life')
    expect(await lifecycle.hooks.call('where')).toEqual([where])
    expect(await (lifecycle.service('life') as InThread<Life>).add(1)).toBe(4)
  })

  it('throws errors that are what they were there', async () => {
    const { life } = await living()
    const error = (await rejection(life.fail())) as RangeError & { at: number }
    expect(error).toBeInstanceOf(RangeError)
    expect(error).toMatchObject({ message: 'too far', code: 'E_FAR', at: 7, cause: new Error('because') })
    expect(error.stack).toContain('defined.ts')
  })

  it('is told where in a result something is that cannot be cloned (fault 71)', async () => {
    const { life } = await living()
    const error = await rejection(life.give())
    expect(error).toMatchObject({ code: 'CFP_WORKER_NOT_CLONEABLE', plugin: 'life' })
    expect(error.message).toContain('give() of its service')
    expect(error.message).toContain('result.list[0].port')
    expect(await life.add(1)).toBe(1)
  })

  it('is told where in an argument something is that cannot be cloned (fault 71)', async () => {
    const { lifecycle, life } = await living()
    const { message } = await rejection(life.add(Symbol('one') as never))
    expect(message).toContain('add() of its service: argument 1 is a symbol')
    const { failures } = await lifecycle.events.emit('life.new', { options: { key: Symbol('key') } })
    expect(failures).toMatchObject([{ plugin: 'life', error: { code: 'CFP_WORKER_NOT_CLONEABLE' } }])
    expect(String(failures[0]?.error)).toContain('handleEvent() of "life.new": argument 1.options.key is a symbol')
  })

  it('calls functions that it is given, as long as the call lasts', async () => {
    const { life } = await living()
    const parts: number[] = []
    expect(await life.take({ onProgress: (part) => parts.push(part) })).toBe(1)
    const error = await rejection(life.again())
    expect(error.message).toContain('after the call was over that it was an argument of')
    expect(parts).toEqual([0.5])
  })
})

describe('a class with decorators in a thread', () => {
  async function classy() {
    const host = await started([clock(), await pluginRecord('decorated')])
    expect(host.report.failed).toEqual([])
    return { ...host, service: host.lifecycle.service('classy') as InThread<Pick<Classy, 'time' | 'label' | 'where'>> }
  }

  it('has services injected, and offers itself', async () => {
    const { service } = await classy()
    expect(await service.time()).toBe('77 UTC')
    expect(service.label).toBe('a class')
  })

  it('handles hooks by its methods, each as the kind of the hook has it', async () => {
    const { service, lifecycle } = await classy()
    expect(await lifecycle.hooks.call('where')).toEqual([await service.where()])
    expect(await lifecycle.hooks.call(Title, 'a title')).toBe('A TITLE')
    expect(await lifecycle.hooks.call(Around, (value: number) => value * 10, 1)).toBe(40)
  })

  it('has a method that blocks ended at its own deadline (fault 67)', async () => {
    const { lifecycle } = await classy()
    const began = performance.now()
    const error = await rejection(lifecycle.hooks.call('stuck'))
    expect(error).toMatchObject({ plugin: 'classy', cause: { code: 'CFP_WORKER_TIMEOUT' } })
    expect(performance.now() - began).toBeLessThan(2000)
    await until(() => lifecycle.hooks.call('where').catch(() => false))
  })
})

describe('a plugin in a thread that asks for an operation on itself', () => {
  it('is not waited for by that, as no plugin is', async () => {
    const app = { reload: async () => lifecycle.reload({ restart: ['fragile'] }) }
    const { lifecycle } = await started([await pluginRecord('fragile', { worker: { callMs: 10_000 } })], { app })
    const outcomes: unknown[] = []
    lifecycle.events.on('reloaded', ({ outcome }: { outcome: string }) => void outcomes.push(outcome))
    const where = () => lifecycle.use('fragile', (service) => (service as InThread<Pick<Fragile, 'thread'>>).thread())
    const before = await where()
    expect((await lifecycle.events.emit('reload')).failures).toEqual([])
    await until(() => outcomes.length > 0)
    expect(outcomes).toEqual(['accepted'])
    await until(async () => (await where()) !== before)
  })
})

describe('the end of a plugin in a thread', () => {
  it('is the end of its thread', async () => {
    const messages: ThreadMessage[] = []
    const listener = (message: unknown) => void messages.push(message as ThreadMessage)
    workerChannel.subscribe(listener)
    try {
      const { lifecycle, threads } = await living()
      expect(threads.status()).toMatchObject([{ plugin: 'life', threads: 1 }])
      const { problems } = await lifecycle.stop()
      expect(problems).toEqual([])
      expect(threads.status()).toEqual([])
      const calls = messages.filter(({ host, kind }) => host === lifecycle.id && kind === 'call')
      expect(calls.map(({ name, role }) => [name, role])).toEqual([
        ['setup()', 'plugin'],
        ['teardown()', 'plugin'],
        ['what it owns', 'plugin'],
      ])
      const kinds = messages.filter(({ host }) => host === lifecycle.id).map(({ kind }) => kind)
      expect(kinds.filter((kind) => kind !== 'call')).toEqual(['started', 'ended'])
    } finally {
      workerChannel.unsubscribe(listener)
    }
  })

  it('does not wait for a thread that blocks', async () => {
    const { lifecycle } = await started([await pluginRecord('fragile', { timeouts: { teardownMs: 300 } })])
    const service = lifecycle.service('fragile') as InThread<Pick<Fragile, 'end'>>
    const blocked = rejection(service.end('exec'))
    const began = performance.now()
    await lifecycle.stop()
    expect(performance.now() - began).toBeLessThan(2500)
    expect(['CFP_WORKER_ENDED', 'CFP_WORKER_TIMEOUT']).toContain((await blocked).code)
  })

  it('is that of one whose setup blocks, which says what to do (fault 67)', async () => {
    const records = [clock(), await pluginRecord('defined')]
    const { report, threads } = await started(records, {
      configOf: (name) => (name === 'life' ? { blocks: true } : undefined),
      timeouts: { setupMs: 300 },
    })
    expect(report.failed).toMatchObject([
      { plugin: 'life', error: { code: 'CFP_WORKER_TIMEOUT', phase: 'setup', generation: 1 } },
    ])
    expect(report.failed[0]?.error).toHaveProperty('file', expect.stringContaining('defined.ts'))
    expect(String(report.failed[0]?.error)).toContain(
      'setup() took longer than 270 ms in its thread. Raise timeouts.setupMs',
    )
    expect(threads.status()).toEqual([])
  })

  it('is that of one whose register failed, too', async () => {
    const host = await started([await pluginRecord('fragile')], { app: { isSpoiled: true } })
    expect(host.report.failed).toMatchObject([{ plugin: 'fragile', error: { code: 'CFP_REGISTER_FAILED' } }])
    expect(String(host.report.failed[0]?.error)).toContain('spoiled')
    expect(host.threads.status()).toEqual([])
  })
})
