// The programs of the guides, run as they stand there.
import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import type { Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterEach, expect, it } from 'vitest'
import {
  definePlugin,
  FileStateStore,
  PluginManager,
  type ResourceManager,
  readAudit,
  type ServiceRef,
} from '../src/index.ts'

const guides = join(import.meta.dirname, '../../../docs')

const cleanups: (() => Promise<unknown>)[] = []
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup()
})

/** Writes the blocks of a guide that bear a file's name into a new folder below `parent`. */
async function writePrograms(guide: string, parent = tmpdir()): Promise<string> {
  await mkdir(parent, { recursive: true })
  const folder = await mkdtemp(join(parent, 'cf-docs-'))
  cleanups.push(() => rm(folder, { recursive: true, force: true }))
  const text = await readFile(join(guides, guide), 'utf8')
  for (const [, name = '', program = ''] of text.matchAll(/^```ts (\S+)\n(.*?)^```$/gms)) {
    await mkdir(dirname(join(folder, name)), { recursive: true })
    await writeFile(join(folder, name), program)
  }
  return folder
}

it('starts every plugin of the guide to writing them', async () => {
  const folder = await writePrograms('plugins.md')
  const manager = new PluginManager({ paths: [folder] })
  cleanups.push(() => manager.stop())
  const report = await manager.start()
  expect(report.failed).toEqual([])
  expect([...report.active].sort()).toEqual([
    ...['cache', 'checkout', 'clock', 'counter', 'greeter', 'ledger', 'members', 'newsletter', 'pages', 'payment'],
    ...['search', 'smtp', 'till', 'visits', 'watcher', 'web'],
  ])
  await manager.events.emit('click')
  expect(await manager.hooks.call('greet', 'Ada')).toEqual(['Hello Ada, you are number 2'])
  await manager.reload('counter')
  expect(await manager.hooks.call('greet', 'Alan')).toEqual(['Hello Alan, you are number 3'])
})

it('serves, tells, asks and sends through steps as the guide to writing plugins says', async () => {
  const folder = await writePrograms('plugins.md')
  const manager = new PluginManager({ paths: [folder] })
  cleanups.push(() => manager.stop())
  await manager.start()
  const newsletter = manager.get('newsletter') as {
    send(to: string): number
    readonly outbox: string[]
    readonly ways: number
    readonly isTracked: boolean
  }
  newsletter.send('Ada')
  expect(newsletter).toMatchObject({ outbox: ['outbox of newsletter', 'News, Ada'], ways: 1, isTracked: false })
  expect(manager.get('cache')).toEqual({ ttl: 300 })

  const sales = ['pen', 'ink'].map((thing) => manager.events.emit('ledger.sold', { thing, price: 1 }))
  await Promise.all(sales)
  await manager.events.emit('day.over')
  expect(manager.get('ledger')).toEqual(['pen and ink', 'ledger.closed by ledger, for day.over'])

  const { open } = manager.get('pages') as { open(user: string): Promise<string> }
  expect([await open('Ada'), await open('guest'), await open('nobody')]).toEqual([
    '<My Home: mail of Ada, news>',
    '<My Home: news>',
    'no',
  ])
  expect(manager.get('members')).toEqual(['Ada', 'guest', 'nobody'])

  const { buy, log } = manager.get('checkout') as { buy(...items: string[]): Promise<unknown>; log: string[] }
  expect(await buy('pen')).toEqual({ items: ['pen'], total: 7, country: 'NL' })
  await expect(buy('pen', 'ink', 'book')).rejects.toMatchObject({
    ...{ code: 'CFP_PIPELINE_FAILED', step: 'pay', plugin: 'payment', undone: ['reserve'] },
  })
  expect(log).toEqual(['reserved', 'reserved', 'released 2'])
})

it('keeps what the guide’s till has sold, over a reload and in the next process, also where nobody stopped the first', async () => {
  const folder = await writePrograms('plugins.md')
  const state = { folder: join(folder, '.states') }
  const first = new PluginManager({ paths: [folder], state })
  cleanups.push(() => first.stop())
  await first.start()
  const till = (manager: PluginManager) => manager.get('till') as { sold(): number; left(): number }
  await first.events.emit('sale')
  await first.reload('till')
  for (let sale = 0; sale < 12; sale++) await first.events.emit('sale')
  expect([till(first).sold(), till(first).left()]).toEqual([10, 0])
  const kept = async () => (await new FileStateStore(state).read('till'))?.own?.value
  for (let found: unknown; (found as { sold: number } | undefined)?.sold !== 10; ) found = await kept()
  const second = new PluginManager({ paths: [folder], state })
  cleanups.push(() => second.stop())
  await second.start()
  expect([till(second).sold(), till(second).left()]).toEqual([10, 0])
})

it('migrates the state of the guide from older and newer code', async () => {
  const folder = await writePrograms('plugins.md')
  const states = join(folder, '.states')
  const before = async (version: number, state: unknown) => {
    const manager = new PluginManager({ autoLoad: false, state: { folder: states } })
    await manager.add(definePlugin({ name: 'visits', version: '1.0.0', state: { version, save: () => state } }))
    await manager.start()
    expect((await manager.stop()).problems).toEqual([])
  }
  const now = async () => {
    const manager = new PluginManager({ paths: [folder], state: { folder: states } })
    cleanups.push(() => manager.stop())
    expect((await manager.start()).problems).toEqual([])
    const visits = manager.get('visits') as { count(page: string): void; total(): number; pages: Map<string, number> }
    visits.count('/docs')
    await manager.stop()
    return [visits.total(), Object.fromEntries(visits.pages)]
  }
  await before(1, 41)
  expect(await now()).toEqual([42, { '/': 41, '/docs': 1 }])
  expect(await now()).toEqual([43, { '/': 41, '/docs': 2 }])
  const days = [1, 2].map((day) => ({ page: '/docs', day, count: 10 }))
  await rm(states, { recursive: true })
  await before(3, days)
  expect(await now()).toEqual([21, { '/docs': 21 }])
})

it('finds packages, takes edits, grants, watches and switches off as the host of the guide to hosting says', async () => {
  const folder = await writePrograms('hosting.md', join(import.meta.dirname, '../node_modules/.docs'))
  const { watchedOver } = (await import(join(folder, 'watched-over.ts'))) as {
    watchedOver(folder: string, told: string[]): PluginManager
  }
  const write = async (name: string, text: string) => {
    await mkdir(dirname(join(folder, name)), { recursive: true })
    await writeFile(join(folder, name), text)
  }
  await write('package.json', JSON.stringify({ type: 'module', dependencies: { tax: '1' } }))
  await write(
    'node_modules/tax/package.json',
    JSON.stringify({ type: 'module', main: 'tax.js', keywords: ['cf-plugin'] }),
  )
  const tax = `export const PLUGIN_META = { name: 'tax', version: '1.0.0' }; export const register = () => ({ rate: 0.2 })`
  await write('node_modules/tax/tax.js', tax)
  await write(
    'plugins/shop.js',
    `export const PLUGIN_META = { name: 'shop', version: '1.0.0', dependencies: ['tax'] }
    export const register = (_app, { config, emit, hooks, inject, publish }) => ({
      setup() { hooks.on('price', () => { throw new Error('no idea') }, { ignoreErrors: true }) },
      sell: () => emit('order.placed'), gossip: () => publish('rumour'), rate: () => inject('tax').rate, config,
    })`,
  )
  await write('plugins.yaml', 'shop:\n  settings: { name: Corner }\n')
  const told: string[] = []
  const manager = watchedOver(folder, told)
  cleanups.push(() => manager.stop())
  const report = await manager.start()
  expect([report.active, report.failed]).toEqual([['tax', 'shop'], []])
  interface Shop {
    sell(): Promise<object>
    gossip(): void
    rate(): number
    readonly config: object
  }
  const shop = () => manager.get('shop') as Shop
  expect([shop().rate(), shop().config, await shop().sell()]).toMatchObject([0.2, { name: 'Corner' }, { failures: [] }])
  expect(() => shop().gossip()).toThrow(expect.objectContaining({ code: 'CFP_ACCESS_DENIED' }))
  await write('plugins.yaml', 'shop:\n  settings: { name: Market }\n')
  await expect.poll(() => told, { timeout: 5000 }).toEqual(['committed: shop'])
  expect(shop().config).toEqual({ name: 'Market' })

  for (let call = 0; call < 4; call++) await manager.hooks.call('price')
  const [handler] = manager.handlers()
  expect(handler).toMatchObject({ plugin: 'shop', on: false, reason: 'failed 3 times in a row', calls: 3 })
  manager.hooks.switchOn(handler?.id ?? '')
  expect(manager.handlers()[0]?.on).toBe(true)
  expect(await manager.health()).toMatchObject({ live: true, ready: true })
  expect(manager.metrics()).toMatchObject({ states: { active: 2 } })
  expect(manager.monitor.timeline().starts.map(({ plugin }) => plugin)).toEqual(expect.arrayContaining(['tax', 'shop']))
  expect((await manager.configuration()).plugins.map(({ plugin }) => plugin).sort()).toEqual(['shop', 'tax'])
  await manager.stop()
  const { entries } = await readAudit(join(folder, 'audit.jsonl'), { plugin: 'shop' })
  expect(entries.map(({ action }) => action)).toEqual(
    expect.arrayContaining(['access', 'handler.switch-off', 'handler.switch-on', 'transition']),
  )
})

it('counts on in the host of the guide to hosting', async () => {
  const folder = await writePrograms('hosting.md', join(import.meta.dirname, '../node_modules/.docs'))
  const { live } = (await import(join(folder, 'lasting.ts'))) as {
    live(folder: string, key: Uint8Array): Promise<number>
  }
  const states = join(folder, 'states')
  const key = randomBytes(32)
  expect([await live(states, key), await live(states, key), await live(states, key)]).toEqual([1, 2, 3])
  expect((await readFile(join(states, 'counter.state'))).includes('counter')).toBe(false)
})

it('holds the server of the guide over a reload, and starts before it stops where the guide says so', async () => {
  const folder = await writePrograms('plugins.md')
  const manager = new PluginManager({ paths: [folder] })
  cleanups.push(() => manager.stop())
  await manager.start()
  const addressOf = () => (manager.get('web') as { address(): AddressInfo }).address()
  const { port } = addressOf()
  const ask = async () => (await fetch(`http://127.0.0.1:${port}`)).text()
  expect(await ask()).toBe('generation 1')
  const [report, ...answers] = await Promise.all([manager.reload('web'), ask(), ask(), ask()])
  expect(report).toMatchObject({ outcome: 'committed', problems: [] })
  for (const answer of answers) expect(['generation 1', 'generation 2']).toContain(answer)
  expect(await ask()).toBe('generation 2')
  expect(addressOf().port).toBe(port)
  const { phases } = await manager.reload('search')
  expect(phases.map(({ phase }) => phase)).toContain('retire')
})

it('gives the app of the guide to hosting what a plugin adds, and takes it back', async () => {
  // Below this package, so that its import of cf-plugins is found.
  const folder = await writePrograms('hosting.md', join(import.meta.dirname, '../node_modules/.docs'))
  const { manager, routes } = (await import(join(folder, 'routes.ts'))) as {
    manager: PluginManager
    routes: Map<string, () => string>
  }
  cleanups.push(() => manager.stop())
  expect(routes.get('/status')?.()).toBe('fine')
  await manager.disable('status')
  expect(routes.size).toBe(0)
  await manager.enable('status')
  await manager.reload('status')
  expect([...routes.keys()]).toEqual(['/status'])
  await manager.stop()
  expect(routes.size).toBe(0)
})

it('tells what the guide to reloading says of a good save and a bad one', async () => {
  const folder = await writePrograms('reload.md', join(import.meta.dirname, '../node_modules/.docs'))
  const plugins = join(folder, 'plugins')
  await mkdir(plugins)
  const counter = (code: string) =>
    `export const PLUGIN_META = { name: 'counter', version: '1.0.0' }
    export const register = () => ({ setup() { ${code} }, getReloadState: () => 1, setReloadState() {} })`
  await writeFile(join(plugins, 'counter.js'), counter(''))
  const { watched, told } = (await import(join(folder, 'watched.ts'))) as {
    watched: (folder: string) => PluginManager
    told: string[]
  }
  const manager = watched(plugins)
  cleanups.push(() => manager.stop())
  await manager.start()
  await writeFile(join(plugins, 'counter.js'), counter('void 0'))
  await expect.poll(() => told).toHaveLength(2)
  await writeFile(join(plugins, 'counter.js'), counter("throw new Error('not today')"))
  await expect.poll(() => told).toHaveLength(4)
  expect(told[0]).toBe('about to replace counter')
  expect(told[1]).toMatch(/^committed: counter, with the state of counter \(.*load .* ms, .*commit .* ms/)
  expect(told[3]).toMatch(/^rolled-back: CFP_SETUP_FAILED of counter in setup: .*not today/)
})

it('keeps the resources of the guide to them, tells of their changes, and keeps each plugin to its own', async () => {
  const folder = await writePrograms('resources.md', join(import.meta.dirname, '../node_modules/.docs'))
  const { hosted } = (await import(join(folder, 'host.ts'))) as {
    hosted(folder: string): { manager: PluginManager; documents: ResourceManager }
  }
  const { manager, documents } = hosted(folder)
  cleanups.push(() => manager.stop())
  expect((await manager.start()).failed).toEqual([])
  const notes = manager.get('notes') as {
    write(name: string, text: string, author: string): Promise<unknown>
    review(name: string, reviewer: string): Promise<{ metadata: object }>
    by(author: string): Promise<string[]>
  }
  await notes.write('march', 'all went well', 'Ada')
  await manager.reload('notes')
  const again = manager.get('notes') as typeof notes
  expect(await again.review('march', 'Alan')).toMatchObject({ metadata: { author: 'Ada', words: 3, reviewer: 'Alan' } })
  expect(await again.by('Ada')).toEqual(['march'])
  await documents.create('secret', 'nobody knows')
  const editor = manager.get('editor') as {
    save(name: string, text: string): Promise<unknown>
    read(name: string): Promise<unknown>
  }
  await editor.save('march', 'a draft')
  expect(await editor.read('drafts/march')).toMatchObject({ content: 'a draft' })
  await expect(editor.read('secret')).rejects.toMatchObject({ code: 'CFP_ACCESS_DENIED' })
  const activity = manager.get('activity') as { lines: string[] }
  await expect
    .poll(() => activity.lines)
    .toEqual([
      'notes created notes/march, now 1',
      'notes updated notes/march, now 2',
      'editor created documents/drafts/march, now 1',
    ])
  expect(await readFile(join(folder, 'documents/drafts+march.resource'), 'utf8')).toMatch(/^\{.*\}\na draft$/)
})

it('checks what the guide to security says that is checked, and cannot do what it says that nobody can (fault 75)', async () => {
  const folder = await writePrograms('security.md', join(import.meta.dirname, '../node_modules/.docs'))
  const trail = join(folder, 'audit.jsonl')
  const { order } = (await import(join(folder, 'guarded.ts'))) as {
    order(grants: readonly string[], audit: string): Promise<string[]>
  }
  const text = await readFile(join(guides, 'security.md'), 'utf8')
  const denied = await order(['event:*', 'emit:*'], trail)
  expect(denied).toHaveLength(1)
  expect(text).toContain(`\n${denied[0]}\n`)
  expect(await order(['event:*', 'emit:*', 'service:vault'], trail)).toEqual([])
  const { entries } = await readAudit(trail)
  expect(entries.filter(({ action }) => action === 'access')).toMatchObject([
    { outcome: 'denied', plugin: 'shop', subject: 'service:vault' },
  ])
  const manager = new PluginManager({ autoLoad: false })
  cleanups.push(() => manager.stop())
  await manager.add(await import(join(folder, 'no-cage.ts')))
  await manager.start()
  expect(manager.get('curious')).toEqual({ size: expect.any(Number) })
  const { readInWorker } = (await import(join(folder, 'worker.ts'))) as {
    readInWorker(isGuarded: boolean): Promise<string>
  }
  expect([await readInWorker(false), await readInWorker(true)]).toEqual(['read', 'ERR_ACCESS_DENIED'])
})

it('answers the probes of the guide to watching a host, and looks back at what was done', async () => {
  const folder = await writePrograms('monitoring.md', join(import.meta.dirname, '../node_modules/.docs'))
  const plugins = join(folder, 'plugins')
  const audit = join(folder, 'audit.jsonl')
  const { watched } = (await import(join(folder, 'watched.ts'))) as {
    watched(plugins: string, audit: string): Promise<{ manager: PluginManager; server: Server }>
  }
  const { lookBack } = (await import(join(folder, 'look-back.ts'))) as {
    lookBack(file: string, plugin: string): Promise<string[]>
  }
  const { manager, server } = await watched(plugins, audit)
  cleanups.push(async () => {
    server.close()
    await manager.stop()
  })
  await once(server.listen(0, '127.0.0.1'), 'listening')
  const ask = async (path: string) => {
    const response = await fetch(`http://127.0.0.1:${(server.address() as AddressInfo).port}${path}`)
    return [response.status, await response.json()] as const
  }
  expect(await ask('/livez')).toEqual([200, { live: true }])
  expect(await ask('/readyz')).toMatchObject([200, { ready: true, status: 'healthy' }])
  for (let mail = 0; mail < 100; mail++) await manager.events.emit('mail.written')
  expect((await ask('/metrics'))[1]).toMatchObject({
    states: { active: 1 },
    handlers: [{ plugin: 'mailer', calls: 100 }],
  })
  await expect.poll(() => ask('/readyz')).toMatchObject([503, { plugins: { mailer: { message: '100 mails wait' } } }])
  expect(await ask('/livez')).toEqual([200, { live: true }])
  await manager.stop()
  expect(await lookBack(audit, 'mailer')).toEqual([
    'transition done resolved starting',
    'transition done starting active',
    'transition done active stopped',
  ])
})

it('gives the services of the guide to hosting to whom the host says', async () => {
  const folder = await writePrograms('hosting.md', join(import.meta.dirname, '../node_modules/.docs'))
  const { manager, Cache } = (await import(join(folder, 'providers.ts'))) as {
    manager: PluginManager
    Cache: ServiceRef<{ kind: string }>
  }
  cleanups.push(() => manager.stop())
  expect(manager.get('pages')).toEqual({ one: 'shared', every: ['shared', 'own'] })
  expect(manager.get(Cache).kind).toBe('shared')
})
