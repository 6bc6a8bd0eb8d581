// Which files are plugins, told by their names.
import { chmodSync, mkdirSync, rmSync, symlinkSync } from 'node:fs'
import { delimiter, join, relative } from 'node:path'
import { describe, expect, test } from 'vitest'
import { PluginLoader } from '../src/index.ts'
import { folderWith, loaderFor, pluginText } from './folder.ts'

const files = {
  'a.ts': '',
  'b.mjs': '',
  'c.cjs': '',
  'readme.md': '',
  'types.d.ts': '',
  'a.test.ts': '',
  'b.spec.js': '',
  'test_c.js': '',
  '_helper.ts': '',
  '.hidden.js': '',
  'folder/index.ts': '',
  'folder/helper.ts': '',
  'folder/inner/index.ts': '',
  'named/plugin.js': '',
  'both/plugin.js': '',
  'both/index.js': '',
  'group/deep/deeper/plugin.ts': '',
  'group/loose.ts': '',
  '_lib/index.ts': '',
  '.git/index.js': '',
  'node_modules/pkg/index.js': '',
}

describe('discovery', () => {
  test('finds source files in the folder, and the index or plugin file of folders in it', async () => {
    const folder = folderWith(files)
    const loader = loaderFor(folder)
    const found = await loader.discover()
    expect(found.map(({ file, base }) => [relative(folder, file), relative(folder, base)])).toEqual([
      ['a.ts', ''],
      ['b.mjs', ''],
      ['both/index.js', 'both'],
      ['c.cjs', ''],
      ['folder/index.ts', 'folder'],
      ['group/deep/deeper/plugin.ts', 'group/deep/deeper'],
      ['named/plugin.js', 'named'],
    ])
    expect(loader.roots).toEqual([folder])
    const candidates = Object.keys(files).filter((file) => loader.isCandidate(join(folder, file)))
    expect(candidates.sort()).toEqual(found.map(({ file }) => relative(folder, file)))
    expect(loader.isCandidate(join(folder, 'not-there.ts'))).toBeUndefined()
    expect(loader.isCandidate('/elsewhere/a.ts')).toBeUndefined()
  })

  test('searches folders in folders only if it is recursive', async () => {
    const folder = folderWith(files)
    const found = await loaderFor(folder, { recursive: false }).discover()
    expect(found.map(({ file }) => relative(folder, file))).toEqual([
      'a.ts',
      'b.mjs',
      'both/index.js',
      'c.cjs',
      'folder/index.ts',
      'named/plugin.js',
    ])
  })

  test('goes by patterns of its own', async () => {
    const folder = folderWith({
      'x/a.plugin.ts': '',
      'x/b.plugin.ts': '',
      'x/index.ts': '',
      'c.plugin.ts': '',
      'd.ts': '',
    })
    const found = await loaderFor(folder, { patterns: ['**/*.plugin.ts'] }).discover()
    expect(found.map(({ file }) => relative(folder, file))).toEqual(['c.plugin.ts', 'x/a.plugin.ts', 'x/b.plugin.ts'])
  })

  test('looks in the folders of CF_CLI_PLUGIN_PATHS too, and at files that are named themselves', async () => {
    const one = folderWith({ 'a.js': '' })
    const two = folderWith({ 'b.js': '' })
    const three = folderWith({ 'c.js': '', 'd.js': '' })
    const env = { CF_CLI_PLUGIN_PATHS: [two, join(three, 'c.js')].join(delimiter) }
    const loader = new PluginLoader({ paths: [one], env, cacheFolder: false })
    expect((await loader.discover()).map(({ file }) => file).sort()).toEqual(
      [join(one, 'a.js'), join(two, 'b.js'), join(three, 'c.js')].sort(),
    )
    expect(loader.roots).toEqual([one, two, three])
    expect(loader.isCandidate(join(three, 'c.js'))).toBeDefined()
    expect(loader.isCandidate(join(three, 'd.js'))).toBeUndefined()
  })

  test('finds nothing in an empty folder, nor in the default one if it is missing', async () => {
    expect(await loaderFor(folderWith({})).discover()).toEqual([])
    const before = process.cwd()
    process.chdir(folderWith({}))
    try {
      expect(await new PluginLoader({ env: {}, cacheFolder: false }).discover()).toEqual([])
    } finally {
      process.chdir(before)
    }
  })

  test('refuses a folder that was named and is missing, and tells of all such', async () => {
    const folder = folderWith({})
    const loader = new PluginLoader({ paths: [join(folder, 'one'), join(folder, 'two')], env: {}, cacheFolder: false })
    await expect(loader.discover()).rejects.toMatchObject({
      code: 'CFP_FOLDER_MISSING',
      file: join(folder, 'one'),
      phase: 'discover',
    })
    await expect(loader.discover()).rejects.toThrow(/one[\s\S]*two/)
  })

  test.skipIf(process.getuid?.() === 0)('refuses a folder that may not be read', async () => {
    const folder = folderWith({ 'a/index.js': '' })
    chmodSync(join(folder, 'a'), 0)
    await expect(loaderFor(folder).discover()).rejects.toMatchObject({
      code: 'CFP_FOLDER_UNREADABLE',
      file: join(folder, 'a'),
    })
    chmodSync(join(folder, 'a'), 0o755)
  })

  test('gives a folder that is itself a link by its real path, and finds it again when it was made anew', async () => {
    const real = folderWith({ 'a.js': pluginText('a') })
    const holder = folderWith({})
    symlinkSync(real, join(holder, 'plugins'))
    const loader = loaderFor(join(holder, 'plugins'))
    const [found] = await loader.discover()
    expect(found).toEqual({ file: join(real, 'a.js'), root: real, base: real })
    expect(loader.isCandidate(join(holder, 'plugins/a.js'))).toEqual(found)
    rmSync(real, { recursive: true })
    expect(loader.isCandidate(join(real, 'a.js'))).toBeUndefined()
    mkdirSync(real)
    expect(await loader.discover()).toEqual([])
  })

  test('passes over what is no plugin unless it is strict, and says so at debug level', async () => {
    const folder = folderWith({
      'a.js': 'export const helper = 1',
      'b.js': pluginText('b'),
      'c.js': `export const PLUGIN_META = {}; export const register = () => {}`,
    })
    const told: string[] = []
    const tell = (level: string) => (first: unknown, second?: unknown) => void told.push(`${level} ${second ?? first}`)
    const logger = { debug: tell('debug'), info: tell('info'), warn: tell('warn'), error: tell('error') }
    const strict = await loaderFor(folder).loadPlugins()
    expect(strict.failures.map(({ code }) => code)).toEqual(['CFP_NOT_A_PLUGIN', 'CFP_META_INVALID'])
    const lenient = await loaderFor(folder, { strict: false, validate: false, logger }).loadPlugins()
    expect(lenient.failures).toEqual([])
    expect(lenient.records.map(({ meta }) => meta.name)).toEqual(['b'])
    expect(told.map((line) => line.split(' ')[0])).toEqual(['debug', 'warn'])
  })
})

test('a link to itself is one failure of its own, and stops no other plugin', async () => {
  const folder = folderWith({ 'good.js': pluginText('good') })
  symlinkSync('loop.js', join(folder, 'loop.js'))
  const { records, failures } = await loaderFor(folder).loadPlugins()
  expect(records.map(({ meta }) => meta.name)).toEqual(['good'])
  expect(failures).toMatchObject([{ file: join(folder, 'loop.js') }])
})
