import { expect, test } from 'vitest'
import { buildChild, run } from './watched.ts'

interface Found {
  readonly unit: string
  readonly points: Readonly<Record<string, unknown>>
}

test('what is counted are instruments of OpenTelemetry too, with its own SDK as the witness', async () => {
  const script = await buildChild('instruments.ts')
  const printed = await run([process.execPath, script])
  const [found, later, stopped] = JSON.parse(printed) as Record<string, Found>[]
  const units = Object.fromEntries(Object.entries(found ?? {}).map(([name, { unit }]) => [name, unit]))
  expect(units).toEqual({
    'cf_plugins.plugin.starts': '{start}',
    'cf_plugins.plugin.failures': '{failure}',
    'cf_plugins.plugin.errors': '{error}',
    'cf_plugins.plugin.denials': '{denial}',
    'cf_plugins.plugin.event_loop.blocks': '{block}',
    'cf_plugins.plugin.thread.count': '{thread}',
    'cf_plugins.plugin.thread.ends': '{thread}',
    'cf_plugins.plugin.thread.refusals': '{call}',
    'cf_plugins.plugin.thread.call.duration': 's',
    'cf_plugins.plugin.thread.call.wait': 's',
    'cf_plugins.plugin.hook.duration': 's',
    'cf_plugins.handler.duration': 's',
    'cf_plugins.handler.skipped': '{call}',
    'cf_plugins.reload.duration': 's',
    'cf_plugins.plugin.event_loop.time': 's',
    'cf_plugins.plugin.count': '{plugin}',
    'cf_plugins.plugin.in_flight': '{call}',
    'cf_plugins.plugin.parked': '{call}',
    'cf_plugins.event_loop.delay.max': 's',
    'cf_plugins.event_loop.delay.p99': 's',
  })
  const points = (name: string, of = found) => of?.[`cf_plugins.${name}`]?.points ?? {}
  expect(points('plugin.starts')).toEqual({ auth: 1 })
  expect(points('plugin.failures')).toEqual({ auth: 1 })
  expect(points('plugin.errors')).toEqual({ 'auth handler': 1, 'auth timeout': 1, 'auth stray': 1 })
  expect(points('plugin.denials')).toEqual({ auth: 1 })
  expect(points('plugin.event_loop.blocks')).toEqual({ auth: 1 })
  expect(points('plugin.thread.count')).toEqual({ auth: 1 })
  expect(points('plugin.thread.ends')).toEqual({ 'auth crashed': 1 })
  expect(points('plugin.thread.refusals')).toEqual({ auth: 1 })
  expect(points('plugin.thread.call.duration')).toEqual({ 'auth ok': { count: 1, sum: 0.05 } })
  expect(points('plugin.thread.call.wait')).toEqual({ auth: { count: 1, sum: 0.025 } })
  expect(points('plugin.count')).toEqual({ active: 1, disabled: 1 })
  expect(points('plugin.in_flight')).toMatchObject({ auth: 2 })
  expect(points('plugin.parked')).toMatchObject({ auth: 7 })
  expect(points('plugin.hook.duration')).toMatchObject({ 'auth register ok': { count: 1 } })
  expect(points('handler.skipped')).toEqual({ 'auth event user.login': 1 })
  expect(points('handler.duration')).toEqual({
    'auth event user.login ok': { count: 2, sum: 1 },
    'auth event user.login failed': { count: 1, sum: 0.001 },
    'auth event user.login timeout': { count: 1, sum: 0.001 },
    'p0 event made-up-0 ok': { count: 1, sum: 0.001 },
    'other event other ok': { count: 99, sum: expect.closeTo(0.099) },
  })
  expect(points('plugin.event_loop.time').auth).toBeGreaterThan(0.5)
  expect(points('reload.duration')).toEqual({ committed: { count: 1, sum: 0.05 } })
  expect(points('event_loop.delay.max')['']).toBeGreaterThan(0.08)
  // Since the last collection there was no block; and what comes after the stop is not counted.
  expect(points('event_loop.delay.max', later)['']).toBeLessThan(0.08)
  expect(points('handler.duration', stopped)['auth event user.login ok']).toEqual({ count: 2, sum: 1 })
})
