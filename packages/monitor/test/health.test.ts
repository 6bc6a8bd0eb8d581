import type { PluginHealth } from '@cf-plugins/plugin-api'
import { PluginError } from '@cf-plugins/plugin-api'
import { expect, test } from 'vitest'
import { Health, type HealthOptions, type HealthSource, type PluginStanding } from '../src/index.ts'

type Answer = PluginHealth | undefined | Promise<PluginHealth>

/** A host whose plugins stand and answer like this. */
function source(
  plugins: readonly (readonly [Partial<PluginStanding> & { plugin: string }, (() => Answer)?])[],
  rest: Partial<HealthSource> = {},
): HealthSource & { asked: string[] } {
  const asked: string[] = []
  return {
    asked,
    statuses: () => plugins.map(([standing]) => ({ state: 'active', ...standing })),
    health: (name) => {
      asked.push(name)
      return plugins.find(([{ plugin }]) => plugin === name)?.[1]?.()
    },
    ...rest,
  }
}

const check = (of: HealthSource, options: HealthOptions = {}) => new Health(of, options).check()
const healthy = () => ({ status: 'healthy' }) as const

test('a host whose plugins are all active and well is healthy, live and ready', async () => {
  const report = await check(source([[{ plugin: 'auth' }, healthy], [{ plugin: 'constructor' }]]))
  expect(report).toEqual({
    status: 'healthy',
    live: true,
    ready: true,
    plugins: { auth: { status: 'healthy', state: 'active' }, constructor: { status: 'healthy', state: 'active' } },
    problems: [],
    checkedAt: expect.stringMatching(/^\d{4}-.*Z$/),
  })
})

test('the worst plugin is the answer, and each says why', async () => {
  const degraded = () => ({ status: 'degraded', message: 'cache is cold' }) as const
  const report = await check(
    source([
      [{ plugin: 'auth' }, healthy],
      [{ plugin: 'cache' }, degraded],
    ]),
  )
  expect(report).toMatchObject({ status: 'degraded', live: true, ready: true })
  expect(report.plugins.cache).toEqual({ status: 'degraded', state: 'active', message: 'cache is cold' })
  const worse = await check(
    source([
      [{ plugin: 'a' }, degraded],
      [{ plugin: 'b' }, () => ({ status: 'unhealthy' })],
    ]),
  )
  expect(worse).toMatchObject({ status: 'unhealthy', live: true, ready: false })
})

test('a plugin whose health() throws, rejects, hangs or answers something else is unhealthy, and its message says so', async () => {
  const { plugins, ready } = await check(
    source([
      [
        { plugin: 'throws' },
        () => {
          throw new Error('no database')
        },
      ],
      [{ plugin: 'rejects' }, () => Promise.reject(new Error('no network'))],
      [{ plugin: 'hangs' }, () => new Promise(() => {})],
      [{ plugin: 'babbles' }, () => ({ status: 'fine' }) as never],
      [{ plugin: 'nulls' }, () => null as never],
    ]),
    { timeoutMs: 50 },
  )
  expect(ready).toBe(false)
  expect(Object.values(plugins).map(({ status, message }) => [status, message])).toEqual([
    ['unhealthy', 'no database'],
    ['unhealthy', 'no network'],
    ['unhealthy', 'It did not say how it is within 50 ms.'],
    ['unhealthy', 'Its health() did not return { status, message? }.'],
    ['unhealthy', 'Its health() did not return { status, message? }.'],
  ])
})

test('plugins are asked side by side: many that hang take no longer than one', async () => {
  const hanging = Array.from(
    { length: 50 },
    (_, at) => [{ plugin: `p${at}` }, () => new Promise<never>(() => {})] as const,
  )
  const from = performance.now()
  await check(source(hanging), { timeoutMs: 100 })
  expect(performance.now() - from).toBeLessThan(1000)
})

test('a plugin that is switched on and not active keeps the host from being ready; only active ones are asked', async () => {
  const failed = { plugin: 'db', state: 'failed', error: new PluginError('CFP_SETUP_FAILED', 'no port') }
  const blocked = { plugin: 'users', state: 'blocked', error: new Error('it needs "db"') }
  const of = source([[failed], [blocked], [{ plugin: 'new', state: 'starting' }], [{ plugin: 'fine' }, healthy]])
  const report = await check(of)
  expect(report).toMatchObject({ status: 'unhealthy', live: true, ready: false })
  expect(report.plugins).toEqual({
    db: { status: 'unhealthy', state: 'failed', message: 'no port' },
    users: { status: 'unhealthy', state: 'blocked', message: 'it needs "db"' },
    new: { status: 'unhealthy', state: 'starting', message: 'It is starting.' },
    fine: { status: 'healthy', state: 'active' },
  })
  expect(of.asked).toEqual(['fine'])
})

test('a plugin that somebody switched off is nobody’s concern', async () => {
  const report = await check(source([[{ plugin: 'off', state: 'disabled' }], [{ plugin: 'on' }, healthy]]))
  expect(report).toMatchObject({ status: 'healthy', ready: true, plugins: { off: { state: 'disabled' } } })
})

test.each(['gating', 'saving', 'swapping', 'committing'])(
  'while a plugin is replaced (%s) the host stays ready',
  async (state) => {
    expect(await check(source([[{ plugin: 'auth', state }]]))).toMatchObject({
      status: 'healthy',
      live: true,
      ready: true,
    })
  },
)

test('a plugin that is replaced at the moment it is asked stays as it was', async () => {
  const gone = () => Promise.reject(new PluginError('CFP_NOT_ACTIVE', 'it is swapping'))
  expect(await check(source([[{ plugin: 'auth' }, gone]]))).toMatchObject({ status: 'healthy', ready: true })
})

test('old code that still runs degrades, and where the lifecycle would make no more of it, only a restart helps', async () => {
  const one = await check(source([[{ plugin: 'auth', zombies: 1 }]]))
  expect(one).toMatchObject({ status: 'degraded', live: true, ready: true })
  const two = await check(source([[{ plugin: 'auth', zombies: 2 }]]))
  expect(two).toMatchObject({ status: 'unhealthy', live: false, ready: false })
  expect(two.plugins.auth?.message).toContain('Restart the process')
})

test('a failed plugin makes the host less than live only where it is said to be critical', async () => {
  const of = source([[{ plugin: 'db', state: 'failed' }]])
  expect((await check(of)).live).toBe(true)
  expect((await check(of, { critical: ['db'] })).live).toBe(false)
  expect((await check(source([[{ plugin: 'db', state: 'blocked' }]]), { critical: ['db'] })).live).toBe(true)
})

test('file watching that polls degrades the host, and a start that has not ended keeps it from being ready', async () => {
  const watcher = { status: 'degraded', message: 'Polled instead of watched: plugins.' } as const
  const polling = await check(source([[{ plugin: 'auth' }]], { watcher }))
  expect(polling).toMatchObject({ status: 'degraded', live: true, ready: true, problems: [watcher.message] })
  const starting = await check(source([], { started: false }))
  expect(starting).toMatchObject({
    status: 'degraded',
    live: true,
    ready: false,
    problems: ['The start has not ended.'],
  })
})

test('a plugin that is orphaned is degraded', async () => {
  const report = await check(source([[{ plugin: 'auth', orphaned: true }, healthy]]))
  expect(report.plugins.auth).toMatchObject({ status: 'degraded', message: expect.stringContaining('file is gone') })
})

test('an event loop that is held for too long is not live', async () => {
  const checking = check(source([]), { loopMs: 50 })
  const until = performance.now() + 100
  while (performance.now() < until);
  const report = await checking
  expect(report).toMatchObject({ status: 'unhealthy', live: false, ready: false })
  expect(report.problems[0]).toMatch(/One turn of the event loop took \d+ ms/)
})

test('whoever asks while it is asked, or soon after, gets the same answer; later there is a new one', async () => {
  const of = source([[{ plugin: 'auth' }, healthy]])
  const health = new Health(of, { cacheMs: 50 })
  const [first, second] = await Promise.all([health.check(), health.check()])
  expect(second).toBe(first)
  expect(await health.check()).toBe(first)
  expect(of.asked).toHaveLength(1)
  await expect.poll(() => health.check()).not.toBe(first)
  expect(of.asked).toHaveLength(2)
})

test('a source that throws makes the check reject, and the next one asks anew', async () => {
  let broken = true
  const health = new Health(
    source([], {
      statuses: () => {
        if (broken) throw new Error('stopped')
        return []
      },
    }),
  )
  await expect(health.check()).rejects.toThrow('stopped')
  broken = false
  expect((await health.check()).status).toBe('healthy')
})

test.each([
  { cacheMs: -1 },
  { timeoutMs: 0 },
  { timeoutMs: 2 ** 31 },
  { loopMs: Number.NaN },
  { critical: 'db' as never },
])('options that cannot be are refused: %j', (options) => {
  expect(() => new Health(source([]), options)).toThrow(expect.objectContaining({ code: 'CFP_MONITOR_OPTIONS' }))
})
