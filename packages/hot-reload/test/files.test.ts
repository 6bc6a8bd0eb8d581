// What becomes of plugins whose files appear, go, come back, move and are shared.
import { mkdir, rename } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { type Counter, startFolder as start, states } from './plugin-folder.ts'
import { counter, plugin } from './sources.ts'

const user = (needs: string, fields: Readonly<Record<string, string>> = {}) =>
  plugin('user', { dependencies: `['${needs}']`, setup: '() => ({})', ...fields })

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
  expect(report.started).toEqual(['counter', 'user'])
  expect(states(folder)).toEqual({ counter: 'active', user: 'active' })
})

it('starts a plugin that could not be loaded once its file is mended', async () => {
  const folder = await start({ 'counter.ts': 'export default' })
  const report = await folder.reported(() => folder.save('counter.ts', counter(1)))
  expect(report).toMatchObject({ outcome: 'committed', started: ['counter'] })
  expect(folder.service<Counter>('counter').increment()).toBe(1)
})

it('does nothing for a file that no plugin reads', async () => {
  const folder = await start({ 'counter.ts': counter(1) })
  const report = await folder.reported(() => folder.save('_unused.ts', 'export const unused = 1'))
  expect(report.outcome).toBe('nothing')
  expect(report.plan.passedOver).toHaveLength(1)
})

it('takes out plugins that need each other when all their files go at once', async () => {
  const folder = await start({ 'counter.ts': counter(1), 'user.ts': user('counter') })
  await folder.remove('counter.ts')
  const report = await folder.reported(() => folder.remove('user.ts'))
  expect(folder.reports).toHaveLength(1)
  expect(report).toMatchObject({ outcome: 'committed', unloaded: ['user', 'counter'], problems: [] })
  expect(states(folder)).toEqual({})
})

it('lets an orphan go once nobody needs it any more', async () => {
  const folder = await start({ 'counter.ts': counter(1), 'user.ts': user('counter') })
  const orphaned = await folder.reported(() => folder.remove('counter.ts'))
  expect(orphaned).toMatchObject({ outcome: 'kept', error: { code: 'CFP_RELOAD_ORPHANED', plugin: 'counter' } })
  const report = await folder.reported(() => folder.remove('user.ts'))
  expect(report.unloaded).toEqual(['user', 'counter'])
})

it.each([
  ['the same content', 1, 2],
  ['other content', 10, 11],
])('takes an orphan back into care when its file comes back with %s', async (_what, step, expected) => {
  const folder = await start({ 'counter.ts': counter(1), 'user.ts': user('counter') })
  folder.service<Counter>('counter').increment()
  await folder.reported(() => folder.remove('counter.ts'))
  const back = await folder.reported(() => folder.save('counter.ts', counter(step)))
  expect(back).toMatchObject({ outcome: 'committed', members: ['counter', 'user'], kept: ['counter'] })
  expect(folder.service<Counter>('counter').increment()).toBe(expected)
  // No orphan any more: it stays when its user goes.
  await folder.reported(() => folder.remove('user.ts'))
  expect(states(folder)).toEqual({ counter: 'active' })
})

it('follows a plugin whose file is renamed, with its state', async () => {
  const folder = await start({ 'counter.ts': counter(1) })
  folder.service<Counter>('counter').increment()
  await rename(join(folder.path, 'counter.ts'), join(folder.path, 'renamed.ts'))
  await expect.poll(() => folder.reloader.lifecycle.registry.get('counter')?.source.file).toMatch(/renamed\.ts$/)
  await folder.reloader.idle()
  expect(folder.service<Counter>('counter').increment()).toBe(2)
})

it('follows a plugin that others need when its file is renamed', async () => {
  const folder = await start({ 'counter.ts': counter(1), 'user.ts': user('counter') })
  folder.service<Counter>('counter').increment()
  await rename(join(folder.path, 'counter.ts'), join(folder.path, 'renamed.ts'))
  await expect.poll(() => folder.reloader.lifecycle.registry.get('counter')?.source.file).toMatch(/renamed\.ts$/)
  await folder.reloader.idle()
  expect(states(folder)).toEqual({ counter: 'active', user: 'active' })
  expect(folder.service<Counter>('counter').increment()).toBe(2)
  const report = await folder.reported(() => folder.save('renamed.ts', counter(10)))
  expect(report).toMatchObject({ outcome: 'committed', members: ['counter', 'user'] })
})

it('gives up nothing for a renamed file whose new content would be refused', async () => {
  const folder = await start({ 'counter.ts': counter(1), 'user.ts': user('counter') })
  await folder.reported(() => folder.remove('counter.ts'))
  const report = await folder.reported(() =>
    folder.save('other.ts', plugin('counter', { dependencies: "['nobody']", setup: '() => ({})' })),
  )
  expect(report).toMatchObject({ outcome: 'kept', error: { code: 'CFP_DEPENDENCY_MISSING' } })
  expect(states(folder)).toEqual({ counter: 'active', user: 'active' })
  expect(folder.service<Counter>('counter').increment()).toBe(1)
})

it('removes and restores a plugin that is a folder with helpers', async () => {
  const folder = await start({
    'tool/index.ts': plugin('tool', { setup: '() => ({ step })' }, "import { step } from './step.ts'"),
    'tool/step.ts': 'export const step = 1',
    'counter.ts': counter(1),
  })
  const gone = await folder.reported(() => folder.remove('tool'))
  expect(gone).toMatchObject({ outcome: 'committed', unloaded: ['tool'], problems: [] })
  await mkdir(join(folder.path, 'tool'))
  await folder.save('_tool.ts', plugin('tool', { setup: '() => ({ step })' }, "import { step } from './step.ts'"))
  await folder.save('tool/step.ts', 'export const step = 2')
  await rename(join(folder.path, '_tool.ts'), join(folder.path, 'tool/index.ts'))
  await expect.poll(() => states(folder).tool).toBe('active')
  await folder.reloader.idle()
  expect(folder.service('tool')).toEqual({ step: 2 })
  expect(folder.reports.flatMap(({ problems }) => problems)).toEqual([])
})

it('moves a whole plugin folder away and back', async () => {
  const folder = await start({
    'tool/index.ts': plugin('tool', { setup: '() => ({ step })' }, "import { step } from './step.ts'"),
    'tool/step.ts': 'export const step = 1',
  })
  await folder.reported(() => rename(join(folder.path, 'tool'), join(folder.path, '.tool')))
  expect(states(folder)).toEqual({})
  await rename(join(folder.path, '.tool'), join(folder.path, 'tool'))
  await expect.poll(() => states(folder).tool).toBe('active')
})

it('keeps the old code of every user of a helper that is removed, and heals them when it is back (fault 20)', async () => {
  const source = (name: string) => plugin(name, { setup: '() => ({ word })' }, "import { word } from './_word.ts'")
  const folder = await start({ '_word.ts': "export const word = 'a'", 'a.ts': source('a'), 'b.ts': source('b') })
  const gone = await folder.reported(() => folder.remove('_word.ts'))
  expect(gone.outcome).toBe('kept')
  expect(gone.problems.map(({ code, plugin: name }) => [code, name])).toEqual([
    ['CFP_MODULE_MISSING', 'a'],
    ['CFP_MODULE_MISSING', 'b'],
  ])
  expect(folder.service('a')).toEqual({ word: 'a' })
  const back = await folder.reported(() => folder.save('_word.ts', "export const word = 'b'"))
  expect(back.outcome).toBe('committed')
  expect([folder.service('a'), folder.service('b')]).toEqual([{ word: 'b' }, { word: 'b' }])
})

it('leaves alone a helper of a plugin that is gone', async () => {
  const folder = await start({
    '_step.ts': 'export const step = 1',
    'tool.ts': plugin('tool', {}, "import { step } from './_step.ts'\nvoid step"),
  })
  await folder.reported(() => folder.remove('tool.ts'))
  const report = await folder.reported(() => folder.save('_step.ts', 'export const step = 2'))
  expect(report).toMatchObject({ outcome: 'nothing', problems: [] })
})

it('forgets a file that could not be loaded once it is removed', async () => {
  const folder = await start({ 'bad.ts': 'export default', 'counter.ts': counter(1) })
  expect(folder.started.failed).toMatchObject([{ plugin: 'bad', error: { code: 'CFP_SYNTAX' } }])
  const report = await folder.reported(() => folder.remove('bad.ts'))
  expect(report).toMatchObject({ outcome: 'nothing', problems: [] })
  expect(() => folder.reloader.explain('bad')).toThrow(expect.objectContaining({ code: 'CFP_PLUGIN_UNKNOWN' }))
})

it('names both files of two plugins with one name, and starts the second when the first is removed (fault 29)', async () => {
  const folder = await start({ 'one.ts': counter(1), 'two.ts': counter(10) })
  expect(folder.started.active).toEqual(['counter'])
  const [failure] = folder.started.failed
  expect(failure?.error.code).toBe('CFP_DUPLICATE_NAME')
  expect(failure?.error.message).toMatch(/one\.ts.*two\.ts/s)
  const report = await folder.reported(() => folder.remove('one.ts'))
  expect(report).toMatchObject({ outcome: 'committed', unloaded: ['counter'], started: ['counter'] })
  const service = folder.service<Counter>('counter')
  expect(service.increment()).toBe(10)
})

it('refuses a new file whose plugin has a name that is taken (fault 29)', async () => {
  const folder = await start({ 'one.ts': counter(1) })
  const report = await folder.reported(() => folder.save('two.ts', counter(10)))
  expect(report).toMatchObject({ outcome: 'failed', error: { code: 'CFP_DUPLICATE_NAME' }, started: [] })
  expect(folder.service<Counter>('counter').increment()).toBe(1)
})

it('starts a new plugin that came before the one that it needs', async () => {
  const folder = await start({})
  const early = await folder.reported(() => folder.save('user.ts', user('counter')))
  expect(early).toMatchObject({ outcome: 'failed', error: { code: 'CFP_DEPENDENCY_MISSING' } })
  const report = await folder.reported(() => folder.save('counter.ts', counter(1)))
  expect(report).toMatchObject({ outcome: 'committed', started: ['counter', 'user'], problems: [] })
})

it('takes up together a new plugin and the edit of another one that needs it', async () => {
  const folder = await start({ 'user.ts': plugin('user', { setup: '() => ({})' }) }, { debounceMs: 150 })
  await folder.save('user.ts', user('counter'))
  const report = await folder.reported(() => folder.save('counter.ts', counter(1)))
  expect(folder.reports).toHaveLength(1)
  expect(report).toMatchObject({ outcome: 'committed', members: ['user'], started: ['counter'], problems: [] })
})

it('takes up together a new plugin and the version of another one that it needs', async () => {
  const provider = (version: string) => plugin('provider', { version: `'${version}'`, setup: '() => ({})' })
  const folder = await start({ 'provider.ts': provider('1.0.0') }, { debounceMs: 150 })
  await folder.save('new.ts', plugin('new', { dependencies: "{ provider: '^2.0.0' }" }))
  const report = await folder.reported(() => folder.save('provider.ts', provider('2.0.0')))
  expect(folder.reports).toHaveLength(1)
  expect(report).toMatchObject({ outcome: 'committed', started: ['new'] })
})

it('tells of a plugin that waited for the new one, and failed', async () => {
  const folder = await start({ 'user.ts': user('counter', { setup: "() => { throw new Error('no') }" }) })
  const report = await folder.reported(() => folder.save('counter.ts', counter(1)))
  expect(report).toMatchObject({ outcome: 'committed', started: ['counter'] })
  expect(report.problems).toMatchObject([{ code: 'CFP_SETUP_FAILED', plugin: 'user' }])
})

it.each([
  ['a setup that throws again', counter(1, "throw new Error('again')"), 'CFP_SETUP_FAILED'],
  ['a syntax error', 'export default {', 'CFP_SYNTAX'],
])('says that a plugin which had failed is down still after %s', async (_what, source, code) => {
  const folder = await start({ 'counter.ts': counter(1, "throw new Error('first')") })
  const report = await folder.reported(() => folder.save('counter.ts', source))
  expect(report).toMatchObject({ outcome: 'failed', error: { code } })
  expect(report.problems).toHaveLength(1)
})

it('disables a plugin whose new metadata says so, and enables it again', async () => {
  const folder = await start({ 'tool.ts': plugin('tool', { setup: '() => ({})' }) })
  await folder.reported(() => folder.save('tool.ts', plugin('tool', { enabled: 'false', setup: '() => ({})' })))
  expect(states(folder)).toEqual({ tool: 'disabled' })
  const report = await folder.reported(() => folder.save('tool.ts', plugin('tool', { setup: '() => ({})' })))
  expect(states(folder)).toEqual({ tool: 'active' })
  expect(report.started).toEqual(['tool'])
})
