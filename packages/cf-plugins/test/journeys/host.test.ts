// What a host does with its plugins: adds, gets, uses, lists, switches and stops them.
import { EventEmitter } from 'node:events'
import { expect, it } from 'vitest'
import { z } from 'zod'
import { definePlugin, PluginManager, serviceRef } from '../../src/index.ts'
import { PluginFolder } from './plugin-folder.ts'

const cacheNamed = (name: string) =>
  definePlugin({
    name,
    version: '1.0.0',
    config: z.object({ ttl: z.number().default(300), size: z.int().min(1) }),
    setup: ({ config }) => ({ config }),
  })
const cache = cacheNamed('cache')
const configured = (step: string) => `import { definePlugin } from 'cf-plugins'
let count = 0
export default definePlugin({
  name: 'counter', version: '1.0.0',
  state: { save: () => count, restore: (saved: number) => { count = saved } },
  setup({ on }) { on('tick', () => { count += ${step} }); return { count: () => count } },
})`

it('adds plugins by value before and after the start, with their configuration checked and completed', async () => {
  await using manager = new PluginManager({ autoLoad: false, configs: { other: { from: 'options' } } })
  await manager.add(cache, { config: { size: 5 } })
  await manager.add(definePlugin({ name: 'other', version: '1.0.0', setup: ({ config }) => config }))
  expect((await manager.start()).active).toEqual(['cache', 'other'])
  const { config } = manager.get(cache)
  expect(config satisfies { ttl: number; size: number }).toEqual({ ttl: 300, size: 5 })
  expect(manager.get('other')).toEqual({ from: 'options' })
  const late = cacheNamed('late')
  await manager.add(late, { config: { size: 1, ttl: 2 } })
  expect(manager.get(late).config).toEqual({ size: 1, ttl: 2 })
  await expect(manager.add(cache, { config: { size: 9 } })).rejects.toMatchObject({ code: 'CFP_DUPLICATE_NAME' })
  await manager.reload('cache')
  expect(manager.get(cache).config.size).toBe(5)
})

it('tells every problem of a configuration at once', async () => {
  await using manager = new PluginManager({ autoLoad: false })
  await manager.add(cache, { config: { ttl: 'long', size: 0 } })
  const [failure] = (await manager.start()).failed
  expect(failure).toMatchObject({ plugin: 'cache', error: { code: 'CFP_CONFIG_INVALID' } })
  expect(failure?.error.issues?.map(({ path }) => path)).toEqual(['ttl', 'size'])
  expect(failure?.error.message).toMatch(/ttl.*size/s)
})

it('adds a plugin while the others start, after them', async () => {
  const order: string[] = []
  await using manager = new PluginManager({ autoLoad: false })
  const first = definePlugin({
    name: 'first',
    version: '1.0.0',
    setup: async () => {
      await new Promise((resolve) => setTimeout(resolve, 20))
      order.push('first')
    },
  })
  await manager.add(first)
  const starting = manager.start()
  await manager.add(
    definePlugin({ name: 'second', version: '1.0.0', dependencies: ['first'], setup: () => void order.push('second') }),
  )
  await starting
  expect(order).toEqual(['first', 'second'])
})

it('throws the error of a plugin that is added and fails, and tries it again when it is enabled', async () => {
  let isUp = false
  await using manager = new PluginManager({ autoLoad: false })
  await manager.start()
  const setup = () => {
    if (!isUp) throw new Error('not up')
    return 'up'
  }
  await expect(manager.add(definePlugin({ name: 'late', version: '1.0.0', setup }))).rejects.toMatchObject({
    code: 'CFP_SETUP_FAILED',
  })
  isUp = true
  await manager.enable('late')
  expect(manager.get('late')).toBe('up')
})

it('gives the reason why a plugin is not active, by get, or nothing, by tryGet', async () => {
  await using manager = new PluginManager({ autoLoad: false })
  const Database = serviceRef<{ query(): string }>('database')
  await manager.add(
    definePlugin({ name: 'database', version: '1.0.0', setup: () => Promise.reject(new Error('ECONNREFUSED')) }),
  )
  await manager.add(definePlugin({ name: 'reports', version: '1.0.0', dependencies: ['database'] }))
  expect(() => manager.get(Database)).toThrow(expect.objectContaining({ code: 'CFP_NOT_ACTIVE' }))
  await manager.start()
  expect(() => manager.get(Database)).toThrow(/"database" is not active, it is failed: .*ECONNREFUSED/)
  expect(() => manager.get('reports')).toThrow(/"reports" is not active, it is blocked: .*ECONNREFUSED/)
  expect([manager.tryGet(Database), manager.tryGet('nobody')]).toEqual([undefined, undefined])
  expect(manager.explain('reports').text).toBe(
    'reports is blocked: it needs database, which failed in setup(): ECONNREFUSED',
  )
})

it('starts a plugin that is disabled by its metadata when it is enabled, and then what needs it', async () => {
  await using manager = new PluginManager({ autoLoad: false })
  const calls: string[] = []
  await manager.add(
    definePlugin({
      name: 'off',
      version: '1.0.0',
      enabled: false,
      setup: () => void calls.push('setup'),
      onEnable: () => void calls.push('onEnable'),
    }),
  )
  await manager.add(definePlugin({ name: 'user', version: '1.0.0', dependencies: ['off'] }))
  expect(await manager.start()).toMatchObject({ disabled: ['off'], failed: [{ plugin: 'user', state: 'blocked' }] })
  expect(calls).toEqual([])
  await manager.enable('off')
  expect(calls).toEqual(['setup', 'onEnable'])
  expect(manager.ordered().map(({ plugin, state }) => [plugin, state])).toEqual([
    ['off', 'active'],
    ['user', 'active'],
  ])
})

it('lists plugins dependencies first, each with where it stands', async () => {
  await using manager = new PluginManager({ autoLoad: false })
  await manager.add(definePlugin({ name: 'top', version: '3.0.0', dependencies: ['low'] }))
  await manager.add(definePlugin({ name: 'low', version: '1.2.0' }))
  await manager.start()
  expect(manager.ordered()).toMatchObject([
    { plugin: 'low', state: 'active', version: '1.2.0', generation: 1 },
    { plugin: 'top', state: 'active', version: '3.0.0' },
  ])
})

it('makes a plugin anew when its optional dependency comes or goes', async () => {
  await using manager = new PluginManager({ autoLoad: false })
  await manager.add(
    definePlugin({
      name: 'user',
      version: '1.0.0',
      optionalDependencies: ['metrics'],
      setup: ({ inject }) => ({ metrics: inject('metrics', { optional: true }) }),
    }),
  )
  await manager.start()
  const metrics = () => (manager.get('user') as { metrics: unknown }).metrics
  expect(metrics()).toBeUndefined()
  await manager.add(definePlugin({ name: 'metrics', version: '1.0.0', setup: () => 'metrics' }))
  expect(metrics()).toBe('metrics')
  await manager.disable('metrics')
  expect(metrics()).toBeUndefined()
})

it('uses a service while it is reloaded: who uses it is waited for, and who comes meanwhile waits', async () => {
  const folder = await PluginFolder.make({ 'counter.ts': configured('1') })
  const { manager } = await folder.started()
  let release = () => {}
  const order: string[] = []
  const first = manager.use('counter', async () => {
    await new Promise<void>((resolve) => {
      release = resolve
    })
    order.push('used')
  })
  const reloading = manager.reload('counter').then(() => void order.push('reloaded'))
  await expect.poll(() => manager.status('counter').state).toBe('gating')
  const old = manager.get('counter')
  const second = manager.use('counter', (service) => service !== old)
  release()
  await Promise.all([first, reloading])
  expect(await second).toBe(true)
  expect(order).toEqual(['used', 'reloaded'])
})

it('delivers every event exactly once while a plugin is reloaded again and again', async () => {
  const folder = await PluginFolder.make({ 'counter.ts': configured('1') })
  const { manager } = await folder.started()
  const emits: Promise<unknown>[] = []
  for (let round = 0; round < 20; round++) {
    const reloading = manager.reload('counter')
    for (let index = 0; index < 10; index++) {
      emits.push(manager.events.emit('tick'))
      await Promise.resolve()
    }
    expect((await reloading).outcome).toBe('committed')
  }
  await Promise.all(emits)
  expect((manager.get('counter') as { count(): number }).count()).toBe(200)
})

it('takes back what a plugin added to the app, through the view that the host makes', async () => {
  const app = { routes: new Set<string>() }
  const folder = await PluginFolder.make()
  const source = (route: string, then = '') =>
    `export const PLUGIN_META = { name: 'web', version: '1.0.0' }\nexport const register = (app) => { app.add('${route}'); return { setup() { ${then} } } }`
  await folder.save('web.js', source('/one'))
  const manager = folder.manager({
    app,
    scopeApp: ({ routes }) => {
      const own: string[] = []
      const view = { add: (route: string) => void own.push(route), routes }
      return {
        view,
        commit: () => own.forEach((route) => void routes.add(route)),
        dispose: () => own.forEach((route) => void routes.delete(route)),
      }
    },
  })
  await manager.start()
  expect([...app.routes]).toEqual(['/one'])
  await folder.save('web.js', source('/bad', "throw new Error('no')"))
  expect((await manager.reload('web')).outcome).toBe('rolled-back')
  expect([...app.routes]).toEqual(['/one'])
  await folder.save('web.js', source('/two'))
  await manager.reload('web')
  expect([...app.routes]).toEqual(['/two'])
  await manager.stop()
  expect([...app.routes]).toEqual([])
})

it('stops once, in reverse order, within its bound', async () => {
  const manager = new PluginManager({ autoLoad: false })
  const emitter = new EventEmitter()
  const listening = definePlugin({
    name: 'listening',
    version: '1.0.0',
    setup: ({ listen }) => void listen(emitter, 'data', () => {}),
  })
  const hanging = definePlugin({
    name: 'hanging',
    version: '1.0.0',
    dependencies: ['listening'],
    teardown: () => new Promise(() => {}),
  })
  await manager.add(listening)
  await manager.add(hanging)
  await manager.start()
  const from = performance.now()
  const [one, two] = await Promise.all([manager.stop({ boundMs: 300 }), manager.stop()])
  expect(performance.now() - from).toBeLessThan(2000)
  expect(one).toBe(two)
  expect(one).toMatchObject({ hung: ['hanging'] })
  expect(emitter.listenerCount('data')).toBe(0)
  expect(() => manager.get('listening')).toThrow(expect.objectContaining({ code: 'CFP_NOT_ACTIVE' }))
  await expect(manager.start()).rejects.toMatchObject({ code: 'CFP_STOPPED' })
})

it('stops at the end of an `await using` block', async () => {
  const ended: string[] = []
  {
    await using manager = new PluginManager({ autoLoad: false })
    await manager.add(definePlugin({ name: 'a', version: '1.0.0', teardown: () => void ended.push('a') }))
    await manager.start()
  }
  expect(ended).toEqual(['a'])
})
