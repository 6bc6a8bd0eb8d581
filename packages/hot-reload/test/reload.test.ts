import { afterEach, expect, it } from 'vitest'
import type { HotReloaderOptions } from '../src/index.ts'
import { counter, type PluginFolder, plugin, pluginFolder } from './plugin-folder.ts'

interface Counter {
  increment(): number
}

const open: PluginFolder[] = []
afterEach(async () => {
  for (const folder of open.splice(0)) await folder[Symbol.asyncDispose]()
})

async function start(files: Readonly<Record<string, string>>, options?: HotReloaderOptions): Promise<PluginFolder> {
  const folder = await pluginFolder(files, options)
  open.push(folder)
  return folder
}

const states = (folder: PluginFolder) =>
  Object.fromEntries(folder.reloader.lifecycle.statuses().map(({ plugin, state }) => [plugin, state]))

it('replaces the code of a saved plugin and keeps its state', async () => {
  const folder = await start({ 'counter.ts': counter(1) })
  folder.service<Counter>('counter').increment()
  const report = await folder.reported(() => folder.save('counter.ts', counter(10)))
  expect(report).toMatchObject({ outcome: 'committed', members: ['counter'], kept: ['counter'], error: undefined })
  expect(report.instances.get('counter')).toBe(folder.reloader.lifecycle.instance('counter'))
  expect(folder.service<Counter>('counter').increment()).toBe(11)
})

it('lets the old code serve, untouched, when the new one has a syntax error, and says where', async () => {
  const folder = await start({ 'counter.ts': counter(1) })
  const before = folder.service('counter')
  const report = await folder.reported(() => folder.save('counter.ts', 'export default {\n  oops oops\n}'))
  expect(report.outcome).toBe('kept')
  expect(report.error).toMatchObject({ line: 2 })
  expect(report.error?.message).toContain('counter.ts:2')
  expect(folder.service('counter')).toBe(before)
})

it('restores the old code with its state when the new setup throws', async () => {
  const folder = await start({ 'counter.ts': counter(1) })
  folder.service<Counter>('counter').increment()
  const report = await folder.reported(() => folder.save('counter.ts', counter(10, "throw new Error('not today')")))
  expect(report.outcome).toBe('rolled-back')
  expect(report.error?.code).toBe('CFP_SETUP_FAILED')
  expect(folder.service<Counter>('counter').increment()).toBe(2)
  const healed = await folder.reported(() => folder.save('counter.ts', counter(100)))
  expect(healed.outcome).toBe('committed')
  expect(folder.service<Counter>('counter').increment()).toBe(102)
})

it('reloads every user of a shared helper as one unit, and nobody else', async () => {
  const user = (name: string) =>
    plugin(name, { setup: '() => ({ read: () => word })' }, "import { word } from './_word.js'")
  const folder = await start({
    '_word.ts': "export const word = 'old'",
    'a.ts': user('a'),
    'b.ts': user('b'),
    'c.ts': plugin('c', { setup: '() => ({})' }),
  })
  const untouched = folder.service('c')
  const report = await folder.reported(() => folder.save('_word.ts', "export const word = 'new'"))
  expect([...report.members].sort()).toEqual(['a', 'b'])
  expect(folder.service<{ read(): string }>('a').read()).toBe('new')
  expect(folder.service<{ read(): string }>('b').read()).toBe('new')
  expect(folder.service('c')).toBe(untouched)
})

it('makes dependents anew with their provider, or none of them', async () => {
  const provider = (value: number, setup = '') =>
    plugin('provider', { setup: `() => { ${setup}; return { value: ${value} } }` })
  const consumer = plugin('consumer', {
    dependencies: "['provider']",
    setup: `({ inject }) => { const provider = inject('provider') as { value: number }; if (provider.value === 3) throw new Error('no threes'); return { seen: provider.value } }`,
  })
  const folder = await start({ 'provider.ts': provider(1), 'consumer.ts': consumer })
  const good = await folder.reported(() => folder.save('provider.ts', provider(2)))
  expect(good.members).toEqual(['provider', 'consumer'])
  expect(folder.service<{ seen: number }>('consumer').seen).toBe(2)
  const bad = await folder.reported(() => folder.save('provider.ts', provider(3)))
  expect(bad).toMatchObject({ outcome: 'rolled-back', error: { plugin: 'consumer' } })
  expect(folder.service<{ value: number }>('provider').value).toBe(2)
  expect(folder.service<{ seen: number }>('consumer').seen).toBe(2)
})

it('unloads a plugin whose file is removed, and gives it back its state when the file is', async () => {
  const folder = await start({ 'counter.ts': counter(1) })
  folder.service<Counter>('counter').increment()
  const gone = await folder.reported(() => folder.remove('counter.ts'))
  expect(gone.unloaded).toEqual(['counter'])
  expect(states(folder)).toEqual({})
  const back = await folder.reported(() => folder.save('counter.ts', counter(1)))
  expect(back.started).toEqual(['counter'])
  expect(folder.service<Counter>('counter').increment()).toBe(2)
})

it('lets a plugin serve on whose file is removed while others need it', async () => {
  const folder = await start({
    'counter.ts': counter(1),
    'user.ts': plugin('user', { dependencies: "['counter']", setup: '() => ({})' }),
  })
  const report = await folder.reported(() => folder.remove('counter.ts'))
  expect(report.unloaded).toEqual([])
  expect(states(folder)).toEqual({ counter: 'active', user: 'active' })
  expect(folder.service<Counter>('counter').increment()).toBe(1)
})

it('starts a plugin whose file appears, and whoever waited for it', async () => {
  const folder = await start({ 'user.ts': plugin('user', { dependencies: "['counter']", setup: '() => ({})' }) })
  expect(states(folder)).toEqual({ user: 'blocked' })
  const report = await folder.reported(() => folder.save('counter.ts', counter(1)))
  expect(report.started).toEqual(['counter'])
  expect(states(folder)).toEqual({ counter: 'active', user: 'active' })
})

it('starts a plugin that could not be loaded once its file is mended', async () => {
  const folder = await start({ 'counter.ts': 'export default' })
  const report = await folder.reported(() => folder.save('counter.ts', counter(1)))
  expect(report).toMatchObject({ outcome: 'committed', started: ['counter'] })
  expect(folder.service<Counter>('counter').increment()).toBe(1)
})

it('starts a plugin whose setup failed at the start once it is mended', async () => {
  const folder = await start({
    'counter.ts': counter(1, "throw new Error('not yet')"),
    'user.ts': plugin('user', { dependencies: "['counter']", setup: '() => ({})' }),
  })
  expect(states(folder)).toEqual({ counter: 'failed', user: 'blocked' })
  await folder.reported(() => folder.save('counter.ts', counter(1)))
  expect(states(folder)).toEqual({ counter: 'active', user: 'active' })
})

it.each([
  ['a rename', plugin('renamed', { setup: '() => ({})' }), 'CFP_PLUGIN_RENAMED'],
  ['a missing dependency', plugin('leaf', { dependencies: "['nobody']" }), 'CFP_DEPENDENCY_MISSING'],
  ['a circle', plugin('leaf', { dependencies: "['top']" }), 'CFP_DEPENDENCY_CYCLE'],
  ['a range that is not met', plugin('leaf', { dependencies: "{ other: '^2.0.0' }" }), 'CFP_DEPENDENCY_RANGE'],
  ['bad metadata', plugin('leaf', { version: "'one'" }), 'CFP_META_INVALID'],
  ['no plugin', 'export const nothing = 1', 'CFP_NOT_A_PLUGIN'],
])('refuses %s before it touches what runs', async (_what, source, code) => {
  const folder = await start({
    'leaf.ts': plugin('leaf', { setup: '() => ({})' }),
    'other.ts': plugin('other', { setup: '() => ({})' }),
    'top.ts': plugin('top', { dependencies: "['leaf']", setup: '() => ({})' }),
  })
  const before = folder.service('leaf')
  const report = await folder.reported(() => folder.save('leaf.ts', source))
  expect(report).toMatchObject({ outcome: 'kept', error: { code } })
  expect(folder.service('leaf')).toBe(before)
  expect(states(folder)).toEqual({ leaf: 'active', other: 'active', top: 'active' })
})

it('does nothing for a file that no plugin reads', async () => {
  const folder = await start({ 'counter.ts': counter(1) })
  const report = await folder.reported(() => folder.save('_unused.ts', 'export const unused = 1'))
  expect(report.outcome).toBe('nothing')
  expect(report.plan.passedOver).toHaveLength(1)
})

it('takes up the changed file of a disabled plugin when it is enabled, with its state', async () => {
  const folder = await start({ 'counter.ts': counter(1) })
  folder.service<Counter>('counter').increment()
  await folder.reloader.lifecycle.disable('counter')
  await folder.reported(() => folder.save('counter.ts', counter(10)))
  expect(states(folder)).toEqual({ counter: 'disabled' })
  await folder.reloader.lifecycle.enable('counter')
  expect(folder.service<Counter>('counter').increment()).toBe(11)
})

it('asks the host before a reload, and keeps the old code where it says no', async () => {
  let answer: boolean | Error = false
  const folder = await start(
    { 'counter.ts': counter(1) },
    {
      beforeReload: () => {
        if (answer instanceof Error) throw answer
        return answer
      },
    },
  )
  const vetoed = await folder.reported(() => folder.save('counter.ts', counter(10)))
  expect(vetoed).toMatchObject({ outcome: 'kept', error: { code: 'CFP_RELOAD_VETOED' } })
  answer = new Error('host is busy')
  const refused = await folder.reloader.reloadPlugin('counter')
  expect(refused).toMatchObject({ outcome: 'kept', error: { code: 'CFP_RELOAD_HOST_HOOK' } })
  expect(folder.service<Counter>('counter').increment()).toBe(1)
  answer = true
  expect((await folder.reloader.reloadPlugin('counter')).outcome).toBe('committed')
  expect(folder.service<Counter>('counter').increment()).toBe(11)
})

it('reloads several plugins by name as one transaction', async () => {
  const folder = await start(
    { 'counter.ts': counter(1), 'other.ts': plugin('other', { setup: '() => ({})' }) },
    { watch: false },
  )
  await folder.save('counter.ts', counter(10))
  await folder.save('other.ts', plugin('other', { setup: "() => { throw new Error('bad half') }" }))
  const report = await folder.reloader.reloadPlugins(['counter', 'other'])
  expect(report.outcome).toBe('rolled-back')
  expect(folder.service<Counter>('counter').increment()).toBe(1)
})

it('refuses to reload a plugin that is not there', async () => {
  const folder = await start({ 'counter.ts': counter(1) })
  await expect(folder.reloader.reloadPlugin('countr')).rejects.toMatchObject({ code: 'CFP_PLUGIN_UNKNOWN' })
})

it('ends on the last of many quick saves', async () => {
  const folder = await start({ 'counter.ts': counter(1) })
  for (let step = 2; step <= 30; step++) await folder.save('counter.ts', counter(step))
  const last = () => folder.service<{ increment(): number }>('counter')
  await expect
    .poll(
      async () => {
        await folder.reloader.idle()
        const from = last().increment()
        return last().increment() - from
      },
      { timeout: 10_000 },
    )
    .toBe(30)
})

it('watches nothing and changes nothing after it has stopped', async () => {
  const folder = await start({ 'counter.ts': counter(1) })
  const stopped = await folder.reloader.stop()
  expect(stopped.stopped).toEqual(['counter'])
  await folder.save('counter.ts', counter(10))
  await expect(folder.reloader.lifecycle.reload({ restart: ['counter'] })).rejects.toMatchObject({
    code: 'CFP_STOPPED',
  })
  expect(folder.reports).toEqual([])
})
