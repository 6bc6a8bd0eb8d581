// What a closed gate does to calls of hooks: parked, and answered by the generation that is live by then.
import { describe, expect, it } from 'vitest'
import { PluginHooks } from '../src/index.ts'
import { QueueGate, reloadable } from './queue-gate.ts'
import { codeOf, deferred, never, unhandledDuring, until } from './support.ts'

describe('a hook', () => {
  it('waits at a closed gate, keeps its place in the results, and calls the next generation', async () => {
    const { gate, hooks, generation } = reloadable()
    const [old, next] = [generation()[1], generation()[1]]
    old.on('x', () => 'old')
    next.on('x', () => new Promise((resolve) => setTimeout(() => resolve('new'), 10)))
    next.on('x', () => 'new too')
    old.commit()
    hooks.on('x', () => 'first', { priority: 'high' })
    hooks.on('x', async () => 'last', { priority: 'low' })
    gate.close()
    const called = hooks.call('x')
    await until(() => gate.parked === 1)
    old.withdraw()
    next.commit()
    gate.open()
    expect(await called).toEqual(['first', 'new', 'new too', 'last'])
    expect(gate.inFlight).toBe(0)
  })

  it('that was parked calls each handler once, also one that stands apart from the first', async () => {
    const { gate, hooks, generation } = reloadable()
    const [, stage] = generation()
    stage.on('x', () => 'high', { priority: 'high' })
    stage.on('x', () => 'low', { priority: 'low' })
    stage.commit()
    hooks.on('x', () => 'between')
    gate.close()
    const called = hooks.call('x')
    gate.open()
    expect(await called).toEqual(['high', 'low', 'between'])
  })

  it('is in flight until its handler is done, and enters anew for each', async () => {
    const { gate, hooks, generation } = reloadable()
    const [, stage] = generation()
    const [first, second] = [deferred(), deferred()]
    stage.on('x', () => first.promise)
    stage.on('x', () => second.promise)
    stage.on('x', never, { timeoutMs: 10 })
    stage.commit()
    const called = hooks.call('x')
    expect(gate.inFlight).toBe(1)
    first.resolve()
    await first.promise
    second.resolve()
    expect(await codeOf(() => called)).toBe('CFP_HOOK_FAILED')
    expect(gate.inFlight).toBe(0)
  })

  it('counts a full queue and a failure after the replay among its failures', async () => {
    const gate = new QueueGate({ limit: 1 })
    const hooks = new PluginHooks()
    const stage = hooks.stage({ name: 'busy', rank: 1, gate })
    stage.on('x', () => Promise.reject(new Error('rejected')))
    stage.commit()
    gate.close()
    const parked = hooks.call('x')
    await expect(hooks.call('x')).rejects.toMatchObject({ code: 'CFP_HOOK_FAILED', cause: { code: 'CFP_PLUGIN_BUSY' } })
    gate.open()
    await expect(parked).rejects.toMatchObject({ code: 'CFP_HOOK_FAILED', cause: { message: 'rejected' } })
  })

  it('called with callSync is refused by a closed gate before any handler runs', async () => {
    const { gate, hooks, generation } = reloadable()
    const [, stage] = generation()
    let calls = 0
    hooks.on('x', () => calls++, { priority: 'high' })
    stage.on('x', () => calls++)
    stage.commit()
    expect(hooks.callSync('x')).toEqual([0, 1])
    expect(gate.inFlight).toBe(0)
    gate.close()
    expect(() => hooks.callSync('x')).toThrow(
      expect.objectContaining({ code: 'CFP_PLUGIN_RELOADING', plugin: 'reloaded' }),
    )
    expect(calls).toBe(2)
    gate.open()
  })

  it('called with callSync is answered behind a closed gate while the generation there is whole', () => {
    const { gate, hooks, generation } = reloadable()
    const [, stage] = generation()
    hooks.on('x', () => 'host', { priority: 'high' })
    stage.on('x', () => 'old')
    stage.on('x', () => 'once', { once: true })
    stage.commit()
    gate.close()
    gate.whole = true
    expect(hooks.callSync('x')).toEqual(['host', 'old', 'once'])
    expect(hooks.callSync('x')).toEqual(['host', 'old'])
    expect(gate.inFlight).toBe(0)
    gate.whole = false
    expect(() => hooks.callSync('x')).toThrow(expect.objectContaining({ code: 'CFP_PLUGIN_RELOADING' }))
  })

  it('called with callSync tells of a gate that one of its handlers closed', () => {
    const { gate, hooks, generation } = reloadable()
    const [, stage] = generation()
    hooks.on('x', () => gate.close(), { priority: 'high' })
    stage.on('x', () => undefined)
    stage.commit()
    expect(() => hooks.callSync('x')).toThrow(expect.objectContaining({ code: 'CFP_PLUGIN_RELOADING' }))
  })

  it('passes a closed gate where the gate waits for its very caller', async () => {
    const gate = new QueueGate({ admitted: ['reloaded'] })
    const hooks = new PluginHooks()
    const stage = hooks.stage({ name: 'reloaded', rank: 1, gate })
    stage.on('x', (argument) => argument)
    stage.commit()
    gate.close()
    expect(hooks.callSyncAs('reloaded', 'x', ['sync'])).toEqual(['sync'])
    expect(await hooks.callAs('reloaded', 'x', ['async'])).toEqual(['async'])
  })

  it('leaves no unhandled rejection when a parked call is refused', async () => {
    const { gate, hooks, generation } = reloadable()
    const [, stage] = generation()
    stage.on('x', () => undefined)
    stage.commit()
    gate.close()
    const unhandled = await unhandledDuring(async () => {
      const called = hooks.call('x')
      await until(() => gate.parked === 1)
      gate.refuse(new Error('unloaded'))
      expect(await codeOf(() => called)).toBe('CFP_HOOK_FAILED')
    })
    expect(unhandled).toEqual([])
  })
})
