// Hooks that keep their calls for handlers that come late.
import { hookRef } from '@cf-plugins/plugin-api'
import { describe, expect, it } from 'vitest'
import { PluginHooks, type ReportedFailure } from '../src/index.ts'
import { QueueGate, reloadable } from './queue-gate.ts'
import { deferred, never, until } from './support.ts'

const Ready = hookRef.series<(port: number) => unknown>('ready', { historic: true })

/** What a plugin's handler of `Ready` was told. */
function listener(hooks: PluginHooks, { name = 'late', gate }: { name?: string; gate?: QueueGate } = {}) {
  const told: number[] = []
  const stage = hooks.stage({ name, rank: 1, gate })
  stage.on(Ready, (port) => told.push(port as number))
  return { told, stage }
}

describe('a historic hook', () => {
  it('tells a late handler what was called before it, in order, once it is live', async () => {
    const hooks = new PluginHooks()
    await hooks.call(Ready, 1)
    hooks.callSync(Ready, 2)
    await hooks.callSettled('ready', 3)
    const { told, stage } = listener(hooks)
    await Promise.resolve()
    expect(told).toEqual([])
    stage.commit()
    await until(() => told.length === 3)
    await hooks.call(Ready, 4)
    expect(told).toEqual([1, 2, 3, 4])
  })

  it('tells a handler of the host too, after it has its undo', async () => {
    const hooks = new PluginHooks()
    await hooks.call(Ready, 1)
    const told: number[] = []
    const undo = hooks.on(Ready, (port) => told.push(port))
    expect(told).toEqual([])
    await until(() => told.length === 1)
    const other = hooks.on(Ready, () => told.push(-1))
    other()
    undo()
    await new Promise((resolve) => setImmediate(resolve))
    expect(told).toEqual([1])
  })

  it('keeps the last 100 calls, or as many as it says', async () => {
    const hooks = new PluginHooks()
    const Last = hookRef.series<(port: number) => unknown>('last', { historic: 2 })
    for (let port = 1; port <= 120; port++) {
      hooks.callSync(Ready, port)
      hooks.callSync(Last, port)
    }
    const last: number[] = []
    hooks.on(Last, (port) => last.push(port))
    const { told, stage } = listener(hooks)
    stage.commit()
    await until(() => told.length === 100 && last.length === 2)
    expect([told[0], told.at(-1), last]).toEqual([21, 120, [119, 120]])
  })

  it('tells each instance once: not again when its plugin was switched off and on, and anew in a reload', async () => {
    const hooks = new PluginHooks()
    await hooks.call(Ready, 1)
    const first = listener(hooks)
    first.stage.commit()
    await until(() => first.told.length === 1)
    first.stage.withdraw()
    await hooks.call(Ready, 2)
    first.stage.commit()
    await hooks.call(Ready, 3)
    expect(first.told).toEqual([1, 3])
    const second = listener(hooks)
    first.stage.withdraw()
    second.stage.commit()
    await until(() => second.told.length === 3)
    expect([first.told, second.told]).toEqual([
      [1, 3],
      [1, 2, 3],
    ])
  })

  it('tells of a call that a reload kept waiting once, and not also from its history', async () => {
    const { gate, hooks } = reloadable()
    const old = listener(hooks, { name: 'reloaded', gate })
    const next = listener(hooks, { name: 'reloaded', gate })
    old.stage.commit()
    await hooks.call(Ready, 1)
    gate.close()
    const called = hooks.call(Ready, 2)
    await until(() => gate.parked === 1)
    old.stage.withdraw()
    next.stage.commit()
    gate.open()
    await called
    await until(() => next.told.length === 2)
    await new Promise((resolve) => setImmediate(resolve))
    expect([old.told, next.told.toSorted()]).toEqual([[1], [1, 2]])
  })

  it('tells a handler that came while a call ran of that call when it is over', async () => {
    const hooks = new PluginHooks()
    const pause = deferred()
    hooks.on(Ready, () => pause.promise)
    const called = hooks.call(Ready, 1)
    const { told, stage } = listener(hooks)
    stage.commit()
    await new Promise((resolve) => setImmediate(resolve))
    expect(told).toEqual([])
    pause.resolve()
    await called
    await until(() => told.length === 1)
    expect(told).toEqual([1])
  })

  it('tells of failures in what it makes up for in the log, waits no longer than a handler may take, and goes on (fault 57)', async () => {
    const reported: ReportedFailure[] = []
    const hooks = new PluginHooks({ onFailure: (failure) => reported.push(failure) })
    for (const port of [1, 2, 3]) await hooks.call(Ready, port)
    const told: number[] = []
    const gate = new QueueGate()
    const stage = hooks.stage({ name: 'bad', rank: 1, gate })
    stage.on(
      Ready,
      ((port: number) => {
        told.push(port)
        if (port === 1) throw new Error('broken')
        return port === 2 ? never() : undefined
      }) as never,
      { timeoutMs: 20 },
    )
    stage.commit()
    await until(() => told.length === 3)
    expect(reported).toEqual([
      { event: 'ready', plugin: 'bad', error: new Error('broken') },
      { event: 'ready', plugin: 'bad', error: expect.objectContaining({ code: 'CFP_HANDLER_TIMEOUT' }) },
    ])
    expect(gate.inFlight).toBe(0)
  })

  it('stops telling a handler that runs once, or is taken back, or whose plugin is gone', async () => {
    const hooks = new PluginHooks()
    for (const port of [1, 2, 3]) await hooks.call(Ready, port)
    const once: number[] = []
    hooks.on(Ready, (port) => once.push(port), { once: true })
    const gone: number[] = []
    const stage = hooks.stage({ name: 'gone', rank: 1 })
    stage.on(Ready, ((port: number) => {
      gone.push(port)
      if (port === 2) stage.discard()
    }) as never)
    stage.commit()
    await until(() => gone.length === 2)
    await new Promise((resolve) => setImmediate(resolve))
    expect([once, gone]).toEqual([[1], [1, 2]])
  })

  it('may be of every kind but one that wraps', async () => {
    const hooks = new PluginHooks()
    const refs = [
      hookRef.parallel<(port: number) => unknown>('parallel', { historic: true }),
      hookRef.waterfall<(port: number) => number>('waterfall', { historic: true }),
      hookRef.bail<(port: number) => number>('bail', { historic: true }),
    ]
    for (const ref of refs) {
      hooks.declare(ref)
      expect([ref.kind, await hooks.call(ref.name, 7)]).toEqual([
        ref.kind,
        ref.kind === 'parallel' ? [] : ref.kind === 'bail' ? undefined : 7,
      ])
      const told: number[] = []
      hooks.on<[number]>(ref.name, (port) => told.push(port))
      await until(() => told.length === 1)
      expect(told).toEqual([7])
    }
  })
})
