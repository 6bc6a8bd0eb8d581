// Bad input of each kind: one clear error, with a code.
import { chmod, symlink } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { definePlugin, PluginError, PluginManager } from '../../src/index.ts'
import { PluginFolder } from './plugin-folder.ts'

const plugin = (name: string, more = '') =>
  `import { definePlugin } from 'cf-plugins'\nexport default definePlugin({ name: '${name}', version: '1.0.0', ${more} })`

it('refuses a folder that is not there', async () => {
  const start = new PluginManager({ paths: ['no/such/folder'], hotReload: true }).start()
  await expect(start).rejects.toThrow(PluginError)
  await expect(start).rejects.toMatchObject({
    code: 'CFP_FOLDER_MISSING',
    message: expect.stringContaining('no/such/folder'),
  })
})

it('refuses a folder that cannot be read', async () => {
  // A link to itself cannot be looked at by anybody, root neither.
  const folder = await PluginFolder.make()
  const path = join(folder.path, 'loop')
  await symlink('loop', path)
  const start = async () => new PluginManager({ paths: [path] }).start()
  await expect(start()).rejects.toMatchObject({ code: 'CFP_FOLDER_UNREADABLE', message: expect.stringContaining(path) })
})

it('starts over an empty folder, and over a default folder that is not there', async () => {
  const folder = await PluginFolder.make()
  const { report } = await folder.started()
  expect(report).toMatchObject({ active: [], failed: [], disabled: [] })
  const manager = new PluginManager()
  expect((await manager.start()).active).toEqual([])
  await manager.stop()
})

it.each<[string, Record<string, string>, string, RegExp]>([
  [
    'a file that is no plugin',
    { 'a.ts': 'export const x = 1' },
    'CFP_NOT_A_PLUGIN',
    /Looked for: PLUGIN_META and register/,
  ],
  ['a syntax error', { 'a.ts': 'export const = 1' }, 'CFP_SYNTAX', /a\.ts:1:14/],
  ['a missing import', { 'a.ts': "import './gone.ts'" }, 'CFP_MODULE_MISSING', /gone\.ts/],
  ['a throw at import', { 'a.ts': "throw new Error('at import')" }, 'CFP_LOAD_THROWN', /at import.*a\.ts:1/],
  ['bad metadata', { 'a.ts': plugin('A B', 'dependencies: 5,') }, 'CFP_META_INVALID', /name.*dependencies/s],
  ['one name twice', { 'a.ts': plugin('a'), 'b.ts': plugin('a') }, 'CFP_DUPLICATE_NAME', /a\.ts.*b\.ts/s],
  [
    'a missing dependency',
    { 'a.ts': plugin('a', "dependencies: ['gone']") },
    'CFP_DEPENDENCY_MISSING',
    /"a" needs "gone"/,
  ],
  [
    'a circle',
    { 'a.ts': plugin('a', "dependencies: ['b']"), 'b.ts': plugin('b', "dependencies: ['a']") },
    'CFP_DEPENDENCY_CYCLE',
    /a -> b -> a|b -> a -> b/,
  ],
  [
    'a range that is not met',
    { 'a.ts': plugin('a'), 'b.ts': plugin('b', "dependencies: { a: '^2.0.0' }") },
    'CFP_DEPENDENCY_RANGE',
    /\^2\.0\.0.*1\.0\.0/,
  ],
  ['a service that nobody offers', { 'a.ts': plugin('a', "requires: ['mail']") }, 'CFP_SERVICE_MISSING', /"mail"/],
  [
    'a setup that throws',
    { 'a.ts': plugin('a', "setup() { throw new Error('port taken') }") },
    'CFP_SETUP_FAILED',
    /port taken/,
  ],
])('tells of %s, by one error', async (_what, files, code, message) => {
  const folder = await PluginFolder.make({ ...files, 'zz.ts': plugin('zz') })
  const { report } = await folder.started()
  expect(report.active).toContain('zz')
  expect(new Set(report.failed.map(({ error }) => error.code))).toEqual(new Set([code]))
  for (const { error } of report.failed) {
    expect(error).toBeInstanceOf(PluginError)
    expect(error.message).toMatch(message)
  }
})

it.skipIf(process.getuid?.() === 0)('tells of a file that may not be read', async () => {
  const folder = await PluginFolder.make({ 'a.ts': plugin('a'), 'zz.ts': plugin('zz') })
  await chmod(join(folder.path, 'a.ts'), 0)
  const { report } = await folder.started()
  expect(report).toMatchObject({ active: ['zz'], failed: [{ plugin: 'a', error: { code: 'CFP_FILE_UNREADABLE' } }] })
})

it.each([
  ['nothing', undefined],
  ['a number', 5],
  ['an object', {}],
  ['a plain class', class {}],
])('refuses to add %s', async (_what, value) => {
  const manager = new PluginManager({ autoLoad: false })
  await expect(manager.add(value)).rejects.toMatchObject({ code: 'CFP_NOT_A_PLUGIN' })
})

it('refuses names that are not there, with the nearest one', async () => {
  const manager = new PluginManager({ autoLoad: false })
  await manager.add(definePlugin({ name: 'billing', version: '1.0.0' }))
  await manager.start()
  for (const ask of [
    () => manager.get('biling'),
    () => manager.status('biling'),
    () => manager.explain('biling'),
    () => manager.reload('biling'),
    () => manager.enable('biling'),
    () => manager.disable('biling'),
    () => manager.unload('biling'),
    () => manager.use('biling', () => {}),
  ]) {
    const asked = (async () => ask())()
    await expect(asked).rejects.toMatchObject({
      code: 'CFP_PLUGIN_UNKNOWN',
      message: expect.stringContaining('"billing"'),
    })
  }
  await manager.stop()
})

it('says of a plugin that is asked for why its file could not be loaded', async () => {
  const folder = await PluginFolder.make({ 'broken.ts': '\nexport const = 1' })
  const manager = folder.manager()
  expect(() => manager.get('broken')).toThrow(
    'There is no plugin "broken". Nothing was started yet: await start() first.',
  )
  await manager.start()
  for (const ask of [() => manager.get('broken'), () => manager.use('broken', () => {})]) {
    await expect((async () => ask())()).rejects.toMatchObject({
      code: 'CFP_PLUGIN_UNKNOWN',
      message: expect.stringMatching(/^There is no plugin "broken": .*broken\.ts:2:14/),
      cause: { code: 'CFP_SYNTAX' },
    })
  }
  expect(manager.tryGet('broken')).toBeUndefined()
})

it('explains what a broken file keeps from starting', async () => {
  const folder = await PluginFolder.make({
    'broken.ts': '\nexport const = 1',
    'reports.ts': plugin('reports', "dependencies: ['broken']"),
  })
  const { manager } = await folder.started()
  expect(manager.explain('reports').text).toMatch(
    /^reports is blocked: it needs broken, which is not there: .*broken\.ts:2:14/,
  )
  expect(manager.explain('broken').rootCause.error?.code).toBe('CFP_SYNTAX')
})
