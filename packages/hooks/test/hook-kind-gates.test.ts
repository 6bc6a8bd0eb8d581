// What a reload does to calls of each kind: a handler that is replaced waits in its turn, and its successor takes that turn.
import { hookRef } from '@cf-plugins/plugin-api'
import { describe, expect, it } from 'vitest'
import { PluginHooks } from '../src/index.ts'
import { QueueGate, reloadable } from './queue-gate.ts'
import { codeOf, deferred, until } from './support.ts'

const Title = hookRef.waterfall<(title: string) => string>('title')
const Guard = hookRef.bail<(user: string) => string>('guard')
const Loads = hookRef.parallel<() => string>('loads')
const Fetch = hookRef.wrap<(url: string) => string>('fetch')

/** Two generations: the old one is live, its gate closed, and `swap` puts the other in its place. */
function reloading(register: (stage: ReturnType<ReturnType<typeof reloadable>['generation']>[1], by: string) => void) {
  const { gate, hooks, generation } = reloadable()
  const [old, next] = [generation()[1], generation()[1]]
  register(old, 'old')
  register(next, 'new')
  old.commit()
  gate.close()
  const swap = () => {
    old.withdraw()
    next.commit()
    gate.open()
  }
  return { gate, hooks, swap }
}

describe('while a plugin is replaced', () => {
  it('a waterfall waits in its turn, and goes through the handlers of the next generation (fault 55)', async () => {
    const { gate, hooks, swap } = reloading((stage, by) => {
      stage.on(Title, (title) => `${title} ${by}`)
      stage.on(Title, async (title) => `${title} too`, { priority: 'low' })
    })
    hooks.on(Title, (title) => `${title} first`, { priority: 'high' })
    hooks.on(Title, (title) => `${title} last`, { priority: -1 })
    const called = hooks.call(Title, 'a')
    await until(() => gate.parked === 1)
    swap()
    expect(await called).toBe('a first new too last')
    expect(gate.inFlight).toBe(0)
  })

  it('a bail waits in its turn, and ends where the next generation answers (fault 55)', async () => {
    let calls = 0
    const { gate, hooks, swap } = reloading((stage, by) => stage.on(Guard, () => by))
    hooks.on(Guard, () => undefined, { priority: 'high' })
    hooks.on(
      Guard,
      () => {
        calls++
        return 'host'
      },
      { priority: 'low' },
    )
    const called = hooks.call(Guard, 'ada')
    await until(() => gate.parked === 1)
    swap()
    expect([await called, calls]).toEqual(['new', 0])
  })

  it('a bail that is answered before its turn parks nothing', async () => {
    const { gate, hooks, swap } = reloading((stage, by) => stage.on(Guard, () => by))
    hooks.on(Guard, () => 'host', { priority: 'high' })
    expect([await hooks.call(Guard, 'ada'), gate.parked]).toEqual(['host', 0])
    swap()
  })

  it('a parallel hook calls the others meanwhile, and keeps the place of what waits (fault 55)', async () => {
    const { gate, hooks, swap } = reloading((stage, by) => {
      stage.on(Loads, () => by)
      stage.on(Loads, async () => `${by} too`)
    })
    const called: string[] = []
    hooks.on(Loads, () => 'first', { priority: 'high' })
    const last = () => {
      called.push('last')
      return 'last'
    }
    hooks.on(Loads, last, { priority: 'low' })
    const call = hooks.call(Loads)
    expect([called, gate.parked]).toEqual([['last'], 1])
    swap()
    expect(await call).toEqual(['first', 'new', 'new too', 'last'])
    expect(gate.inFlight).toBe(0)
  })

  it('a hook that wraps waits in its turn, and then goes on inside (fault 55)', async () => {
    const { gate, hooks, swap } = reloading((stage, by) => {
      stage.on(Fetch, (async (next: (url: string) => unknown, url: string) => `${by}(${await next(url)})`) as never)
      stage.on(Fetch, (async (next: (url: string) => unknown, url: string) => `${by}2(${await next(url)})`) as never)
    })
    hooks.on(Fetch, async (next, url) => `outer(${await next(url)})`, { priority: 'high' })
    hooks.on(Fetch, async (next, url) => `inner(${await next(url)})`, { priority: 'low' })
    const called = hooks.call(Fetch, (url) => url, 'x')
    await until(() => gate.parked === 1)
    swap()
    expect(await called).toBe('outer(new(new2(inner(x))))')
    expect(gate.inFlight).toBe(0)
  })

  it('a call that began before goes on with the next generation, each handler once', async () => {
    for (const ref of [Title, Guard, Fetch] as const) {
      const { gate, hooks, generation } = reloadable()
      const [old, next] = [generation()[1], generation()[1]]
      const pause = deferred()
      const isWrap = ref === Fetch
      const answer = (by: string) =>
        isWrap
          ? async (inner: (url: string) => unknown, url: string) => `${by} ${await inner(url)}`
          : (value: string) => `${by} ${value}`
      old.on(ref, answer('old') as never)
      next.on(ref, answer('new') as never)
      old.commit()
      const wait = isWrap
        ? async (inner: (url: string) => unknown, url: string) => {
            await pause.promise
            return inner(url)
          }
        : () => pause.promise
      hooks.on(ref as never, wait as never, { priority: 'high' })
      const called = isWrap ? hooks.call(Fetch, (url) => url, 'x') : hooks.call(ref as typeof Title, 'x')
      old.withdraw()
      next.commit()
      pause.resolve()
      expect([ref.name, await called]).toEqual([ref.name, 'new x'])
      expect(gate.inFlight).toBe(0)
    }
  })

  it('what is refused ends the call by the rules of its kind', async () => {
    for (const [ref, call] of [
      [Title, (hooks: PluginHooks) => hooks.call(Title, 'a')],
      [Guard, (hooks: PluginHooks) => hooks.call(Guard, 'a')],
      [Loads, (hooks: PluginHooks) => hooks.call(Loads)],
      [Fetch, (hooks: PluginHooks) => hooks.call(Fetch, (url) => url, 'x')],
    ] as const) {
      const { gate, hooks, swap } = reloading((stage) => stage.on(ref, () => 'not called'))
      const called = codeOf(() => call(hooks))
      await until(() => gate.parked === 1)
      gate.refuse(new Error('unloaded'))
      expect(await called).toBe('CFP_HOOK_FAILED')
      const settled = hooks.callSettled(ref as typeof Title, ((url: string) => url) as never)
      await until(() => gate.parked === 1)
      gate.refuse(new Error('unloaded'))
      expect((await settled).results).toEqual([
        { plugin: 'reloaded', status: 'rejected', error: new Error('unloaded'), attempts: 0, durationMs: 0 },
      ])
      swap()
    }
  })

  it('callSync is refused, whatever the kind', async () => {
    for (const ref of [Title, Guard, Loads, Fetch] as const) {
      const { hooks, swap } = reloading((stage) => stage.on(ref, () => 'not called'))
      const call = () => hooks.callSync(ref as typeof Title, ((url: string) => url) as never)
      expect(await codeOf(call)).toBe('CFP_PLUGIN_RELOADING')
      swap()
    }
  })

  it('what a handler wraps passes a gate that waits for that very handler (fault 58)', async () => {
    const gate = new QueueGate({ admitted: ['outer'] })
    const outer = new QueueGate()
    const hooks = new PluginHooks()
    const around = hooks.stage({ name: 'outer', rank: 1, gate: outer })
    around.on(Fetch, (async (next: (url: string) => unknown, url: string) => {
      gate.close()
      return `outer(${await next(url)})`
    }) as never)
    around.commit()
    const inside = hooks.stage({ name: 'inside', rank: 2, gate })
    inside.on(Fetch, (async (next: (url: string) => unknown, url: string) => `inside(${await next(url)})`) as never)
    inside.commit()
    expect(await hooks.call(Fetch, (url) => url, 'x')).toBe('outer(inside(x))')
    expect([gate.inFlight, outer.inFlight]).toEqual([0, 0])
  })
})
