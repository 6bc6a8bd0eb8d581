import { tracingChannel } from 'node:diagnostics_channel'
import { setTimeout as sleep } from 'node:timers/promises'
import { expect, onTestFinished, test } from 'vitest'
import { Metrics, type MetricsOptions } from '../src/index.ts'
import { block, publisher } from './watched.ts'

function counting(options: MetricsOptions = {}) {
  const from = publisher()
  const metrics = new Metrics({ host: from.host, ...options })
  metrics.start()
  onTestFinished(() => metrics.stop())
  return { metrics, from }
}

test('starts and failures are counted, by plugin and in all; a plugin that comes back from a reload has not started', () => {
  const { metrics, from } = counting()
  from.state('auth', 'resolved', 'starting')
  from.state('auth', 'starting', 'active')
  from.state('auth', 'active', 'gating')
  from.state('auth', 'gating', 'committing')
  from.state('auth', 'committing', 'active')
  from.state('db', 'starting', 'failed')
  from.state('db', 'failed', 'starting')
  from.state('db', 'starting', 'failed')
  from.state('gone', 'active', 'resolved')
  const { starts, failures, states, plugins } = metrics.snapshot()
  expect({ starts, failures, states }).toEqual({ starts: 1, failures: 2, states: { active: 1, failed: 1 } })
  expect(plugins.auth).toMatchObject({ starts: 1, failures: 0 })
  expect(plugins.db).toMatchObject({ starts: 0, failures: 2 })
})

test('handlers are told apart by kind, name and plugin, with what became of their calls', () => {
  const { metrics, from } = counting()
  for (let call = 0; call < 98; call++) from.handler({ durationMs: 10, syncMs: 0.5 })
  from.handler({ outcome: 'failed', durationMs: 20, error: new Error('no') })
  from.handler({ outcome: 'timeout', durationMs: 1000, syncMs: 0.5 })
  from.handler({ outcome: 'skipped', durationMs: 0, syncMs: 0 })
  from.handler({ kind: 'hook', durationMs: 3 })
  from.handler({ plugin: 'log', durationMs: 1 })
  const { handlers, plugins } = metrics.snapshot()
  const [first, ...others] = handlers
  expect(first).toMatchObject({
    kind: 'event',
    name: 'user.login',
    plugin: 'auth',
    calls: 100,
    failed: 1,
    timeouts: 1,
    skipped: 1,
  })
  expect(first?.syncMs).toBeCloseTo(50.5)
  expect(first?.duration).toMatchObject({ count: 100, sumMs: 2000, maxMs: 1000 })
  expect(first?.duration.p50Ms).toBeGreaterThan(9)
  expect(first?.duration.p50Ms).toBeLessThan(11)
  expect(others.map(({ kind, plugin, calls }) => [kind, plugin, calls])).toEqual([
    ['hook', 'auth', 1],
    ['event', 'log', 1],
  ])
  expect(plugins.auth).toMatchObject({ errors: 1, timeouts: 1 })
  expect(plugins.auth?.syncMs).toBeCloseTo(51.5)
  expect(plugins.auth?.syncMaxMs).toBe(1)
})

test('names that requests make up are one after so many, and take no more room', () => {
  const { metrics, from } = counting({ maxNames: 10 })
  for (let at = 0; at < 1000; at++) from.handler({ name: `user.${at}`, plugin: `p${at % 50}` })
  for (let at = 0; at < 5; at++) from.handler({ name: 'user.3', plugin: 'p3' })
  from.handler({ kind: 'hook', name: 'late' })
  const { handlers, plugins } = metrics.snapshot()
  expect(handlers).toHaveLength(12)
  expect(handlers.find(({ name }) => name === 'user.3')?.calls).toBe(6)
  expect(
    handlers.filter(({ name }) => name === 'other').map(({ kind, plugin, calls }) => [kind, plugin, calls]),
  ).toEqual([
    ['event', 'other', 990],
    ['hook', 'other', 1],
  ])
  expect(Object.keys(plugins)).toHaveLength(11)
  expect(plugins.other?.syncMs).toBe(801)
  expect(JSON.parse(JSON.stringify(metrics.snapshot().handlers))).toEqual(handlers)
})

test('reloads are counted by how they ended', () => {
  const { metrics, from } = counting()
  const lists = { members: [], started: [], unloaded: [], rolledBack: [] }
  for (const outcome of ['committed', 'committed', 'rolled-back']) {
    from.reload({ plan: {} })
    from.reload({ report: { outcome, ...lists, durationMs: 100 } })
  }
  const { reloads, reloadDuration } = metrics.snapshot()
  expect(reloads).toEqual({ committed: 2, 'rolled-back': 1 })
  expect(reloadDuration).toMatchObject({ count: 3, sumMs: 300, maxMs: 100 })
})

test('what register, setup and teardown take is known, and what of it kept the event loop', async () => {
  const { metrics, from } = counting()
  const trace = (plugin: string, generation = 1) => ({ host: from.host, plugin, generation })
  const setup = tracingChannel('cf-plugins:setup')
  await setup.tracePromise(async () => {
    block(20)
    await sleep(60)
  }, trace('slow'))
  // One that throws at once never returns: the lifecycle publishes no `end` then.
  const register = tracingChannel('cf-plugins:register')
  const thrown = { ...trace('throws'), error: new Error('no') }
  register.start.publish(thrown)
  block(20)
  register.asyncEnd.publish(thrown)
  const { plugins } = metrics.snapshot()
  expect(plugins.slow?.setup).toMatchObject({ count: 1 })
  const waited = (plugins.slow?.setup.sumMs ?? 0) - (plugins.slow?.syncMs ?? 0)
  expect(waited).toBeGreaterThan(55)
  expect(plugins.slow?.syncMs).toBeGreaterThan(18)
  expect(plugins.throws?.register.count).toBe(1)
  expect(plugins.throws?.syncMaxMs).toBeGreaterThan(18)
})

test('denials and errors left to nobody are counted by plugin', () => {
  const { metrics, from } = counting()
  from.audit({ action: 'access', outcome: 'denied', plugin: 'shop', subject: 'service:db' })
  from.audit({ action: 'stray-error', outcome: 'failed', plugin: 'shop', reason: 'no' })
  from.audit({ action: 'stray-error', outcome: 'failed', plugin: 'shop', reason: 'no' })
  from.audit({ action: 'config.change', outcome: 'done', subject: 'shop' })
  expect(metrics.snapshot().plugins).toMatchObject({ shop: { denied: 1, strayErrors: 2 } })
})

test('a source is asked for states and for what is in flight; what it does not know is left out', () => {
  const source = {
    statuses: () => [
      { plugin: 'auth', state: 'active' },
      { plugin: 'off', state: 'disabled' },
    ],
    inFlight: (plugin: string) => {
      if (plugin !== 'auth') throw new Error('unknown')
      return 3
    },
  }
  const { metrics, from } = counting({ source })
  from.state('auth', 'starting', 'active')
  from.state('gone', 'starting', 'active')
  const { states, plugins } = metrics.snapshot()
  expect(states).toEqual({ active: 1, disabled: 1 })
  expect(plugins.auth).toMatchObject({ inFlight: 3 })
  expect(plugins.gone).not.toHaveProperty('inFlight')
})

test('a block of the event loop shows in the percentiles by time, where percentiles by number would hide it', async () => {
  const { metrics } = counting({ sampleMs: 2 })
  await sleep(800)
  block(400)
  const { eventLoop } = metrics.snapshot()
  expect(eventLoop.maxMs).toBeGreaterThan(350)
  expect(eventLoop.p99Ms).toBeGreaterThan(300)
  expect(eventLoop.utilization).toBeGreaterThan(0.1)
  expect(eventLoop.utilization).toBeLessThanOrEqual(1)
})

test('nothing is counted before the start and after the stop, and a new start begins from nothing', () => {
  const from = publisher()
  const metrics = new Metrics({ host: from.host })
  from.handler({})
  metrics.start()
  metrics.start()
  from.handler({})
  metrics.stop()
  from.handler({})
  expect(metrics.snapshot().handlers[0]?.calls).toBe(1)
  metrics.start()
  expect(metrics.snapshot().handlers).toEqual([])
  metrics.stop()
})

test('a message in another shape than it should have ends nothing, and is told to the log', () => {
  const told: unknown[] = []
  const logger = { debug() {}, info() {}, warn: (details: unknown) => told.push(details), error() {} }
  const { metrics, from } = counting({ logger })
  from.reload({ report: null as never })
  from.handler({})
  expect(told).toHaveLength(1)
  expect(metrics.snapshot().handlers).toHaveLength(1)
})

test.each([{ maxNames: 0 }, { maxNames: 1.5 }, { sampleMs: 0 }])(
  'options that cannot be are refused: %j',
  (options) => {
    expect(() => new Metrics(options)).toThrow(expect.objectContaining({ code: 'CFP_MONITOR_OPTIONS' }))
  },
)
