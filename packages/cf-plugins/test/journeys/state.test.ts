// context.state of plugins in files: one change after the other, several as one, over reloads, rollbacks and processes.
import { join } from 'node:path'
import { expect, it } from 'vitest'
import type { PluginManagerOptions } from '../../src/index.ts'
import { PluginFolder } from './plugin-folder.ts'

const till = (mark: string, { setup = '', meta = '', migrate = '' } = {}) => `
import { definePlugin } from 'cf-plugins'
import { Stock } from './_stock.ts'
export default definePlugin({
  name: 'till', version: '1.0.0', ${meta}
  state: { initial: { sold: 0, log: [] as string[] }, shared: ['stock'], ${migrate} },
  setup({ state, shared }) {
    const found = structuredClone(state.value)
    const { wait } = shared as { wait: () => Promise<void> }
    ${setup}
    return {
      found,
      state,
      value: () => state.value,
      left: () => state.shared(Stock).value,
      /** Reads, waits, writes: without a lock some of that would be lost. */
      count: () => state.update(async (draft) => { const { sold } = draft; await wait(); draft.sold = sold + 1; draft.log.push('${mark}') }),
      sell: (fails = false) => state.transaction(async (all) => {
        await all.shared(Stock).update((stock) => void stock.pens--)
        await wait()
        await all.update((draft) => void draft.sold++)
        if (fails) throw new Error('the card was refused')
      }),
    }
  },
})`
const store = `
import { definePlugin } from 'cf-plugins'
import { Stock } from './_stock.ts'
export default definePlugin({
  name: 'store', version: '1.0.0', state: { shared: ['stock'] },
  setup({ state, shared }) {
    const stock = state.shared(Stock)
    const seen: number[] = []
    stock.watch(({ pens }) => void seen.push(pens))
    return { seen, add: (pens: number) => stock.update((draft) => void (draft.pens += pens)) }
  },
})`

interface Till {
  readonly found: { sold: number; log: string[] }
  readonly state: { set(value: unknown): void; shared(name: string): unknown }
  value(): { sold: number; log: string[] }
  left(): { pens: number }
  count(): Promise<unknown>
  sell(fails?: boolean): Promise<unknown>
}

async function place() {
  const folder = await PluginFolder.make({
    'plugins/_stock.ts': `
import { sharedStateRef } from 'cf-plugins'
export const Stock = sharedStateRef('stock', { pens: 100 })`,
    'plugins/till.ts': till('1'),
    'plugins/store.ts': store,
  })
  const shared = { wait: () => new Promise((resolve) => setTimeout(resolve, 1)) }
  const state = { folder: join(folder.path, 'states') }
  const host = async (options: PluginManagerOptions = {}) => {
    const made = await folder.started({
      paths: [join(folder.path, 'plugins')],
      hotReload: true,
      shared,
      state,
      ...options,
    })
    expect(made.report.failed).toEqual([])
    const { manager } = made
    const service = () => manager.get('till') as Till
    return { ...made, till: service, store: () => manager.get('store') as { seen: number[]; add(n: number): unknown } }
  }
  return { save: (text: string) => folder.save('plugins/till.ts', text), host }
}

it.each(['exclusive', 'overlap'])(
  'changes one thing after the other, also while the plugin is replaced, and has it in the next process: %s',
  async (strategy) => {
    const { host, save } = await place()
    const meta = `reload: { strategy: '${strategy}' },`
    const first = await host()
    await Promise.all(Array.from({ length: 20 }, () => first.till().count()))
    expect(first.till().value().sold).toBe(20)
    // Whoever asks through `use` waits for the new code; what the old code had begun has ended on it.
    let counted = 0
    let sales = 0
    let isOver = false
    const use = (task: (till: Till) => Promise<unknown>) =>
      first.manager.use('till', (service) => task(service as Till))
    const counting = [1, 2, 3].map(async () => {
      while (!isOver) {
        await use((each) => each.count())
        counted++
      }
    })
    const selling = (async () => {
      while (!isOver) {
        await use((each) => each.sell())
        sales++
        await use((each) => each.sell(true)).catch(({ message }) => expect(message).toBe('the card was refused'))
      }
    })()
    for (const mark of ['2', '3', '4']) {
      const before = counted
      expect((await first.reported(() => save(till(mark, { meta })))).outcome).toBe('committed')
      await expect.poll(() => counted).toBeGreaterThan(before)
    }
    isOver = true
    await Promise.all([...counting, selling])
    const { sold, log } = first.till().value()
    expect(sold).toBe(20 + counted + sales)
    expect(sales).toBeGreaterThan(0)
    expect(first.till().left()).toEqual({ pens: 100 - sales })
    expect(new Set(log)).toEqual(new Set(['1', '2', '3', '4']))
    expect(log).toHaveLength(20 + counted)
    expect(() => {
      first.till().value().sold = 0
    }).toThrow(TypeError)
    expect((await first.manager.stop()).problems).toEqual([])

    const next = await host()
    expect(next.till().found).toEqual({ sold, log })
    expect(next.till().left()).toEqual({ pens: 100 - sales })
  },
)

it('changes its own and what it shares together or not at all', async () => {
  const { host } = await place()
  const { till, store, manager } = await host()
  await Promise.all([till().sell(), till().sell(), store().add(5)])
  expect([till().value().sold, till().left().pens]).toEqual([2, 103])
  await expect(till().sell(true)).rejects.toThrow('the card was refused')
  expect([till().value().sold, till().left().pens]).toEqual([2, 103])
  // Nobody has seen what was taken back.
  expect(store().seen.at(-1)).toBe(103)
  expect(store().seen).toHaveLength(3)
  expect(() => till().state.shared('cart')).toThrow(expect.objectContaining({ code: 'CFP_STATE_UNDECLARED' }))
  expect(() => till().state.set({ sold: 0, log: [() => {}] })).toThrow(/state\.log\[0\]/)
  await manager.stop()
  const next = await host()
  expect([next.till().value().sold, next.till().left().pens]).toEqual([2, 103])
})

it('gives new code what it needs, and old code back what it had, where the new one fails', async () => {
  const { host, save } = await place()
  const { till: service, store, manager, reported } = await host()
  await service().sell()
  await service().count()
  const before = service().value()
  const late = `state.set({ sold: 999, log: ['bad'] }); throw new Error('not today')`
  expect((await reported(() => save(till('bad', { setup: late })))).outcome).toBe('rolled-back')
  expect(service().value()).toEqual(before)
  expect(service().left()).toEqual({ pens: 99 })
  const shared = `await state.shared(Stock).update((stock) => void (stock.pens = 0))`
  const refused = await reported(() => save(till('bad', { setup: shared }).replace('setup({', 'async setup({')))
  expect(refused).toMatchObject({ outcome: 'rolled-back' })
  const codes = [refused.error?.code, (refused.error?.cause as { code?: string } | undefined)?.code]
  expect(codes).toContain('CFP_STATE_BEFORE_COMMIT')
  expect(service().left()).toEqual({ pens: 99 })

  // Another version: migrated up, and, where somebody goes back, down.
  const migrate = `version: 2, migrate: (state: any, from: number) => ({ sold: state.sold * 100, log: [...state.log, 'from ' + from] })`
  expect((await reported(() => save(till('2', { migrate })))).outcome).toBe('committed')
  expect(service().found).toEqual({ sold: 200, log: ['1', 'from 0'] })
  const down = `migrate: (state: any, from: number) => ({ sold: state.sold / 100, log: [...state.log, 'from ' + from] })`
  expect((await reported(() => save(till('1', { migrate: down })))).outcome).toBe('committed')
  expect(service().value()).toEqual({ sold: 2, log: ['1', 'from 0', 'from 2'] })

  await manager.disable('till')
  await store().add(1)
  await manager.enable('till')
  await service().count()
  expect([service().value().sold, service().left().pens]).toEqual([3, 100])
})
