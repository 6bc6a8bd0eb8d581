// A stop whenever it comes: each instance torn down once, each event delivered or counted, each hang named, in bounded time.
import { PluginEvents } from '@cf-plugins/hooks'
import type { EmitReport, PluginError } from '@cf-plugins/plugin-api'
import { describe, expect, it } from 'vitest'
import type { LifecycleState } from '../src/index.ts'
import { deferred, logTo, never, noting, plugin, started, until } from './support.ts'

type Hook = 'setup' | 'teardown' | 'getReloadState' | 'setReloadState' | 'onReload' | 'event'

interface Place {
  readonly strategy: 'exclusive' | 'overlap'
  /** Where the reload is when the stop comes: in this hook of this generation, which waits for ever. */
  readonly generation: 1 | 2
  readonly hook: Hook
  readonly state: LifecycleState
  /** What becomes of the events that are sent by then. */
  readonly events: 'delivered' | 'counted'
  readonly outcome: string
}

const PLACES: readonly Place[] = [
  { strategy: 'exclusive', generation: 1, hook: 'event', state: 'gating', events: 'delivered', outcome: 'rolled-back' },
  {
    strategy: 'exclusive',
    generation: 1,
    hook: 'getReloadState',
    state: 'saving',
    events: 'delivered',
    outcome: 'rolled-back',
  },
  { strategy: 'exclusive', generation: 1, hook: 'teardown', state: 'swapping', events: 'counted', outcome: 'failed' },
  { strategy: 'exclusive', generation: 2, hook: 'setup', state: 'swapping', events: 'counted', outcome: 'failed' },
  {
    strategy: 'exclusive',
    generation: 2,
    hook: 'setReloadState',
    state: 'swapping',
    events: 'counted',
    outcome: 'failed',
  },
  { strategy: 'exclusive', generation: 2, hook: 'onReload', state: 'swapping', events: 'counted', outcome: 'failed' },
  { strategy: 'overlap', generation: 2, hook: 'setup', state: 'active', events: 'delivered', outcome: 'rolled-back' },
  { strategy: 'overlap', generation: 1, hook: 'event', state: 'gating', events: 'delivered', outcome: 'rolled-back' },
  {
    strategy: 'overlap',
    generation: 1,
    hook: 'getReloadState',
    state: 'saving',
    events: 'delivered',
    outcome: 'rolled-back',
  },
  {
    strategy: 'overlap',
    generation: 2,
    hook: 'setReloadState',
    state: 'saving',
    events: 'delivered',
    outcome: 'rolled-back',
  },
  {
    strategy: 'overlap',
    generation: 2,
    hook: 'onReload',
    state: 'saving',
    events: 'delivered',
    outcome: 'rolled-back',
  },
  { strategy: 'overlap', generation: 1, hook: 'teardown', state: 'active', events: 'delivered', outcome: 'committed' },
]

describe('a stop in the middle of a reload', () => {
  for (const place of PLACES) {
    const { strategy, generation, hook, state, events, outcome } = place
    it(`(${strategy}, ${hook} of generation ${generation} hangs) leaves nothing behind and loses no event (faults 78, 81)`, async () => {
      const log: string[] = []
      const heard: number[] = []
      const refused: string[] = []
      const bus = new PluginEvents({ onFailure: ({ error }) => refused.push((error as PluginError).code) })
      let isThere = false
      const hung = deferred()
      const record = (number: 1 | 2) => {
        const call = (name: Hook, otherwise?: unknown) => () => {
          log.push(`${name} ${number}`)
          if (hook !== name || generation !== number) return otherwise
          isThere = true
          return never()
        }
        return plugin(
          { name: 'a', reload: { strategy }, timeouts: { teardownMs: 50 } },
          (_app, { on }) => {
            on('tick', (payload) => void heard.push(payload as number))
            on('hang', () => {
              isThere = true
              return hung.promise
            })
            return {
              setup: call('setup'),
              teardown: call('teardown'),
              getReloadState: call('getReloadState', { is: 'state' }),
              setReloadState: call('setReloadState'),
              onReload: call('onReload'),
            } as never
          },
          { generation: number },
        )
      }
      const lifecycle = await started([record(1)], { events: bus })
      const hanging = hook === 'event' ? bus.emit('hang') : undefined
      const reload = lifecycle.reload({ set: [record(2)] })
      await until(() => isThere && lifecycle.status('a').state === state)
      const emits: Promise<EmitReport>[] = [1, 2, 3].map((payload) => bus.emit('tick', payload))
      bus.publish('tick', 4)
      const [report] = await Promise.all([lifecycle.stop({ boundMs: 5000 }), lifecycle.stop()])
      const atStop = [...log]
      hung.resolve()
      await hanging
      expect(await reload).toMatchObject({ outcome })
      expect(log).toEqual(atStop)

      const began = log.filter((entry) => entry.startsWith('setup '))
      const ended = log.filter((entry) => entry.startsWith('teardown '))
      expect(ended.map((entry) => entry.replace('teardown', 'setup')).sort()).toEqual([...began].sort())
      expect(report.hung).toEqual(hook === 'teardown' ? ['a'] : [])
      expect(report.durationMs).toBeLessThan(3000)
      expect(lifecycle.status('a').state).toBe('stopped')
      expect(lifecycle.instance('a')).toBeUndefined()

      const reports = await Promise.all(emits)
      if (events === 'delivered') {
        expect(heard).toEqual([1, 2, 3, 4])
        expect([...report.undelivered]).toEqual([])
        for (const each of reports) expect(each).toMatchObject({ handled: 1, failures: [] })
      } else {
        expect(heard).toEqual([])
        expect([...report.undelivered]).toEqual([['a', 4]])
        for (const each of reports) expect(each.failures).toMatchObject([{ error: { code: 'CFP_STOPPED' } }])
        expect(refused).toEqual(['CFP_STOPPED'])
      }
    })
  }

  it('keeps the state that the old code left, for whoever writes it down', async () => {
    const saved: unknown[] = []
    const lifecycle = await started([
      plugin({ name: 'a' }, () => ({ getReloadState: () => ({ count: 5 }), setReloadState: () => {} })),
    ])
    const reload = lifecycle.reload({
      set: [plugin({ name: 'a' }, () => ({ setup: never, setReloadState: (state) => void saved.push(state) }))],
    })
    await until(() => lifecycle.status('a').state === 'swapping')
    await lifecycle.stop()
    expect(await reload).toMatchObject({ kept: ['a'] })
  })
})

describe('a stop', () => {
  it('tells who listens to stop, lets what is in flight end, and tears down afterwards', async () => {
    const log: string[] = []
    const lifecycle = await started([
      plugin({ name: 'a' }, (_app, { on, signal }) => {
        on('work', async () => {
          await new Promise((resolve) => signal.addEventListener('abort', resolve))
          await new Promise((resolve) => setTimeout(resolve, 5))
          log.push('work ended')
        })
        return { setup: () => {}, teardown: () => void log.push('teardown') }
      }),
    ])
    const work = lifecycle.events.emit('work')
    const { stopped } = await lifecycle.stop()
    expect(log).toEqual(['work ended', 'teardown'])
    expect(stopped).toEqual(['a'])
    expect((await work).failures).toEqual([])
  })

  it('waits for what hangs in flight for a quarter of its bound, in all', async () => {
    const log: string[] = []
    const busy = (name: string, dependencies: string[] = []) =>
      plugin({ name, dependencies }, (_app, { on }) => {
        on('work', never)
        return { setup: () => {}, teardown: () => void log.push(`teardown ${name}`) }
      })
    const lifecycle = await started([busy('a'), busy('b', ['a']), busy('c', ['b'])])
    lifecycle.events.publish('work')
    const { durationMs, hung } = await lifecycle.stop({ boundMs: 2000 })
    expect(log).toEqual(['teardown c', 'teardown b', 'teardown a'])
    expect(hung).toEqual([])
    expect(durationMs).toBeGreaterThanOrEqual(400)
    // Three drains of their own would take three times as long.
    expect(durationMs).toBeLessThan(1400)
  })

  it('names code of an earlier generation that still runs among those that hang (fault 80)', async () => {
    const log: string[] = []
    const lifecycle = await started([
      plugin({ name: 'a', timeouts: { teardownMs: 10 } }, () => ({ setup: () => {}, teardown: never })),
      noting(log, { name: 'b' }),
    ])
    expect((await lifecycle.reload({ set: [plugin({ name: 'a' })] })).outcome).toBe('committed')
    expect(lifecycle.status('a')).toMatchObject({ state: 'active', zombies: 1, orphaned: false })
    expect(lifecycle.explain('a').text).toBe('a is active: an old version of it still runs')
    expect(await lifecycle.stop()).toMatchObject({ hung: ['a'], stopped: expect.arrayContaining(['a', 'b']) })
  })

  it('ends within its bound whatever hangs, and names each (fault 80)', async () => {
    const entries: string[] = []
    const hanging = (name: string, dependencies: string[] = []) =>
      plugin({ name, dependencies, timeouts: { teardownMs: 60_000 } }, () => ({ setup: () => {}, teardown: never }))
    const lifecycle = await started(
      [hanging('a'), hanging('b', ['a']), noting([], { name: 'c', dependencies: ['a'] })],
      { logger: logTo(entries) },
    )
    const { hung, stopped, durationMs } = await lifecycle.stop({ boundMs: 200 })
    expect([...hung].sort()).toEqual(['a', 'b'])
    expect(stopped).toEqual(['c'])
    expect(durationMs).toBeLessThan(1000)
  })
})

describe('a plugin whose file is gone', () => {
  it('says so in its status and its explanation, until it is back or unloaded', async () => {
    const lifecycle = await started([plugin({ name: 'a' }), plugin({ name: 'b', dependencies: ['a'] })])
    lifecycle.setOrphaned('a', true)
    expect(lifecycle.status('a')).toMatchObject({ state: 'active', orphaned: true })
    expect(lifecycle.explain('a').text).toContain('its file is gone')
    await lifecycle.reload({ restart: ['a'] })
    expect(lifecycle.status('a').orphaned).toBe(true)
    await lifecycle.unload('a')
    await lifecycle.add([plugin({ name: 'a' })])
    expect(lifecycle.status('a').orphaned).toBe(false)
  })
})
