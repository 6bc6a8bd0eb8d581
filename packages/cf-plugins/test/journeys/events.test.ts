// Events between plugins in files: in batches, with what caused them, by patterns, and what the host itself says.
import { expect, it } from 'vitest'
import { AppShutdown, AppStartup, type EventContext, eventRef, PluginStateChanged } from '../../src/index.ts'
import { PluginFolder } from './plugin-folder.ts'

/** Takes what is ordered in batches. `%` is its mark. */
const store = (mark: string, strategy: string, setup = '') => `
import { definePlugin } from 'cf-plugins'
import { Ordered } from './_orders.ts'
export default definePlugin({
  name: 'store', version: '1.0.0', reload: { strategy: '${strategy}' },
  async setup({ on, shared }) {
    ${setup}
    on(Ordered, async (orders, contexts) => {
      await new Promise((resolve) => setTimeout(resolve, 3))
      ;(shared as unknown[][]).push(['${mark}', orders, contexts.map(({ payload }) => payload)])
    }, { batch: { size: 7, waitMs: 15 } })
  },
})`
const orders = `
import { eventRef } from 'cf-plugins'
export const Ordered = eventRef<number>('order.placed')`
/** Says each order twice, as one who waits and one who does not. */
const shop = `
import { definePlugin } from 'cf-plugins'
import { Ordered } from './_orders.ts'
export default definePlugin({ name: 'shop', version: '1.0.0',
  setup: ({ emit, publish }) => ({ place: (order: number) => publish(Ordered, order), wait: (order: number) => emit(Ordered, order) }) })`

interface Shop {
  place(order: number): void
  wait(order: number): Promise<{ failures: readonly unknown[] }>
}

it.each(['exclusive', 'overlap'])(
  'loses, doubles and reorders nothing of batches while their plugin is replaced, rolled back and switched off and on: %s',
  async (strategy) => {
    const batches: [mark: string, orders: number[], payloads: number[]][] = []
    const folder = await PluginFolder.make({ '_orders.ts': orders, 'store.ts': store('0', strategy), 'shop.ts': shop })
    const { manager, report, reported } = await folder.started({ hotReload: true, shared: batches })
    expect(report.failed).toEqual([])
    const { place, wait } = manager.get('shop') as Shop
    let placed = 0
    const waits: Promise<{ failures: readonly unknown[] }>[] = []
    const feed = setInterval(() => {
      for (let each = 0; each < 3; each++) place(++placed)
      waits.push(wait(++placed))
    }, 1)
    for (let mark = 1; mark <= 4; mark++) {
      const before = batches.length
      expect((await reported(() => folder.save('store.ts', store(String(mark), strategy)))).outcome).toBe('committed')
      await expect.poll(() => batches.length).toBeGreaterThan(before)
    }
    const failed = await reported(() => folder.save('store.ts', store('bad', strategy, "throw new Error('not today')")))
    expect(failed.outcome).toBe('rolled-back')
    const until = placed + 50
    await expect.poll(() => placed).toBeGreaterThan(until)
    clearInterval(feed)
    // What waits in a batch is delivered before its plugin rests.
    await manager.disable('store')
    for (const { failures } of await Promise.all(waits)) expect(failures).toEqual([])
    const all = batches.flatMap(([, taken]) => taken)
    expect(all).toEqual(Array.from({ length: placed }, (_, at) => at + 1))
    for (const [, taken, payloads] of batches) expect(payloads).toEqual(taken)
    expect(Math.max(...batches.map(([, taken]) => taken.length))).toBe(7)
    const marks = [...new Set(batches.map(([mark]) => mark))]
    expect(marks).toEqual(['0', '1', '2', '3', '4'])
    // Nobody is told while it rests, and it begins anew.
    place(-1)
    await manager.enable('store')
    batches.length = 0
    expect(await wait(-2)).toMatchObject({ handled: 1, failures: [] })
    expect(batches).toEqual([['4', [-2], [-2]]])
    place(-3)
    await manager.stop()
    expect(batches.at(-1)).toEqual(['4', [-3], [-3]])
  },
)

it('tells which event another comes from, over several plugins, and who emitted it', async () => {
  const relay = (name: string, heard: string, told: string) => `
import { definePlugin } from 'cf-plugins'
export default definePlugin({ name: '${name}', version: '1.0.0',
  setup: ({ on, emit }) => void on('${heard}', async (payload, context) => { await emit('${told}', payload, { parent: context }) }) })`
  const seen: EventContext[] = []
  const folder = await PluginFolder.make({
    'first.ts': relay('first', 'a', 'b'),
    'second.ts': relay('second', 'b', 'c'),
    'last.ts': `
import { definePlugin } from 'cf-plugins'
export default definePlugin({ name: 'last', version: '1.0.0',
  setup: ({ on, shared }) => { for (const name of ['a', 'b', 'c']) on(name, (_, context) => void (shared as unknown[]).push(context)) } })`,
  })
  const { manager } = await folder.started({ shared: seen })
  const before = Date.now()
  await manager.events.emit('a', 42)
  const [a, b, c] = [...seen].sort((one, other) => one.event.localeCompare(other.event))
  expect(seen).toHaveLength(3)
  expect(a).toMatchObject({ event: 'a', payload: 42, source: 'host' })
  expect(a?.parent).toBeUndefined()
  expect(b).toMatchObject({ event: 'b', source: 'first', parent: { id: a?.id, event: 'a' } })
  expect(c).toMatchObject({ event: 'c', source: 'second', parent: { id: b?.id, event: 'b' }, payload: 42 })
  expect(new Set(seen.map(({ id }) => id)).size).toBe(3)
  expect(c?.time).toBeGreaterThanOrEqual(before)
  expect(c?.signal.aborted).toBe(false)
})

it('tells plugins of the start, of the end before anything is torn down, and of every transition', async () => {
  const told: unknown[] = []
  const folder = await PluginFolder.make({
    'clerk.ts': `
import { AppShutdown, AppStartup, definePlugin, PluginStateChanged } from 'cf-plugins'
export default definePlugin({ name: 'clerk', version: '1.0.0',
  setup({ on, shared }) {
    const tell = (...line: unknown[]) => void (shared as unknown[]).push(line)
    on(AppStartup, ({ active, failed }) => tell('startup', [...active].sort(), failed.map(({ plugin }) => plugin)))
    on(AppShutdown, async ({ boundMs }) => { await new Promise((resolve) => setTimeout(resolve, 10)); tell('shutdown', boundMs) })
    on(PluginStateChanged, ({ plugin, from, to }) => { if (plugin === 'other') tell(from, to) })
  },
  teardown: () => {} })`,
    'other.ts': `
import { definePlugin } from 'cf-plugins'
export default definePlugin({ name: 'other', version: '1.0.0', dependencies: ['clerk'],
  setup: ({ shared }) => ({ shared: shared as unknown[] }), teardown: ({ shared }) => void shared.push(['other torn down']) })`,
    'broken.ts': `
import { definePlugin } from 'cf-plugins'
export default definePlugin({ name: 'broken', version: '1.0.0', setup: () => { throw new Error('no') } })`,
  })
  const { manager } = await folder.started({ shared: told })
  // `start()` has waited for them.
  expect(told).toContainEqual(['startup', ['clerk', 'other'], ['broken']])
  expect(told.filter((line) => (line as string[])[0] === 'startup')).toHaveLength(1)
  expect(told.slice(0, 2)).toEqual([
    ['resolved', 'starting'],
    ['starting', 'active'],
  ])
  const hostToo: string[] = []
  manager.events.on(PluginStateChanged, ({ plugin, to }) => void hostToo.push(`${plugin} ${to}`))
  manager.events.on(AppStartup, () => void hostToo.push('startup'))
  manager.events.on(AppShutdown, () => void hostToo.push('shutdown'))
  told.length = 0
  await manager.disable('other')
  await manager.enable('other')
  await expect
    .poll(() => told)
    .toEqual([
      ['active', 'disabled'],
      ['disabled', 'active'],
    ])
  told.length = 0
  await manager.stop()
  expect(told[0]).toEqual(['shutdown', expect.any(Number)])
  expect(told).toContainEqual(['other torn down'])
  expect(hostToo.filter((line) => line === 'shutdown')).toHaveLength(1)
  expect(hostToo).not.toContain('startup')
  expect(hostToo.indexOf('shutdown')).toBeLessThan(hostToo.indexOf('other stopped'))
})

it('tells handlers of patterns, and handleEvent of what the metadata names, once each, whoever else fails', async () => {
  const heard: string[] = []
  const folder = await PluginFolder.make({
    'watcher.ts': `
import { BasePlugin, type EventContext, plugin } from 'cf-plugins'
@plugin({ name: 'watcher', version: '1.0.0', events: ['user.*', 'disk.full'] })
export default class Watcher extends BasePlugin {
  override setup() { this.context.on('user.*', (name) => this.tell('pattern ' + name)) }
  override handleEvent(event: string, { payload, source }: EventContext) { this.tell('handleEvent ' + event + ' ' + payload + ' from ' + source) }
  tell(line: string) { (this.context.shared as string[]).push(line) }
}`,
    'failing.mjs': `
export const PLUGIN_META = { name: 'failing', version: '1.0.0' }
export const register = (_app, { on }) => ({ setup() { on('user.*', () => { throw new Error('oh no') }, { priority: 'high' }) } })`,
  })
  const { manager } = await folder.started({ shared: heard })
  const { handled, failures } = await manager.events.emit(eventRef<string>('user.login'), 'Ada')
  expect(handled).toBe(3)
  expect(failures).toMatchObject([{ plugin: 'failing', error: { message: 'oh no' } }])
  await manager.events.emit('disk.full', '/')
  await manager.events.emit('users', 'nobody')
  expect(heard.sort()).toEqual([
    'handleEvent disk.full / from host',
    'handleEvent user.login Ada from host',
    'pattern Ada',
  ])
})

it('takes handlers by their options: in order, tried again, passed over, once, their failures kept to themselves', async () => {
  const heard: string[] = []
  const handling = (name: string, handler: string, options: string) => `
export const PLUGIN_META = { name: '${name}', version: '1.0.0' }
export const register = (_app, { on, shared }) => {
  let calls = 0
  const tell = (line) => void shared.push('${name} ' + line)
  return { setup() { on('order', (order) => { calls++; ${handler} }, ${options}) } }
}`
  const folder = await PluginFolder.make({
    'a.mjs': handling('a', 'tell(order)', "{ priority: 'low', before: 'b' }"),
    'b.mjs': handling('b', 'tell(order)', "{ priority: 'high' }"),
    'c.mjs': handling(
      'c',
      "if (calls < 3) throw new Error('busy'); tell(order)",
      '{ retry: { attempts: 3, delayMs: 1 } }',
    ),
    'd.mjs': handling('d', 'tell(order)', '{ condition: (order) => order > 1 }'),
    'e.mjs': handling('e', 'tell(order)', '{ once: true }'),
    'f.mjs': handling('f', "throw new Error('never mind')", '{ ignoreErrors: true }'),
    'g.mjs': handling('g', 'return new Promise(() => {})', '{ timeoutMs: 20, priority: -1 }'),
  })
  const { manager } = await folder.started({ shared: heard })
  const first = await manager.events.emit('order', 1)
  expect(first.failures).toMatchObject([{ plugin: 'g', error: { code: 'CFP_HANDLER_TIMEOUT' } }])
  expect(heard.slice(0, 2)).toEqual(['a 1', 'b 1'])
  expect(heard.splice(0).sort()).toEqual(['a 1', 'b 1', 'c 1', 'e 1'])
  await manager.events.emit('order', 2)
  expect(heard).toEqual(['a 2', 'b 2', 'c 2', 'd 2'])
  const { failures = 0, calls = 0 } = manager.events.handlers('order').find(({ plugin }) => plugin === 'f') ?? {}
  expect([calls, failures]).toEqual([2, 2])
})
