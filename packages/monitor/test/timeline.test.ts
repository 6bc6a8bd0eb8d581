import { tracingChannel } from 'node:diagnostics_channel'
import { setTimeout as sleep } from 'node:timers/promises'
import { expect, onTestFinished, test } from 'vitest'
import { renderTimeline, Timeline, type TimelineOptions } from '../src/index.ts'
import { block, publisher } from './watched.ts'

function listening(options: TimelineOptions = {}) {
  const from = publisher()
  const timeline = new Timeline({ host: from.host, ...options })
  timeline.start()
  onTestFinished(() => timeline.stop())
  /** Calls a plugin's hook, as the lifecycle does. */
  const call = (
    hook: 'register' | 'setup' | 'teardown',
    plugin: string,
    task: () => Promise<unknown>,
    generation = 1,
  ) =>
    tracingChannel(`cf-plugins:${hook}`)
      .tracePromise(task, { host: from.host, plugin, generation })
      .catch(() => {})
  return { timeline, from, call }
}

test('a start is from its register to the state that it came to, with what its hooks took', async () => {
  const { timeline, from, call } = listening()
  await call('register', 'db', async () => block(20))
  const [underWay] = timeline.report().starts
  expect(underWay).toMatchObject({
    plugin: 'db',
    generation: 1,
    endedMs: undefined,
    setupMs: undefined,
    outcome: undefined,
  })
  await call('setup', 'db', () => sleep(40))
  from.state('db', 'starting', 'active')
  const [start] = timeline.report().starts
  expect(start).toMatchObject({ plugin: 'db', outcome: 'active' })
  expect(start?.registerMs).toBeGreaterThan(19)
  expect(start?.setupMs).toBeGreaterThan(35)
  expect(start?.syncMs).toBeGreaterThan(19)
  const lasted = (start?.endedMs ?? 0) - (start?.startedMs ?? 0)
  expect(lasted - (start?.syncMs ?? 0)).toBeGreaterThan(35)
})

test('one that fails is failed; what the old code does meanwhile is not its', async () => {
  const { timeline, from, call } = listening()
  await call('register', 'db', async () => {}, 2)
  await call('teardown', 'db', async () => block(200), 1)
  await call('setup', 'db', () => Promise.reject(new Error('no')), 2)
  from.state('db', 'starting', 'failed')
  await call('register', 'db', async () => {}, 1)
  await call('register', 'db', async () => {}, 3)
  from.state('db', 'committing', 'active')
  from.state('db', 'active', 'disabled')
  const { starts } = timeline.report()
  expect(starts.map(({ generation, outcome }) => [generation, outcome])).toEqual([
    [2, 'failed'],
    [1, 'replaced'],
    [3, 'active'],
  ])
  expect(starts[0]?.syncMs).toBeLessThan(150)
})

test('as many are kept as were said, the latest', async () => {
  const { timeline, call } = listening({ keep: 3 })
  for (let at = 1; at <= 5; at++) await call('register', `p${at}`, async () => {})
  const { starts, dropped } = timeline.report()
  expect(starts.map(({ plugin }) => plugin)).toEqual(['p3', 'p4', 'p5'])
  expect(dropped).toBe(2)
})

test('another host’s starts are not in it, nor what comes after the stop', async () => {
  const { timeline, from, call } = listening()
  await tracingChannel('cf-plugins:register').tracePromise(async () => {}, {
    ...publisher(),
    plugin: 'x',
    generation: 1,
  })
  await call('register', 'mine', async () => {})
  timeline.stop()
  from.state('mine', 'starting', 'active')
  expect(timeline.report().starts).toEqual([expect.objectContaining({ plugin: 'mine', outcome: undefined })])
})

test('it is rendered plain, each start where it lay, and no name leaves its line', () => {
  const common = { generation: 1, syncMs: 0 }
  const text = renderTimeline(
    {
      since: '2026-01-01T00:00:00.000Z',
      dropped: 0,
      starts: [
        {
          ...common,
          plugin: 'database',
          startedMs: 1000,
          endedMs: 1050,
          registerMs: 0.1,
          setupMs: 49.9,
          outcome: 'active',
        },
        {
          ...common,
          plugin: 'evil\n\u001b[2J',
          startedMs: 1050,
          endedMs: 1100,
          registerMs: 50,
          setupMs: undefined,
          outcome: 'failed',
        },
        {
          ...common,
          plugin: 'slow',
          startedMs: 1090,
          endedMs: undefined,
          registerMs: undefined,
          setupMs: undefined,
          outcome: undefined,
        },
      ],
    },
    { width: 10 },
  )
  expect(text).toBe(
    [
      'database                  0.0 ms      50.0 ms  active     |=====     |  register 0.1 ms, setup 49.9 ms',
      'evil\\u000a\\u001b[2J      50.0 ms      50.0 ms  failed     |     =====|  register 50.0 ms',
      'slow                     90.0 ms               under way  |         =|',
    ].join('\n'),
  )
  expect(renderTimeline({ since: '', starts: [], dropped: 7 })).toBe(
    '(7 earlier ones are not kept)\nNo plugin was started.',
  )
})

test('options that cannot be are refused', () => {
  expect(() => new Timeline({ keep: 0 })).toThrow(expect.objectContaining({ code: 'CFP_MONITOR_OPTIONS' }))
})
