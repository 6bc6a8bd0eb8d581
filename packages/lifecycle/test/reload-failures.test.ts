import type { PluginInstance } from '@cf-plugins/plugin-api'
import { describe, expect, it } from 'vitest'
import type { Lifecycle } from '../src/index.ts'
import { deferred, logTo, never, noting, plugin, rejection, sleep, started, until } from './support.ts'

interface Counter {
  readonly generation: number
  next(): number
}

/** A counter whose state survives, with whatever else its instance should do. */
function counter(generation: number, extra: (nth: number) => PluginInstance = () => ({}), meta = {}) {
  let made = 0
  return plugin(
    {
      name: 'counter',
      timeouts: { setupMs: 20, teardownMs: 20, reloadMs: 20, restoreMs: 20, registerMs: 20 },
      ...meta,
    },
    () => {
      let count = 0
      return {
        generation,
        next: () => ++count,
        getReloadState: () => ({ count }),
        setReloadState: (state: { count: number }) => {
          count = state.count
        },
        ...extra(++made),
      } as never
    },
    { generation },
  )
}

const counterOf = (lifecycle: Lifecycle) => lifecycle.service('counter') as Counter
const boom = () => {
  throw new Error('boom')
}
const reject = () => Promise.reject(new Error('boom'))

describe('a reload whose new code', () => {
  const ways: Record<string, [string, () => PluginInstance]> = {
    'throws in register': ['CFP_REGISTER_FAILED', boom],
    'throws in setup': ['CFP_SETUP_FAILED', () => ({ setup: boom })],
    'rejects in setup': ['CFP_SETUP_FAILED', () => ({ setup: reject })],
    'hangs in setup': ['CFP_SETUP_TIMEOUT', () => ({ setup: never })],
    'throws in setReloadState': ['CFP_STATE_RESTORE_FAILED', () => ({ setReloadState: boom })],
    'hangs in setReloadState': ['CFP_STATE_RESTORE_TIMEOUT', () => ({ setReloadState: never })],
    'throws in onReload': ['CFP_RELOAD_HOOK_FAILED', () => ({ onReload: boom })],
    'hangs in onReload': ['CFP_RELOAD_HOOK_TIMEOUT', () => ({ onReload: never })],
    'throws in health': ['CFP_RELOAD_HOOK_FAILED', () => ({ health: boom })],
    'is unhealthy': ['CFP_UNHEALTHY', () => ({ health: () => ({ status: 'unhealthy', message: 'no disk' }) })],
    'has no health that can be read': ['CFP_HEALTH_INVALID', () => ({ health: () => 'fine' as never })],
  }
  for (const [way, [code, extra]] of Object.entries(ways)) {
    it(`${way} is rolled back: the old code serves, with its state (fault 41)`, async () => {
      const lifecycle = await started([counter(1)])
      expect(counterOf(lifecycle).next()).toBe(1)
      const report = await lifecycle.reload({ set: [counter(2, extra)] })
      expect(report).toMatchObject({
        outcome: 'rolled-back',
        members: ['counter'],
        kept: ['counter'],
        error: { code, plugin: 'counter' },
      })
      expect(lifecycle.status('counter')).toMatchObject({ state: 'active', generation: 1, error: undefined })
      expect(counterOf(lifecycle)).toMatchObject({ generation: 1 })
      expect(counterOf(lifecycle).next()).toBe(2)
      expect((await lifecycle.reload({ set: [counter(3)] })).outcome).toBe('committed')
      expect(counterOf(lifecycle).next()).toBe(3)
    })
  }

  it('is degraded is taken all the same', async () => {
    const lifecycle = await started([counter(1)])
    const degraded = counter(2, () => ({ health: () => ({ status: 'degraded' }) }))
    expect((await lifecycle.reload({ set: [degraded] })).outcome).toBe('committed')
  })

  it('fails is torn down once where its setup began, and releases what it owns', async () => {
    const log: string[] = []
    const lifecycle = await started([plugin({ name: 'a' })])
    const failing = plugin({ name: 'a' }, (_app, { own }) => {
      own(() => void log.push('released'))
      return { setup: () => {}, onReload: boom, teardown: () => void log.push('teardown') }
    })
    await lifecycle.reload({ set: [failing] })
    expect(log).toEqual(['teardown', 'released'])
  })
})

describe('a reload whose old code', () => {
  it('cannot save its state is given up before anything is torn down (fault 48)', async () => {
    const log: string[] = []
    const record = counter(1, () => ({
      getReloadState: () => ({ socket: () => {} }),
      setup: () => {},
      teardown: () => void log.push('teardown'),
    }))
    const lifecycle = await started([record])
    const instance = lifecycle.instance('counter')
    const report = await lifecycle.reload({ set: [counter(2)] })
    expect(report).toMatchObject({ outcome: 'rolled-back', error: { code: 'CFP_STATE_NOT_CLONEABLE' } })
    expect(report.error?.message).toContain('socket')
    expect(lifecycle.instance('counter')).toBe(instance)
    expect(log).toEqual([])
  })

  it('throws in teardown is replaced all the same, and the report says so (fault 38)', async () => {
    const lifecycle = await started([counter(1, () => ({ setup: () => {}, teardown: boom }))])
    const report = await lifecycle.reload({ set: [counter(2)] })
    expect(report).toMatchObject({ outcome: 'committed', problems: [{ code: 'CFP_TEARDOWN_FAILED' }] })
    expect(counterOf(lifecycle).generation).toBe(2)
  })

  it('hangs in teardown twice cannot be replaced a third time, until it has ended (fault 39)', async () => {
    const wakes: (() => void)[] = []
    const hanging = (generation: number) =>
      counter(generation, () => ({
        setup: () => {},
        teardown: () => new Promise<void>((resolve) => void wakes.push(resolve)),
      }))
    const lifecycle = await started([hanging(1)])
    for (const generation of [2, 3]) {
      const report = await lifecycle.reload({ set: [hanging(generation)] })
      expect(report).toMatchObject({ outcome: 'committed', problems: [{ code: 'CFP_TEARDOWN_TIMEOUT' }] })
    }
    expect(await lifecycle.reload({ set: [hanging(4)] })).toMatchObject({
      outcome: 'rolled-back',
      error: { code: 'CFP_RESTART_REQUIRED' },
    })
    expect(lifecycle.status('counter')).toMatchObject({ state: 'active', generation: 3 })
    for (const wake of wakes) wake()
    await sleep(1)
    expect((await lifecycle.reload({ set: [counter(5)] })).outcome).toBe('committed')
  })
})

describe('a reload of a unit', () => {
  it('is rolled back whole when one member fails, each state back, each member made anew once (fault 43)', async () => {
    const log: string[] = []
    const lifecycle = await started([
      counter(1),
      noting(log, { name: 'left', dependencies: ['counter'] }),
      plugin({ name: 'fragile', dependencies: ['counter'] }, (_app, { inject }) => ({
        setup: async () => {
          if ((inject('counter') as Counter).generation === 2) throw new Error('not with that one')
        },
      })),
      noting(log, { name: 'top', dependencies: ['left', 'fragile'] }),
    ])
    counterOf(lifecycle).next()
    log.length = 0
    const report = await lifecycle.reload({ set: [counter(2)] })
    expect(report).toMatchObject({
      outcome: 'rolled-back',
      members: ['counter', 'left', 'fragile', 'top'],
      error: { plugin: 'fragile', code: 'CFP_SETUP_FAILED' },
    })
    expect(lifecycle.statuses().map(({ state, generation }) => `${state} ${generation}`)).toEqual(
      Array(4).fill('active 1'),
    )
    expect(counterOf(lifecycle).next()).toBe(2)
    expect(log.filter((entry) => entry === 'setup top')).toHaveLength(1)
    expect(log.filter((entry) => entry === 'teardown top')).toHaveLength(1)
    expect(log).not.toContain('onReload top')
  })

  it('tells a plugin that came back why it exists', async () => {
    const reasons: string[] = []
    const lifecycle = await started([
      plugin({ name: 'a' }, (_app, { reason }) => {
        reasons.push(reason)
        return {}
      }),
    ])
    await lifecycle.reload({ set: [plugin({ name: 'a' }, boom)] })
    await lifecycle.reload({ restart: ['a'] })
    expect(reasons).toEqual(['start', 'rollback', 'reload'])
  })
})

describe('a rollback that fails', () => {
  it('leaves the plugin failed with its state kept, others alone, and the next good save heals it (fault 42)', async () => {
    const fragile = (nth: number): PluginInstance => (nth > 1 ? { setup: reject } : {})
    const lifecycle = await started([
      counter(1, fragile),
      plugin({ name: 'user', dependencies: ['counter'] }),
      plugin({ name: 'other' }),
    ])
    expect(counterOf(lifecycle).next()).toBe(1)
    const report = await lifecycle.reload({ set: [counter(2, () => ({ setup: boom }))] })
    expect(report).toMatchObject({ outcome: 'failed', error: { code: 'CFP_SETUP_FAILED' } })
    expect(lifecycle.status('counter')).toMatchObject({ state: 'failed', error: { code: 'CFP_ROLLBACK_FAILED' } })
    expect(lifecycle.status('user').state).not.toBe('active')
    expect(lifecycle.status('other').state).toBe('active')
    expect(() => lifecycle.service('counter')).toThrow(expect.objectContaining({ code: 'CFP_NOT_ACTIVE' }))

    const again = await lifecycle.reload({ set: [counter(3, () => ({ setup: boom }))] })
    expect(again.outcome).toBe('failed')
    const healed = await lifecycle.reload({ set: [counter(4)] })
    expect(healed).toMatchObject({ outcome: 'committed', kept: ['counter'] })
    expect(counterOf(lifecycle)).toMatchObject({ generation: 4 })
    expect(counterOf(lifecycle).next()).toBe(2)
    expect(lifecycle.status('user').state).toBe('active')
  })

  it('keeps the state also where the next reload is cancelled before it begins', async () => {
    const lifecycle = await started([counter(1, (nth) => (nth > 1 ? { setup: reject } : {}))])
    counterOf(lifecycle).next()
    await lifecycle.reload({ set: [counter(2, () => ({ setup: boom }))] })
    const hung = counter(3, () => ({ setup: () => sleep(1000) }), { timeouts: {} })
    await lifecycle.reload({ set: [hung], signal: AbortSignal.timeout(10) })
    await lifecycle.reload({ set: [counter(4)] })
    expect(counterOf(lifecycle).next()).toBe(2)
  })

  it('answers what waited with the reason, and what is asked for later too', async () => {
    const fragile = (nth: number): PluginInstance => (nth > 1 ? { setup: reject } : {})
    const lifecycle = await started([counter(1, fragile)])
    const gate = deferred()
    const reload = lifecycle.reload({ set: [counter(2, () => ({ setup: () => gate.promise.then(boom) }))] })
    await until(() => lifecycle.status('counter').state === 'swapping')
    const lease = rejection(lifecycle.use('counter', () => {}))
    gate.resolve()
    await reload
    expect(await lease).toMatchObject({ code: 'CFP_ROLLBACK_FAILED' })
    expect(await rejection(lifecycle.use('counter', () => {}))).toMatchObject({ code: 'CFP_NOT_ACTIVE' })
  })
})

describe('a cancelled reload', () => {
  it('does not wait for a setup that hangs, and the old code serves', async () => {
    const lifecycle = await started([counter(1)])
    counterOf(lifecycle).next()
    const from = performance.now()
    const hung = counter(2, () => ({ setup: never }), { timeouts: {} })
    const report = await lifecycle.reload({ set: [hung], signal: AbortSignal.timeout(20) })
    expect(report).toMatchObject({ outcome: 'rolled-back', error: { code: 'CFP_OPERATION_ABORTED' } })
    expect(performance.now() - from).toBeLessThan(2000)
    expect(counterOf(lifecycle).next()).toBe(2)
  })

  it('leaves no listener on a signal that outlives it', async () => {
    const { signal } = new AbortController()
    let listeners = 0
    const add = signal.addEventListener.bind(signal)
    const remove = signal.removeEventListener.bind(signal)
    signal.addEventListener = (...args: Parameters<typeof add>) => {
      listeners++
      add(...args)
    }
    signal.removeEventListener = (...args: Parameters<typeof remove>) => {
      listeners--
      remove(...args)
    }
    const lifecycle = await started([counter(1)])
    await lifecycle.reload({ restart: ['counter'], signal })
    await lifecycle.enable('counter', { signal })
    await lifecycle.start({ signal })
    expect(listeners).toBeLessThanOrEqual(0)
  })
})

describe('two lifecycles in one process', () => {
  it('do not meet', async () => {
    const record = counter(1)
    const [one, other] = [await started([record]), await started([record])]
    counterOf(one).next()
    await one.reload({ set: [counter(2)] })
    await one.disable('counter')
    expect(other.status('counter')).toMatchObject({ state: 'active', generation: 1 })
    expect(counterOf(other).next()).toBe(1)
  })
})

describe('a keeper of state that is not ours', () => {
  it('is bounded, and what it throws is said to be about the plugin', async () => {
    const entries: string[] = []
    const lifecycle = await started([counter(1, () => ({}), { timeouts: { saveMs: 5 } })], {
      keeper: { save: never, restore: never },
      logger: logTo(entries),
    })
    expect(await lifecycle.reload({ set: [counter(2)] })).toMatchObject({
      outcome: 'rolled-back',
      error: { code: 'CFP_STATE_TIMEOUT', plugin: 'counter' },
    })
    const broken = await started([counter(1)], { keeper: { save: reject, restore: never } })
    expect(await broken.reload({ set: [counter(2)] })).toMatchObject({
      outcome: 'rolled-back',
      error: { code: 'CFP_STATE_FAILED', plugin: 'counter', phase: 'getReloadState' },
    })
  })
})
