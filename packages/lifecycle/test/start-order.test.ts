import { describe, expect, it } from 'vitest'
import { loadAndRegisterOrdered } from '../src/index.ts'
import { deferred, lifecycleOf, logTo, never, noting, plugin, rejection, sleep, until } from './support.ts'

describe('a start', () => {
  it('calls register and setup of each plugin once, dependencies first, and no onEnable', async () => {
    const log: string[] = []
    const lifecycle = lifecycleOf([
      noting(log, { name: 'app', dependencies: ['cache', 'db'] }),
      noting(log, { name: 'cache', dependencies: ['db'] }),
      noting(log, { name: 'db' }),
    ])
    const report = await lifecycle.start()
    expect(log).toEqual(['register db', 'setup db', 'register cache', 'setup cache', 'register app', 'setup app'])
    expect(report.active).toEqual(['db', 'cache', 'app'])
    expect(report.failed).toEqual([])
  })

  it('starts a plugin as soon as its own dependencies are ready, not when a whole batch is', async () => {
    const slow = deferred()
    const lifecycle = lifecycleOf([
      plugin({ name: 'slow' }, () => ({ setup: () => slow.promise })),
      plugin({ name: 'quick' }),
      plugin({ name: 'second', dependencies: ['quick'] }),
    ])
    const start = lifecycle.start()
    await until(() => lifecycle.status('second').state === 'active')
    expect(lifecycle.status('slow').state).toBe('starting')
    slow.resolve()
    expect((await start).active).toEqual(['slow', 'quick', 'second'])
  })

  it('takes five independent plugins of 50 ms in about the time of one, and in five times that one after another', async () => {
    const five = () =>
      Array.from({ length: 5 }, (_, index) => plugin({ name: `p${index}` }, () => ({ setup: () => sleep(50) })))
    const { durationMs } = await loadAndRegisterOrdered(five(), {}, {})
    const oneByOne = await loadAndRegisterOrdered(five(), {}, {}, { parallel: false })
    expect(oneByOne.durationMs).toBeGreaterThan(245)
    expect(durationMs).toBeLessThan(oneByOne.durationMs / 2)
  })

  it('never has more than `concurrency` plugins starting at a time', async () => {
    let running = 0
    let most = 0
    const setup = async () => {
      most = Math.max(most, ++running)
      await sleep(2)
      running--
    }
    const records = Array.from({ length: 12 }, (_, index) =>
      plugin({ name: `p${index}`, dependencies: index > 8 ? [`p${index - 8}`] : [] }, () => ({ setup })),
    )
    const lifecycle = lifecycleOf(records)
    expect((await lifecycle.start({ concurrency: 3 })).active).toHaveLength(12)
    expect(most).toBe(3)
  })

  it('refuses a concurrency under one instead of waiting for ever', async () => {
    const lifecycle = lifecycleOf([plugin({ name: 'a' })])
    expect(await rejection(lifecycle.start({ concurrency: 0 }))).toMatchObject({ code: 'CFP_OPTION_INVALID' })
    expect(await rejection(lifecycle.start({ concurrency: Number.NaN }))).toMatchObject({ code: 'CFP_OPTION_INVALID' })
    expect((await lifecycle.start()).active).toEqual(['a'])
  })

  it('starts and stops in the same order each time, dependencies first and dependents first', async () => {
    const names = ['e', 'd', 'c', 'b', 'a']
    const run = async () => {
      const log: string[] = []
      const lifecycle = lifecycleOf(names.map((name) => noting(log, { name, dependencies: name === 'e' ? ['b'] : [] })))
      await lifecycle.start()
      const { stopped } = await lifecycle.stop()
      const started = log.filter((entry) => entry.startsWith('setup')).map((entry) => entry.slice(6))
      return { started, stopped }
    }
    const first = await run()
    expect(first.started).toEqual(['d', 'c', 'b', 'a', 'e'])
    expect(first.stopped).toHaveLength(5)
    expect(first.stopped.indexOf('e')).toBeLessThan(first.stopped.indexOf('b'))
    expect(await run()).toEqual(first)
  })

  it('waits for an optional dependency that is there, and goes without one that fails (fault 35)', async () => {
    const seen: unknown[] = []
    const consumer = (name: string, optional: string) =>
      plugin({ name, optionalDependencies: [optional] }, (_app, { inject }) => ({
        setup: () => void seen.push([name, inject(optional, { optional: true }) !== undefined]),
      }))
    const lifecycle = lifecycleOf([
      consumer('a', 'slow'),
      consumer('b', 'broken'),
      consumer('c', 'missing'),
      plugin({ name: 'slow' }, () => ({ setup: () => sleep(10) })),
      plugin({ name: 'broken' }, () => ({ setup: () => Promise.reject(new Error('no')) })),
    ])
    expect((await lifecycle.start()).active).toEqual(expect.arrayContaining(['a', 'b', 'c', 'slow']))
    expect(seen.sort()).toEqual([
      ['a', true],
      ['b', false],
      ['c', false],
    ])
  })

  it('leaves a disabled plugin without an instance', async () => {
    const log: string[] = []
    const lifecycle = lifecycleOf([noting(log, { name: 'off', enabled: false })])
    const report = await lifecycle.start()
    expect(report.disabled).toEqual(['off'])
    expect(log).toEqual([])
  })

  it('tells times, and for each plugin whom it waited for', async () => {
    const lifecycle = lifecycleOf([
      plugin({ name: 'quick' }),
      plugin({ name: 'slow' }, () => ({ setup: () => sleep(20) })),
      plugin({ name: 'user', dependencies: ['quick', 'slow'] }),
    ])
    const { timeline } = await lifecycle.start()
    expect(timeline.map(({ plugin }) => plugin)).toEqual(['quick', 'slow', 'user'])
    const [, slow, user] = timeline
    expect(slow?.setupMs).toBeGreaterThan(15)
    expect(user).toMatchObject({ waitedFor: 'slow', outcome: 'active' })
    expect(user?.startedMs).toBeGreaterThanOrEqual(slow?.endedMs ?? Number.POSITIVE_INFINITY)
  })

  it('warns of a plugin that took long, and of no other', async () => {
    const entries: string[] = []
    const records = [
      plugin({ name: 'slow' }, () => ({ setup: () => sleep(40) })),
      plugin({ name: 'quick' }, () => ({ setup: async () => {} })),
    ]
    await lifecycleOf(records, { logger: logTo(entries), slowMs: 30 }).start()
    expect(entries).toEqual([expect.stringMatching(/^warn: Plugin "slow" was slow to start: .*setup\(\) \d+ ms\.$/)])
  })

  it('tells the log after two seconds who is not ready, and who waits for it', async () => {
    const entries: string[] = []
    const gate = deferred()
    const lifecycle = lifecycleOf(
      [
        plugin({ name: 'db' }, () => ({ setup: () => gate.promise })),
        plugin({ name: 'api', dependencies: ['db'] }),
        plugin({ name: 'other' }),
      ],
      { logger: logTo(entries), slowMs: 60_000 },
    )
    const start = lifecycle.start()
    await until(() => entries.length > 0)
    gate.resolve()
    await start
    expect(entries).toEqual(['info: Still starting after 2 s: "db". Waiting: "api" (for "db").'])
  })
})

describe('a cancelled start', () => {
  it('ends what has begun, begins nothing more, and waits for no setup that hangs', async () => {
    const log: string[] = []
    const controller = new AbortController()
    const lifecycle = lifecycleOf([
      plugin({ name: 'hung' }, () => ({ setup: never, teardown: () => void log.push('teardown hung') })),
      noting(log, { name: 'late', dependencies: ['hung'] }),
      plugin({ name: 'up' }),
    ])
    const start = lifecycle.start({ signal: controller.signal })
    await until(() => lifecycle.status('up').state === 'active')
    controller.abort(new Error('enough'))
    const report = await start
    expect(log).toEqual(['teardown hung'])
    expect(report.active).toEqual(['up'])
    expect(report.failed.map(({ plugin, state, error }) => [plugin, state, error.code])).toEqual([
      ['hung', 'failed', 'CFP_OPERATION_ABORTED'],
      ['late', 'blocked', 'CFP_DEPENDENCY_FAILED'],
    ])
  })

  it('can be tried again', async () => {
    const lifecycle = lifecycleOf([plugin({ name: 'a' }), plugin({ name: 'b', dependencies: ['a'] })])
    expect(await rejection(lifecycle.start({ signal: AbortSignal.abort() }))).toMatchObject({
      code: 'CFP_OPERATION_ABORTED',
    })
    expect((await lifecycle.start()).active).toEqual(['a', 'b'])
  })
})
