// Threads that end while much is under way: everybody is answered, and nobody twice.
import type { InThread } from '@cf-plugins/plugin-api'
import { describe, expect, it } from 'vitest'
import { pluginRecord, rejection, started, until } from './plugin-support.ts'
import type { Fragile } from './plugins/fragile.ts'

type Remote = InThread<Pick<Fragile, 'end' | 'thread' | 'count'>>

const META = { worker: { callMs: 20_000, heapMb: 64 } }

async function fragile() {
  const host = await started([await pluginRecord('fragile', META)], { threads: { maxEnds: 100 } })
  expect(host.report.failed).toEqual([])
  const end = () => rejection((host.lifecycle.service('fragile') as Remote).end('exit'))
  const count = () => (host.lifecycle.service('fragile') as Remote).count()
  return { ...host, end, count }
}

describe('a thread that ends under load', () => {
  it('answers every event: handled, or failed by the end of the thread that had it (fault 70)', async () => {
    const { lifecycle, end } = await fragile()
    const reports: Promise<unknown>[] = []
    const codes = new Set<unknown>()
    let handled = 0
    const emit = async () => {
      const { failures } = await lifecycle.events.emit('slow.once', 20)
      for (const { error } of failures) codes.add((error as { code?: unknown }).code)
      if (failures.length === 0) handled++
    }
    for (let round = 0; round < 3; round++) {
      for (let each = 0; each < 50; each++) reports.push(emit())
      await until(() => lifecycle.inFlight('fragile') >= 50)
      await end()
      for (let each = 0; each < 50; each++) reports.push(emit())
    }
    await Promise.all(reports)
    expect([...codes]).toEqual(['CFP_WORKER_ENDED'])
    // Those that came while there was no thread, waited for the next.
    expect(handled).toBeGreaterThanOrEqual(50)
    await until(() => lifecycle.inFlight('fragile') === 0)
  })

  it('calls idempotent handlers once more, so that no event fails', async () => {
    const { lifecycle, end } = await fragile()
    const reports: Promise<{ failures: readonly unknown[] }>[] = []
    for (let round = 0; round < 2; round++) {
      for (let each = 0; each < 30; each++) reports.push(lifecycle.events.emit('slow', 30))
      await until(() => lifecycle.inFlight('fragile') >= 30)
      await end()
      await Promise.all(reports)
    }
    expect((await Promise.all(reports)).flatMap(({ failures }) => failures)).toEqual([])
  })
})

describe('while another thread starts', () => {
  it('a reload waits for it, and carries over the state that it was given', async () => {
    const { lifecycle, end, count } = await fragile()
    await lifecycle.events.emit('add', 3)
    expect((await lifecycle.reload({ set: [await pluginRecord('fragile', META, 2)] })).outcome).toBe('committed')
    await end()
    expect((await lifecycle.reload({ set: [await pluginRecord('fragile', META, 3)] })).outcome).toBe('committed')
    expect(await count()).toBe(3)
  })

  it('a plugin can be disabled, and enabled again', async () => {
    const { lifecycle, end, count } = await fragile()
    await end()
    await lifecycle.disable('fragile')
    expect(lifecycle.status('fragile').state).toBe('disabled')
    await lifecycle.enable('fragile')
    expect(await count()).toBe(0)
  })

  it('the host stops at once, and leaves none behind', async () => {
    const { lifecycle, end, threads } = await fragile()
    await end()
    const { problems } = await lifecycle.stop()
    expect(problems).toEqual([])
    expect(threads.status()).toEqual([])
  })
})

describe('a thread that ends in a hook', () => {
  it('getReloadState: the state that was given last is carried over', async () => {
    const { lifecycle, count } = await fragile()
    await lifecycle.events.emit('add', 3)
    expect((await lifecycle.reload({ set: [await pluginRecord('fragile', META, 2)] })).outcome).toBe('committed')
    await lifecycle.events.emit('add', 1)
    await lifecycle.events.emit('fatal', 'getReloadState')
    expect((await lifecycle.reload({ set: [await pluginRecord('fragile', META, 3)] })).outcome).toBe('committed')
    expect(await count()).toBe(3)
  })

  it('teardown: it is told, and the new version serves', async () => {
    const { lifecycle, count } = await fragile()
    await lifecycle.events.emit('fatal', 'teardown')
    const { outcome, problems } = await lifecycle.reload({ set: [await pluginRecord('fragile', META, 2)] })
    expect(outcome).toBe('committed')
    expect(problems).toMatchObject([{ plugin: 'fragile', code: 'CFP_WORKER_ENDED' }])
    expect(await count()).toBe(0)
  })

  it('onDisable: the plugin is disabled all the same, and comes back', async () => {
    const { lifecycle, count } = await fragile()
    await lifecycle.events.emit('fatal', 'onDisable')
    await lifecycle.disable('fragile')
    expect(lifecycle.status('fragile')).toMatchObject({ state: 'disabled', error: { plugin: 'fragile' } })
    await lifecycle.enable('fragile')
    expect(await count()).toBe(0)
  })
})
