// Threads, and who blocks the event loop: real ones, and what is known of them afterwards.
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { Lifecycle } from '@cf-plugins/lifecycle'
import { toPluginRecord } from '@cf-plugins/plugin-api/host'
import { type CodeSource, PluginThreads } from '@cf-plugins/worker'
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest'
import { AuditTrail, Health, Metrics, readAudit, renderTimeline, Timeline } from '../src/index.ts'
import { block as blockInThread } from './plugins/blocking.ts'
import { block, publisher, temporaryFolder } from './watched.ts'

const fileOf = (name: string) => join(import.meta.dirname, 'plugins', `${name}.ts`)

async function recordOf(name: string) {
  const file = fileOf(name)
  return toPluginRecord(await import(file), { file, generation: 1, files: [file] })
}

async function until(condition: () => unknown): Promise<void> {
  const end = performance.now() + 15_000
  while (!(await condition())) {
    if (performance.now() > end) throw new Error(`This never came true: ${condition}`)
    await new Promise((resolve) => setTimeout(resolve, 5))
  }
}

/** What vitest has imported, Node has not: it is asked for here. */
const code: CodeSource = {
  codeOf: ({ source: { file = '' } }) => ({ module: pathToFileURL(file).href, image: undefined }),
  exportNameOf: (_record, exported) => (exported === blockInThread ? 'block' : undefined),
}
const threads = new PluginThreads({ threads: 2, queue: 3, code })
// Long enough that on a busy machine nothing else takes as long.
const lifecycle = new Lifecycle({ app: {}, threads, handlerPolicy: { blockMs: 200 } })
const { id: host } = lifecycle
const timeline = new Timeline({ host })
const metrics = new Metrics({ host, source: lifecycle })

beforeAll(async () => {
  timeline.start()
  metrics.start()
  for (const name of ['blocking', 'in-thread']) lifecycle.registry.add(await recordOf(name))
  const { failed } = await lifecycle.start()
  expect(failed).toEqual([])
})

afterAll(async () => {
  await lifecycle.stop()
  await threads.close(1000)
  metrics.stop()
  timeline.stop()
})

test('the timeline says how long the thread of a plugin took to start, as a part of its register', () => {
  const { starts } = timeline.report()
  const start = starts.find(({ plugin }) => plugin === 'in-thread')
  expect(start?.threadMs).toBeGreaterThan(1)
  expect(start?.registerMs).toBeGreaterThanOrEqual(start?.threadMs as number)
  expect(starts.find(({ plugin }) => plugin === 'blocking')?.threadMs).toBeUndefined()
  expect(renderTimeline(timeline.report())).toMatch(/in-thread .* register \d+\.\d ms \(its thread \d+\.\d ms\), setup/)
})

test('who blocks the event loop is counted by plugin, and health tells it; what blocks in a thread is not', async () => {
  await lifecycle.events.emit('here', 250)
  await lifecycle.events.emit('here', 300)
  await lifecycle.events.emit('there', 250)
  await lifecycle.events.emit('thread.block', 250)
  const { plugins } = metrics.snapshot()
  expect(plugins.blocking?.blocked.count).toBe(2)
  expect(plugins.blocking?.blocked.longestMs).toBeGreaterThanOrEqual(299)
  expect(plugins.blocking?.blocked.totalMs).toBeGreaterThanOrEqual(549)
  expect(plugins['in-thread']?.blocked).toEqual({ count: 0, totalMs: 0, longestMs: 0 })
  const health = await new Health(lifecycle).check()
  expect(health.plugins.blocking).toMatchObject({ status: 'healthy', blocked: { count: 2 } })
  expect(health.plugins.blocking?.blocked?.longestMs).toBeGreaterThanOrEqual(299)
  expect(health.plugins['in-thread']).not.toHaveProperty('blocked')
})

test('threads, their calls and what became of them are counted, a full queue among it', async () => {
  const from = metrics.snapshot().plugins.blocking?.threads
  expect(from).toMatchObject({ refused: 0, failed: 0, calls: { count: 1 } })
  const calls = Array.from({ length: 12 }, () => lifecycle.events.emit('there', 30))
  expect((await new Health(lifecycle).check()).plugins.blocking).toMatchObject({
    status: 'degraded',
    message: 'Its queue for threads is full: further calls of its handlers are refused.',
  })
  const failures = (await Promise.all(calls)).flatMap((report) => report.failures)
  expect(failures.length).toBeGreaterThan(0)
  const all = metrics.snapshot().plugins
  const now = all.blocking?.threads
  expect(now?.running).toBeGreaterThan(0)
  expect((now?.refused ?? 0) - (from?.refused ?? 0)).toBe(failures.length)
  expect((now?.calls.count ?? 0) - (from?.calls.count ?? 0)).toBe(12 - failures.length)
  expect(now?.waits.maxMs).toBeGreaterThan(1)
  expect(all['in-thread']?.threads).toMatchObject({ running: 1, started: 1, terminated: 0 })
  expect(JSON.parse(JSON.stringify(all)).blocking.threads).toEqual(now)
})

test('a plugin whose threads keep ending is degraded, and each end is counted and audited with its reason', async () => {
  const file = join(await temporaryFolder(), 'audit.jsonl')
  const trail = new AuditTrail({ file, host })
  await trail.start()
  onTestFinished(() => trail.stop().then(() => {}))
  const health = () => new Health(lifecycle).check()
  expect((await health()).plugins['in-thread']?.status).toBe('healthy')
  const alive = async () => (lifecycle.service('in-thread') as { alive(): Promise<boolean> }).alive()
  for (let time = 1; time <= 2; time++) {
    const { failures } = await lifecycle.events.emit('thread.block', 5000)
    expect(failures).toMatchObject([{ plugin: 'in-thread', error: { code: expect.stringMatching(/TIMEOUT/) } }])
    await until(() => metrics.snapshot().plugins['in-thread']?.threads?.terminated === time)
    await until(alive)
  }
  expect((await health()).plugins['in-thread']).toMatchObject({
    status: 'degraded',
    state: 'active',
    message: '2 threads of it ended unasked within a minute.',
  })
  expect(metrics.snapshot().plugins['in-thread']?.threads).toMatchObject({ running: 1, started: 3, terminated: 2 })
  await trail.flush()
  const { entries } = await readAudit(file, { action: 'thread.*' })
  expect(entries).toMatchObject([
    {
      action: 'thread.terminated',
      outcome: 'failed',
      plugin: 'in-thread',
      subject: expect.stringMatching(/^thread \d+ of generation 1, its own$/),
      code: 'CFP_WORKER_ENDED',
      reason: expect.stringContaining('thread.block'),
    },
    { action: 'thread.terminated' },
  ])
})

test('a thread that never started is none that runs, and one that crashes is counted as that', () => {
  const from = publisher()
  const counted = new Metrics({ host: from.host })
  counted.start()
  onTestFinished(() => counted.stop())
  from.thread({ kind: 'crashed', threadId: 7 })
  from.thread({ kind: 'started', threadId: 8 })
  from.thread({ kind: 'started', threadId: 9 })
  from.thread({ kind: 'ended', threadId: 9 })
  from.thread({ kind: 'call', durationMs: 5, waitedMs: 2, error: new Error('no') })
  const { threads: told } = counted.snapshot().plugins.auth ?? {}
  expect(told).toMatchObject({ running: 1, started: 2, crashed: 1, terminated: 0, failed: 1 })
  expect([told?.calls.maxMs, told?.waits.maxMs]).toEqual([5, 2])
})

test('the host itself, blocked by nobody’s plugin, blames none', async () => {
  const before = metrics.snapshot().plugins
  block(300)
  await lifecycle.events.emit('nobody listens')
  const counts = (plugins: typeof before) => Object.values(plugins).map(({ blocked }) => blocked.count)
  expect(counts(metrics.snapshot().plugins)).toEqual(counts(before))
})
