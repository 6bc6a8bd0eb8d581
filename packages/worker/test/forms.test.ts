// Plugins of every form in a thread, over all that happens to a plugin in its life.
import { threadId } from 'node:worker_threads'
import type { InThread, PluginRecord } from '@cf-plugins/plugin-api'
import { describe, expect, it } from 'vitest'
import { inlineRecord, pluginRecord, started } from './plugin-support.ts'
import { type default as Decorated, Title } from './plugins/decorated.ts'

type Remote = InThread<Pick<Decorated, 'seen' | 'thread'>>

const sums = () => inlineRecord({ name: 'sums' }, () => ({ add: (one: number, other: number) => one + other }))

async function decorated(records: readonly PluginRecord[] = []) {
  const configs: Record<string, unknown> = { decorated: { greeting: 'hi' } }
  const host = await started([sums(), await pluginRecord('decorated'), ...records], {
    configOf: (name) => configs[name],
  })
  expect(host.report.failed).toEqual([])
  const service = () => host.lifecycle.service('decorated') as Remote
  return { ...host, service }
}

describe('a class with decorators', () => {
  it('has its services before its setup, and is a service itself', async () => {
    const { service } = await decorated()
    expect(await service().seen()).toEqual(['set up: hi, start'])
    expect(service().thread).not.toBe(threadId)
  })

  it('handles hooks by its methods, and events', async () => {
    const { lifecycle, service } = await decorated()
    expect(await lifecycle.hooks.call('plus', 4)).toEqual([7])
    expect(await lifecycle.hooks.call(Title, 'sum')).toBe('sum 7')
    const { failures } = await lifecycle.events.emit('greet.all', { who: 'you' })
    expect([failures, (await service().seen()).at(-1)]).toEqual([[], ['greet.all', { who: 'you' }, 'host']])
  })

  it('carries its state over a reload, into another thread', async () => {
    const { lifecycle, service } = await decorated()
    await lifecycle.hooks.call('plus', 4)
    const before = service().thread
    const report = await lifecycle.reload({ set: [await pluginRecord('decorated', {}, 2)] })
    expect(report).toMatchObject({ outcome: 'committed', kept: ['decorated'] })
    expect(service().thread).not.toBe(before)
    expect(await service().seen()).toEqual(['set up: hi, reload', ['state', 7, true], 'reloaded'])
    expect(await lifecycle.hooks.call('plus', 0)).toEqual([7])
  })

  it('rests while it is disabled, and goes on', async () => {
    const { lifecycle, service } = await decorated()
    await lifecycle.disable('decorated')
    expect((await lifecycle.events.emit('greet.none')).handled).toBe(0)
    await lifecycle.enable('decorated')
    await lifecycle.events.emit('greet.one')
    expect(await service().seen()).toEqual([
      'set up: hi, start',
      'disabled',
      'enabled',
      ['greet.one', undefined, 'host'],
    ])
  })

  it('is told of another configuration, and keeps the old one where it cannot take that', async () => {
    const { lifecycle, service } = await decorated()
    const changed = await lifecycle.reconfigure(new Map([['decorated', { greeting: 'hello' }]]))
    expect(changed).toMatchObject({ outcome: 'committed', told: ['decorated'] })
    const refused = await lifecycle.reconfigure(new Map([['decorated', { greeting: 'no' }]]))
    expect(refused).toMatchObject({ outcome: 'rolled-back', error: { plugin: 'decorated' } })
    expect(refused.error?.message).toContain('not with me')
    expect((await service().seen()).slice(1)).toEqual(['hi became hello, true', 'no became hello, true'])
  })

  it('says how it is', async () => {
    const { lifecycle } = await decorated()
    const health = await lifecycle.health()
    expect(health.find(({ plugin }) => plugin === 'decorated')).toMatchObject({
      status: 'healthy',
      message: '3 by now',
    })
  })
})

describe('a definition', () => {
  const service = (host: Awaited<ReturnType<typeof started>>) =>
    host.lifecycle.service('defined') as { readonly first: string; all(): Promise<number[]>; kept(): Promise<number> }

  it('offers what its setup returned, and keeps its state over reloads', async () => {
    const host = await started([await pluginRecord('defined')])
    const { lifecycle } = host
    await lifecycle.events.emit('add', 5)
    await lifecycle.events.emit('keep')
    expect([service(host).first, await service(host).all(), await service(host).kept()]).toEqual(['a copy', [5], 1])
    const report = await lifecycle.reload({ set: [await pluginRecord('defined', {}, 2)] })
    expect(report.outcome).toBe('committed')
    expect([await service(host).all(), await service(host).kept()]).toEqual([[5], 1])
  })
})
