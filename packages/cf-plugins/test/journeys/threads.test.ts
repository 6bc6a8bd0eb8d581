// Plugins in threads, as a host has them: they talk, are edited under load, block, and end.
import { expect, it } from 'vitest'
import { PluginFolder } from './plugin-folder.ts'

/** A plugin whose service tells its version, in a thread. */
const teller = (version: number) => `
import { definePlugin } from '@cf-plugins/plugin-api'
export default definePlugin({
  name: 'teller', version: '1.0.0', execution: 'worker', state: { initial: { told: 0 } },
  setup({ state, on, emit }) {
    on('count', () => state.value.told)
    return { tell: async (who: string) => {
      await state.update((draft: { told: number }) => { draft.told++ })
      await emit('told', who)
      return '${version} to ' + who
    } }
  },
})`

/** Asks it all the time, from a thread of its own. */
const ASKER = `
import { definePlugin } from '@cf-plugins/plugin-api'
export default definePlugin({
  name: 'asker', version: '1.0.0', execution: 'worker', dependencies: ['teller'],
  setup({ inject }) {
    const teller = inject('teller') as { tell(who: string): Promise<string> }
    return { ask: (who: string) => teller.tell(who) }
  },
})`

it('lets two threads talk by services, events and state, over edits of one of them', async () => {
  const folder = await PluginFolder.make({ 'teller.ts': teller(1), 'asker.ts': ASKER })
  const { manager, report, reported } = await folder.started({ hotReload: true })
  expect(report).toMatchObject({ failed: [], active: ['teller', 'asker'] })
  const told: unknown[] = []
  manager.events.on('told', (who) => void told.push(who))

  const answers = new Map<string, number>()
  let isOver = false
  const asking = (async () => {
    for (let turn = 0; !isOver; turn++) {
      const answer = await manager.use('asker', (asker) =>
        (asker as { ask(who: string): Promise<string> }).ask(`${turn}`),
      )
      const [version = ''] = answer.split(' ')
      answers.set(version, (answers.get(version) ?? 0) + 1)
    }
  })()
  for (const version of [2, 3]) {
    expect(await reported(() => folder.save('teller.ts', teller(version)))).toMatchObject({
      outcome: 'committed',
      members: ['teller', 'asker'],
    })
  }
  expect((await reported(() => folder.save('teller.ts', `${teller(4)}\nthrow new Error('no')`))).outcome).toBe('kept')
  const third = answers.get('3') ?? 0
  while ((answers.get('3') ?? 0) < third + 5) await new Promise((resolve) => setImmediate(resolve))
  isOver = true
  await asking

  const asked = [...answers.values()].reduce((sum, count) => sum + count)
  expect([...answers.keys()].sort()).toEqual(['1', '2', '3'])
  expect(told).toEqual(Array.from({ length: asked }, (_, turn) => `${turn}`))
  expect(manager.threads().map(({ plugin, threads }) => [plugin, threads])).toEqual(
    expect.arrayContaining([
      ['teller', 1],
      ['asker', 1],
    ]),
  )
  await manager.stop()
  expect(manager.threads()).toEqual([])
})

/** Squares in the pool, slowly enough for calls to queue. */
const squarer = (version: number) => `
import { definePlugin } from '@cf-plugins/plugin-api'
export function square(value: number) {
  const until = performance.now() + 2
  while (performance.now() < until);
  return ['${version}', value * value]
}
export default definePlugin({
  name: 'squarer', version: '1.0.0',
  setup: ({ hooks }) => void hooks.on('square', square, { offload: true }),
})`

it('answers each call of a handler in the pool once, by the code that took it, while that is edited (fault 72)', async () => {
  const folder = await PluginFolder.make({ 'squarer.ts': squarer(1) })
  const { manager, reported } = await folder.started({ hotReload: true, threads: { threads: 2 } })
  const asked: Promise<unknown>[] = []
  const ask = (count: number) => {
    for (let call = 0; call < count; call++) asked.push(manager.hooks.call('square', asked.length))
  }
  const wanted = (from: number, version: string) => asked.slice(from).map((_, at) => [[version, (from + at) ** 2]])
  ask(100)
  const edited = reported(() => folder.save('squarer.ts', squarer(2)))
  expect((await edited).outcome).toBe('committed')
  const first = asked.length
  ask(100)
  expect(await Promise.all(asked)).toEqual([...wanted(0, '1').slice(0, first), ...wanted(first, '2')])
  expect(
    (await reported(() => folder.save('squarer.ts', squarer(3).replace('export function', 'function')))).outcome,
  ).toBe('rolled-back')
  expect(await manager.hooks.call('square', 9)).toEqual([['2', 81]])
})

it('serves on, and has the plugin back with what it kept, when its thread blocks for ever (fault 67)', async () => {
  const folder = await PluginFolder.make({
    'stuck.ts': `
import { definePlugin } from '@cf-plugins/plugin-api'
export default definePlugin({
  name: 'stuck', version: '1.0.0', execution: 'worker', worker: { callMs: 300 }, state: { initial: 0 },
  setup: ({ state, on }) => {
    on('add', () => state.update((count: number) => count + 1), { idempotent: true, timeoutMs: 20_000 })
    return { count: () => state.value, block: () => { while (true); } }
  },
})`,
  })
  const { manager } = await folder.started()
  const stuck = manager.get('stuck') as { count(): Promise<number>; block(): Promise<never> }
  await manager.events.emit('add')
  let turns = 0
  const ticking = setInterval(() => turns++, 10)
  await expect(stuck.block()).rejects.toMatchObject({ code: 'CFP_WORKER_TIMEOUT', plugin: 'stuck' })
  clearInterval(ticking)
  expect(turns).toBeGreaterThan(10)
  const { failures } = await manager.events.emit('add')
  expect(failures).toEqual([])
  expect(await stuck.count()).toBe(2)
  expect(manager.status('stuck')).toMatchObject({ state: 'active', generation: 1 })
})

it('says what to do where a plugin cannot run as it says', async () => {
  const folder = await PluginFolder.make({ 'squarer.ts': squarer(1) })
  const { report } = await folder.started({ threads: false })
  expect(report.failed).toMatchObject([
    { plugin: 'squarer', error: { code: 'CFP_WORKER_UNAVAILABLE', phase: 'setup' } },
  ])
  expect(() => folder.manager({ threads: { queue: 0 } })).toThrow(/queue/)
})

it("runs the same plugins on the event loop with threads: 'inline', and there is no thread", async () => {
  const where = `
import { isMainThread } from 'node:worker_threads'
import { definePlugin } from '@cf-plugins/plugin-api'
export default definePlugin({
  name: 'where', version: '1.0.0', execution: 'worker',
  setup: () => ({ isMainThread: () => isMainThread }),
})`
  const folder = await PluginFolder.make({ 'squarer.ts': squarer(1), 'where.ts': where })
  const { manager, report, reported } = await folder.started({ threads: 'inline', hotReload: true })
  expect(report.failed).toEqual([])
  expect(manager.hooks.callSync('square', 3)).toEqual([['1', 9]])
  expect((manager.get('where') as { isMainThread(): boolean }).isMainThread()).toBe(true)
  expect((await reported(() => folder.save('squarer.ts', squarer(2)))).outcome).toBe('committed')
  expect(manager.hooks.callSync('square', 3)).toEqual([['2', 9]])
  expect(manager.threads()).toEqual([])
})
