// Handlers that say beside which plugins they run.
import type { HandlerOptions } from '@cf-plugins/plugin-api'
import { describe, expect, it } from 'vitest'
import { PluginEvents, PluginHooks } from '../src/index.ts'
import { reloadable } from './queue-gate.ts'
import { codeOf } from './support.ts'

/** Adds handlers that answer with the names of their plugins, in the order of the list. */
function plugins(hooks: PluginHooks, list: readonly (readonly [string, HandlerOptions?])[], name = 'x') {
  return list.map(([plugin, options], index) => {
    const stage = hooks.stage({ name: plugin, rank: index + 1 })
    stage.commit()
    stage.on(name, () => plugin, options)
    return stage
  })
}

describe('before and after', () => {
  it('hold whatever the priorities, and move who asks', async () => {
    const hooks = new PluginHooks()
    plugins(hooks, [
      ['a', { priority: 'high' }],
      ['late', { priority: 'high', after: ['c', 'nobody'] }],
      ['b'],
      ['c', { priority: 'low' }],
      ['early', { priority: -5, before: 'b' }],
      ['d', { priority: -10 }],
    ])
    expect(await hooks.call('x')).toEqual(['a', 'early', 'b', 'c', 'late', 'd'])
  })

  it('hold for every handler of the other plugin, and when it comes later', async () => {
    const hooks = new PluginHooks()
    plugins(hooks, [['first', { priority: 'low', before: 'other' }]])
    const [other] = plugins(hooks, [['other', { priority: 'high' }]])
    other?.on('x', () => 'other too', { priority: 'low' })
    expect(await hooks.call('x')).toEqual(['first', 'other', 'other too'])
    other?.withdraw()
    expect(await hooks.call('x')).toEqual(['first'])
    other?.commit()
    expect(await hooks.call('x')).toEqual(['first', 'other', 'other too'])
  })

  it('hold through others', async () => {
    const hooks = new PluginHooks()
    plugins(hooks, [
      ['c', { after: 'b', priority: 'high' }],
      ['b', { after: 'a' }],
      ['a', { priority: 'low' }],
    ])
    expect(await hooks.call('x')).toEqual(['a', 'b', 'c'])
  })

  it('hold for events, and among the handlers of a pattern', async () => {
    const events = new PluginEvents()
    const order: string[] = []
    for (const [plugin, name, options] of [
      ['a', 'user.login', { after: 'b' }],
      ['b', 'user.*', {}],
    ] as const) {
      const stage = events.stage({ name: plugin, rank: 1 })
      stage.on(name, () => order.push(plugin), options)
      stage.commit()
    }
    await events.emit('user.login')
    expect(order).toEqual(['b', 'a'])
  })

  it('that close a circle among live handlers are refused where they are registered', async () => {
    const hooks = new PluginHooks()
    const [, b] = plugins(hooks, [['a', { after: 'b' }], ['b']])
    expect(() => b?.on('x', () => 'not added', { after: 'a' })).toThrow(
      expect.objectContaining({
        code: 'CFP_HANDLER_ORDER',
        plugin: 'b',
        message: expect.stringMatching(/"x" after.*"a"/),
      }),
    )
    expect(await hooks.call('x')).toEqual(['b', 'a'])
    hooks.on('x', () => 'host', { after: 'a' })
    expect(await codeOf(() => b?.on('x', () => 'not added', { after: 'host' }))).toBe('CFP_HANDLER_ORDER')
  })

  it('of a staged plugin that close a circle are told to the log once, and the later one does not hold', async () => {
    const told: string[] = []
    const logger = { error: (_details: object, message: string) => told.push(message) }
    const hooks = new PluginHooks({ logger: logger as never })
    plugins(hooks, [['a', { after: 'b' }]])
    const staged = hooks.stage({ name: 'b', rank: 2 })
    staged.on('x', () => 'b', { after: 'a' })
    staged.commit()
    expect(await hooks.call('x')).toEqual(['b', 'a'])
    hooks.on('x', () => 'another')
    expect(told).toEqual([expect.stringContaining('Plugin "b" cannot run its handler of "x" after those of "a"')])
  })

  it('hold in a reload, and no handler is called twice or left out', async () => {
    const { gate, hooks, generation } = reloadable()
    const [old, next] = [generation()[1], generation()[1]]
    for (const [stage, by] of [
      [old, 'old'],
      [next, 'new'],
    ] as const) {
      stage.on('x', () => `${by} low`, { priority: 'low', before: 'other' })
      stage.on('x', () => `${by} high`, { priority: 'high', after: 'other' })
    }
    old.commit()
    let close = true
    const other = hooks.stage({ name: 'other', rank: 2 })
    other.on('x', () => {
      if (close) gate.close()
      return 'other'
    })
    other.commit()
    const called = hooks.call('x')
    close = false
    await Promise.resolve()
    old.withdraw()
    next.commit()
    gate.open()
    expect(await called).toEqual(['old low', 'other', 'new high'])
    expect(await hooks.call('x')).toEqual(['new low', 'other', 'new high'])
  })
})
