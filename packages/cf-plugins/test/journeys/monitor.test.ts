// A real host that is watched: what it publishes is what the monitor reads.
import { execFile } from 'node:child_process'
import { subscribe, unsubscribe } from 'node:diagnostics_channel'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { expect, onTestFinished, test } from 'vitest'
import { renderTimeline } from '../../src/index.ts'
import { PluginFolder } from './plugin-folder.ts'

const database = `
  import { setTimeout as sleep } from 'node:timers/promises'
  export const PLUGIN_META = { name: 'database', version: '1.0.0' }
  export const register = () => ({ setup: () => sleep(30), teardown() {} })`

/** Its handler keeps the event loop for 20 ms, and waits for 30 more. */
const reports = `
  import { setTimeout as sleep } from 'node:timers/promises'
  export const PLUGIN_META = { name: 'reports', version: '1.0.0', dependencies: ['database'] }
  export function register(_app, context) {
    context.on('order.paid', async (amount) => {
      const until = performance.now() + 20
      while (performance.now() < until);
      await sleep(30)
      if (amount < 0) throw new Error('not an amount')
    })
    context.hooks.on('page.title', (title) => title.trim())
    let health = { status: 'healthy' }
    return { health: () => health, ail: () => { health = { status: 'unhealthy', message: 'no paper' } } }
  }`

const files = { 'database.mjs': database, 'reports.mjs': reports }

test('all that a host publishes has the shape that the monitor reads', async () => {
  const seen = new Map<string, Record<string, unknown>[]>()
  const hooks = ['register', 'setup', 'teardown'].map((hook) => `tracing:cf-plugins:${hook}:asyncEnd`)
  for (const name of ['cf-plugins:state', 'cf-plugins:reload', 'cf-plugins:handler', 'cf-plugins:audit', ...hooks]) {
    const listener = (message: unknown) =>
      seen.set(name, [...(seen.get(name) ?? []), message as Record<string, unknown>])
    subscribe(name, listener)
    onTestFinished(() => void unsubscribe(name, listener))
  }
  const folder = await PluginFolder.make(files)
  const { manager } = await folder.started()
  await manager.events.emit('order.paid', 5)
  await manager.hooks.call('page.title', ' Home ')
  await manager.reload('reports')
  const [handler] = manager.handlers()
  manager.events.switchOff(handler?.id ?? '', 'a test')
  await manager.stop()

  const text = expect.any(String)
  const number = expect.any(Number)
  const host = manager.lifecycle.id
  const shapes: Record<string, object> = {
    'cf-plugins:state': { host, plugin: text, from: text, to: text },
    'cf-plugins:handler': {
      host,
      kind: text,
      name: text,
      plugin: text,
      syncMs: number,
      durationMs: number,
      outcome: text,
    },
    'cf-plugins:audit': { host, action: 'handler.switch-off', outcome: 'done', subject: text, reason: text },
  }
  for (const name of hooks) shapes[name] = { host, plugin: text, generation: number }
  for (const [name, shape] of Object.entries(shapes)) {
    expect([name, seen.get(name)?.length ?? 0]).not.toEqual([name, 0])
    for (const message of seen.get(name) ?? []) expect(message).toMatchObject(shape)
  }
  const [plan, report] = seen.get('cf-plugins:reload') ?? []
  expect(plan).toMatchObject({ host, plan: expect.any(Object) })
  const list = expect.any(Array)
  const lists = { members: ['reports'], started: list, unloaded: list, rolledBack: list }
  expect(report).toMatchObject({ host, report: { outcome: 'committed', durationMs: number, ...lists } })
})

test('a host tells how well it is, what its plugins do and when they came up', async () => {
  const folder = await PluginFolder.make(files)
  const manager = folder.manager({ monitor: { health: { cacheMs: 0 } } })
  expect(await manager.health()).toMatchObject({ live: true, ready: false })
  await manager.start()
  expect(await manager.health()).toMatchObject({ status: 'healthy', live: true, ready: true })

  const { failures } = await manager.events.emit('order.paid', -1)
  expect(failures).toHaveLength(1)
  await manager.events.emit('order.paid', 5)
  await manager.hooks.call('page.title', ' Home ')
  await manager.reload('database')
  const { plugins, handlers, starts, states, reloads } = manager.metrics()
  expect({ starts, states, reloads }).toEqual({ starts: 2, states: { active: 2 }, reloads: { committed: 1 } })
  const paid = handlers.find(({ name }) => name === 'order.paid')
  expect(paid).toMatchObject({ kind: 'event', plugin: 'reports', calls: 2, failed: 1 })
  expect(paid?.duration.maxMs).toBeGreaterThan(45)
  expect(handlers.find(({ name }) => name === 'page.title')).toMatchObject({
    kind: 'hook',
    plugin: 'reports',
    calls: 1,
  })
  // What it kept the event loop for is told apart from what it waited for.
  expect(plugins.reports?.syncMs).toBeGreaterThan(38)
  expect(plugins.reports?.syncMs).toBeLessThan(paid?.duration.sumMs ?? 0)
  expect(plugins.database).toMatchObject({ setup: { count: 2 }, teardown: { count: 1 }, inFlight: 0 })
  expect(plugins.database?.setup.maxMs).toBeGreaterThan(28)

  const { starts: started } = manager.monitor.timeline()
  expect(started.map(({ plugin, outcome }) => `${plugin} ${outcome}`)).toEqual([
    ...['database active', 'reports active', 'database active', 'reports active'],
  ])
  const [first, second] = started
  expect(second?.startedMs).toBeGreaterThanOrEqual(first?.endedMs ?? Number.NaN)
  expect(renderTimeline(manager.monitor.timeline())).toMatch(/^database +0\.0 ms .*setup \d\d\.\d ms\nreports /)

  ;(manager.get('reports') as { ail(): void }).ail()
  expect(await manager.health()).toMatchObject({ status: 'unhealthy', live: true, ready: false })
  // On a busy machine its handler may count as blocking, too.
  expect((await manager.health()).plugins.reports).toMatchObject({
    status: 'unhealthy',
    state: 'active',
    message: 'no paper',
  })
  await manager.disable('reports')
  expect(await manager.health()).toMatchObject({ status: 'healthy', ready: true })
})

test('while a plugin is replaced its host stays ready, and tells what waits for it', async () => {
  const folder = await PluginFolder.make({
    'slow.mjs': `
      export const PLUGIN_META = { name: 'slow', version: '1.0.0' }
      export function register(_app, { on, shared, reason }) {
        on('tick', () => {})
        return { setup: () => (reason === 'reload' ? shared.opened : undefined) }
      }`,
  })
  let open = () => {}
  const opened = new Promise<void>((resolve) => {
    open = resolve
  })
  const manager = folder.manager({ monitor: { health: { cacheMs: 0 } }, shared: { opened } })
  await manager.start()
  const reload = manager.reload('slow')
  await expect.poll(() => manager.status('slow').state).toBe('swapping')
  const emits = [1, 2, 3].map(() => manager.events.emit('tick'))
  expect(manager.metrics().plugins.slow).toMatchObject({ parked: 3, inFlight: 0 })
  expect(manager.metrics().states).toEqual({ swapping: 1 })
  expect(await manager.health()).toMatchObject({ status: 'healthy', live: true, ready: true })
  open()
  expect((await reload).outcome).toBe('committed')
  for (const { handled } of await Promise.all(emits)) expect(handled).toBe(1)
  expect(manager.metrics().plugins.slow).toMatchObject({ parked: 0 })
})

test('errors that a plugin leaves to nobody are counted and in the audit trail, and so is its being switched off', async () => {
  const folder = await PluginFolder.make({
    'careless.mjs': `
      export const PLUGIN_META = { name: 'careless', version: '1.0.0' }
      export const register = (_app, { own }) => ({
        setup() {
          const timer = setInterval(() => { throw new Error('nobody caught me') }, 5)
          own(() => clearInterval(timer))
        },
      })`,
  })
  const file = join(folder.path, '.audit', 'audit.jsonl')
  const child = ['--conditions=@cf-plugins/source', '--import', 'tsx', join(import.meta.dirname, 'stray-child.ts')]
  const { stdout } = await promisify(execFile)(process.execPath, [...child, folder.path, file], { timeout: 25_000 })
  const { strayErrors, told } = JSON.parse(stdout)
  expect(strayErrors).toBeGreaterThanOrEqual(3)
  expect(told[0]).toEqual(['stray-error', 'careless', expect.stringContaining('nobody caught me')])
  expect(told.filter(([action]: [string]) => action === 'quarantine')).toEqual([
    ['quarantine', 'careless', expect.stringContaining('was switched off')],
  ])
  expect(told).toHaveLength(strayErrors + 1)
})

test('a plugin whose file cannot be loaded is missing: the host is not ready until a good save', async () => {
  const folder = await PluginFolder.make({ ...files, 'reports.mjs': 'export const PLUGIN_META = {{{' })
  const { manager } = await folder.started({ hotReload: true, monitor: { health: { cacheMs: 0 } } })
  expect(manager.absent()).toMatchObject([{ plugin: 'reports', error: { code: 'CFP_SYNTAX' } }])
  const { live, ready, status, plugins } = await manager.health()
  expect({ live, ready, status }).toEqual({ live: true, ready: false, status: 'unhealthy' })
  expect(plugins.reports).toMatchObject({ state: 'failed', message: expect.stringContaining('reports.mjs') })
  await folder.save('reports.mjs', reports)
  await expect.poll(async () => (await manager.health()).ready).toBe(true)
  expect(manager.absent()).toEqual([])
  // Bad code in the place of code that serves on is nothing that is missing.
  await folder.save('reports.mjs', 'export const PLUGIN_META = {{{')
  expect((await manager.reload('reports')).outcome).toBe('kept')
  expect(manager.absent()).toEqual([])
  expect((await manager.health()).ready).toBe(true)
})
