// What a save comes to: new code with the old state, or the old code.
import { expect, it } from 'vitest'
import { type Counter, startFolder as start, states } from './plugin-folder.ts'
import { counter, plugin } from './sources.ts'

it('replaces the code of a saved plugin and keeps its state', async () => {
  const folder = await start({ 'counter.ts': counter(1) })
  folder.service<Counter>('counter').increment()
  const report = await folder.reported(() => folder.save('counter.ts', counter(10)))
  expect(report).toMatchObject({ outcome: 'committed', members: ['counter'], kept: ['counter'], error: undefined })
  expect(report.instances.get('counter')).toBe(folder.reloader.lifecycle.instance('counter'))
  expect(folder.service<Counter>('counter').increment()).toBe(11)
})

it('lets the old code serve, untouched, when the new one has a syntax error, and says where (fault 17)', async () => {
  const folder = await start({ 'counter.ts': counter(1) })
  const before = folder.service('counter')
  const report = await folder.reported(() => folder.save('counter.ts', 'export default {\n  oops oops\n}'))
  expect(report.outcome).toBe('kept')
  expect(report.error).toMatchObject({ line: 2 })
  expect(report.error?.message).toContain('counter.ts:2')
  expect(folder.service('counter')).toBe(before)
})

it('restores the old code with its state when the new setup throws (fault 36)', async () => {
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

it('reloads every user of a shared helper as one unit, and nobody else (fault 22)', async () => {
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

it('makes dependents anew with their provider, or none of them (fault 43)', async () => {
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
])('refuses %s before it touches what runs (faults 21, 28, 30, 31, 32, 33)', async (_what, source, code) => {
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
