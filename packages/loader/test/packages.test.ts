// Plugins that are npm packages.
import { execFileSync } from 'node:child_process'
import { realpathSync, rmSync, symlinkSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { type PackageOptions, PluginLoader } from '../src/index.ts'
import { folderWith, pluginText, write } from './folder.ts'

const json = (value: object) => JSON.stringify(value)
const marked = { keywords: ['other', 'cf-plugin'] }

/** A host's folder with these packages installed as npm does, and all of them among its dependencies. */
function hostWith(packages: Readonly<Record<string, Readonly<Record<string, string>>>>, manifest: object = {}): string {
  const names = Object.keys(packages)
  const dependencies = Object.fromEntries(names.map((name) => [name, '^1.0.0']))
  const host = folderWith({ 'package.json': json({ name: 'host', dependencies, ...manifest }) })
  for (const [name, files] of Object.entries(packages)) write(join(host, 'node_modules', name), files)
  return host
}

/** A loader of packages alone. */
function loaderOf(from: string, options: PackageOptions = {}): PluginLoader {
  return new PluginLoader({ cacheFolder: false, env: {}, paths: [], packages: { from, ...options } })
}

const esm = (name: string, more: object = {}) => ({
  'package.json': json({ name, version: '1.0.0', type: 'module', main: './main.js', ...marked, ...more }),
  'main.js': pluginText(name.replace(/^@.*\//, '')),
})

describe('discovery', () => {
  test('finds direct dependencies with the keyword or the field, scoped ones too, and no others', async () => {
    const host = hostWith(
      {
        '@scope/one': esm('@scope/one'),
        'by-field': {
          'package.json': json({ 'cf-plugin': './dist/plugin.mjs' }),
          'dist/plugin.mjs': pluginText('by-field'),
        },
        'by-entry': {
          'package.json': json({ 'cf-plugin': { entry: 'entry.ts' } }),
          'entry.ts': pluginText('by-entry'),
        },
        lib: { 'package.json': json({ keywords: ['plugin'] }), 'index.js': 'throw new Error("run")' },
        text: { 'package.json': json({ keywords: 'cf-plugin' }), 'index.js': '' },
      },
      {},
    )
    write(host, { 'node_modules/indirect/package.json': json(marked), 'node_modules/indirect/index.js': '' })
    const loader = loaderOf(host)
    const modules = join(host, 'node_modules')
    const place = (name: string) => ({ root: join(modules, name), base: join(modules, name), package: name })
    expect(await loader.discover()).toEqual([
      { ...place('@scope/one'), file: join(modules, '@scope/one/main.js') },
      { ...place('by-entry'), file: join(modules, 'by-entry/entry.ts') },
      { ...place('by-field'), file: join(modules, 'by-field/dist/plugin.mjs') },
    ])
    const { records, failures } = await loader.loadPlugins()
    expect(failures).toEqual([])
    expect(records.map(({ meta }) => meta.name)).toEqual(['one', 'by-entry', 'by-field'])
    // What npm installs is not worked on.
    expect(loader.roots).toEqual([])
    expect(loader.isCandidate(join(modules, 'by-entry/entry.ts'))).toMatchObject({ package: 'by-entry' })
    expect(loader.isCandidate(join(modules, 'lib/index.js'))).toBeUndefined()
    rmSync(join(modules, 'by-entry/entry.ts'))
    expect(loader.isCandidate(join(modules, 'by-entry/entry.ts'))).toBeUndefined()
  })

  test('is off unless it is asked for, and goes by another keyword or by names alone where it is told', async () => {
    const host = hostWith({
      one: esm('one'),
      two: esm('two', { keywords: ['my-plugin'] }),
      three: { 'package.json': json({}), 'index.js': pluginText('three') },
    })
    const off = new PluginLoader({ cacheFolder: false, env: {}, paths: [] })
    expect(await off.discover()).toEqual([])
    const names = async (options: PackageOptions) =>
      (await loaderOf(host, options).discover()).map((found) => found.package)
    expect(await names({})).toEqual(['one'])
    expect(await names({ keyword: 'my-plugin' })).toEqual(['two'])
    expect(await names({ names: ['three', 'one', 'three'] })).toEqual(['three', 'one'])
    const before = process.cwd()
    process.chdir(host)
    try {
      const here = new PluginLoader({ cacheFolder: false, env: {}, paths: [], packages: true })
      expect((await here.discover()).map((found) => found.package)).toEqual(['one'])
    } finally {
      process.chdir(before)
    }
  })

  test('takes optional dependencies that are there, and no development ones, which production leaves out', async () => {
    const host = hostWith(
      { optional: esm('optional'), dev: esm('dev') },
      {
        dependencies: { 'not-installed': '*', '../../evil': '*' },
        optionalDependencies: { optional: '*', 'optional-and-gone': '*' },
        devDependencies: { dev: '*' },
      },
    )
    expect((await loaderOf(host).discover()).map((found) => found.package)).toEqual(['optional'])
  })

  test('finds by `exports` as Node does, by its conditions, and by `main` or index.js without', async () => {
    const exports = { '.': { browser: './no.js', import: './esm.mjs', default: './no.js' }, './package.json': null }
    const host = hostWith({
      exported: { 'package.json': json({ ...marked, exports, main: './no.js' }), 'esm.mjs': pluginText('exported') },
      plain: {
        'package.json': json(marked),
        'index.js': 'exports.PLUGIN_META = { name: "plain", version: "1.0.0" }\nexports.register = () => ({})',
      },
      true: { 'package.json': json({ 'cf-plugin': true, main: 'lib' }), 'lib/index.js': pluginText('true') },
    })
    const { records, failures } = await loaderOf(host).loadPlugins()
    expect(failures).toEqual([])
    expect(records.map(({ meta }) => meta.name)).toEqual(['exported', 'plain', 'true'])
  })

  test('looks further up as Node does, for what a workspace keeps in its root', async () => {
    const root = folderWith({
      'apps/host/package.json': json({ dependencies: { one: '*' } }),
      'node_modules/one/package.json': json({ ...marked, main: 'main.js' }),
      'node_modules/one/main.js': pluginText('one'),
    })
    const [found] = await loaderOf(join(root, 'apps/host')).discover()
    expect(found?.file).toBe(join(root, 'node_modules/one/main.js'))
  })

  test('refuses to go by a package.json that is not there or broken', async () => {
    const empty = folderWith({})
    await expect(loaderOf(empty).discover()).rejects.toMatchObject({
      code: 'CFP_PACKAGES_UNREADABLE',
      phase: 'discover',
      file: join(empty, 'package.json'),
    })
    const broken = folderWith({ 'package.json': '{' })
    await expect(loaderOf(broken).discover()).rejects.toMatchObject({ code: 'CFP_PACKAGES_UNREADABLE' })
    expect(loaderOf(broken).roots).toEqual([])
  })
})

describe('a package that cannot be loaded is one error, and hurts no other', () => {
  const good = { good: esm('good') }

  test.each([
    [
      'a package.json that is no JSON',
      { 'package.json': '{ "keywords": ["cf-plugin"]' },
      'CFP_PACKAGE_INVALID',
      /no JSON/,
    ],
    ['a package.json that is no object', { 'package.json': '[]' }, 'CFP_PACKAGE_INVALID', /no object/],
    ['no package.json', { 'index.js': '' }, 'CFP_PACKAGE_INVALID', /ENOENT/],
    [
      'a field that is no path',
      { 'package.json': json({ 'cf-plugin': 5 }) },
      'CFP_PACKAGE_INVALID',
      /"cf-plugin" is 5/,
    ],
    [
      'an entry that is not there',
      { 'package.json': json({ 'cf-plugin': './gone.js' }) },
      'CFP_PACKAGE_ENTRY',
      /gone\.js/,
    ],
    [
      'an entry that is a folder',
      { 'package.json': json({ 'cf-plugin': 'src' }), 'src/index.js': '' },
      'CFP_PACKAGE_ENTRY',
      /no file/,
    ],
    [
      'an entry of another kind',
      { 'package.json': json({ 'cf-plugin': 'a.json' }), 'a.json': '1' },
      'CFP_PACKAGE_ENTRY',
      /none of \.ts/,
    ],
    ['no main', { 'package.json': json(marked) }, 'CFP_PACKAGE_ENTRY', /exports and main/],
    [
      'exports without an entry',
      { 'package.json': json({ ...marked, exports: { './a': './a.js' } }) },
      'CFP_PACKAGE_ENTRY',
      /exports/,
    ],
  ])('%s', async (_, files, code, message) => {
    const host = hostWith({ bad: files as Record<string, string>, ...good })
    const { records, failures } = await loaderOf(host).loadPlugins()
    expect(records.map(({ meta }) => meta.name)).toEqual(['good'])
    expect(failures).toMatchObject([{ code, phase: 'discover', file: join(host, 'node_modules/bad/package.json') }])
    expect(failures[0]?.message).toMatch(message)
    expect(failures[0]?.message).toContain('"bad"')
  })

  test.each([
    '../good/main.js',
    '/etc/passwd',
    '..\\good\\main.js',
    'a/../../good/main.js',
    'file:///x.js',
    'C:\\x.js',
    'a\0.js',
    'node_modules/inner/index.js',
    '.',
  ])('an entry that leaves it: %j (fault 73)', async (entry) => {
    const bad = { 'package.json': json({ 'cf-plugin': entry }), 'node_modules/inner/index.js': pluginText('inner') }
    const { records, failures } = await loaderOf(hostWith({ bad, ...good })).loadPlugins()
    expect(records.map(({ meta }) => meta.name)).toEqual(['good'])
    expect(failures).toMatchObject([{ code: 'CFP_PACKAGE_ENTRY' }])
  })

  test('an entry that is a link out of it, or a main that leads out (fault 73)', async () => {
    const host = hostWith({
      bad: { 'package.json': json({ 'cf-plugin': 'link.js' }) },
      worse: { 'package.json': json({ ...marked, main: '../good/main.js' }) },
      ...good,
    })
    symlinkSync(join(host, 'node_modules/good/main.js'), join(host, 'node_modules/bad/link.js'))
    const { records, failures } = await loaderOf(host).loadPlugins()
    expect(records.map(({ meta }) => meta.name)).toEqual(['good'])
    expect(failures.map(({ code }) => code)).toEqual(['CFP_PACKAGE_ENTRY', 'CFP_PACKAGE_ENTRY'])
    expect(failures[0]?.message).toContain(join(host, 'node_modules/good/main.js'))
  })

  test('one that is named and not installed', async () => {
    const host = hostWith(good)
    const { records, failures } = await loaderOf(host, { names: ['good', 'gone', '../x'] }).loadPlugins()
    expect(records).toHaveLength(1)
    expect(failures.map(({ code, message }) => [code, /^Package "(.*?)"/.exec(message)?.[1]])).toEqual([
      ['CFP_PACKAGE_MISSING', 'gone'],
      ['CFP_PACKAGE_MISSING', '../x'],
    ])
  })

  test('is looked at again by each load, so that a good save heals it', async () => {
    const host = hostWith({ bad: { ...esm('bad'), 'package.json': '{' } })
    const loader = loaderOf(host)
    const [found] = await loader.discover()
    const file = join(host, 'node_modules/bad/package.json')
    expect(found).toMatchObject({ file, package: 'bad', problem: { code: 'CFP_PACKAGE_INVALID' } })
    expect(loader.isCandidate(file)).toEqual(found)
    await expect(loader.load(found!)).rejects.toMatchObject({ code: 'CFP_PACKAGE_INVALID' })
    write(host, { 'node_modules/bad/package.json': json({ 'cf-plugin': 'main.js' }) })
    expect((await loader.load(found!)).source).toMatchObject({
      file: join(host, 'node_modules/bad/main.js'),
      generation: 1,
    })
    expect(loader.isCandidate(join(host, 'node_modules/bad/main.js'))).toMatchObject({ package: 'bad' })
    expect(loader.isCandidate(file)).toBeUndefined()
  })
})

describe('a load of a package', () => {
  test("evaluates the package's own files afresh, and imports what it depends on as anybody does", async () => {
    const count = (name: string) => `globalThis['${name}'] = (globalThis['${name}'] ?? 0) + 1\n`
    const key = `cf-packages-${process.hrtime.bigint()}`
    const host = hostWith({
      one: {
        'package.json': json({ ...marked, type: 'module', exports: { '.': './src/main.ts', './own': './src/own.js' } }),
        'src/main.ts': `import { own } from './own.js'\nimport 'one/own'\nimport 'dep'\nimport 'peer'\n${pluginText('one')}\nexport const marks: unknown = [own]`,
        'src/own.js': `${count(`${key}-own`)}export const own = 1`,
        'node_modules/dep/package.json': json({ main: 'index.mjs' }),
        'node_modules/dep/index.mjs': count(`${key}-dep`),
      },
      peer: { 'package.json': json({ main: 'index.mjs' }), 'index.mjs': count(`${key}-peer`) },
    })
    const loader = loaderOf(host)
    const [found] = await loader.discover()
    const first = await loader.load(found!)
    const second = await loader.load(found!)
    const base = join(host, 'node_modules/one/src')
    expect(second.source).toMatchObject({ generation: 2, files: [join(base, 'main.ts'), join(base, 'own.js')] })
    expect(first.register).not.toBe(second.register)
    const counts = globalThis as unknown as Record<string, number>
    expect(['own', 'dep', 'peer'].map((name) => counts[`${key}-${name}`])).toEqual([2, 1, 1])
    expect(loader.usersOf(join(base, 'own.js'))).toEqual([found])
    for (const name of ['own', 'dep', 'peer']) delete counts[`${key}-${name}`]
  })

  test('finds the packages beside it in a pnpm layout, and its real path is its place', async () => {
    const host = folderWith({ 'package.json': json({ dependencies: { one: '1' } }) })
    const store = join(host, 'node_modules/.pnpm')
    write(join(store, 'one@1.0.0/node_modules/one'), {
      'package.json': json({ ...marked, main: 'main.mjs' }),
      'main.mjs': `import { dep } from 'dep'\n${pluginText('one')}\nPLUGIN_META.description = dep`,
    })
    write(join(store, 'dep@1.0.0/node_modules/dep'), {
      'package.json': '{}',
      'index.mjs': '',
      'index.js': 'exports.dep = "of pnpm"',
    })
    symlinkSync('../../dep@1.0.0/node_modules/dep', join(store, 'one@1.0.0/node_modules/dep'))
    symlinkSync('.pnpm/one@1.0.0/node_modules/one', join(host, 'node_modules/one'))
    const loader = loaderOf(host)
    const [found] = await loader.discover()
    expect(found).toMatchObject({ file: join(store, 'one@1.0.0/node_modules/one/main.mjs'), package: 'one' })
    expect((await loader.load(found!)).meta.description).toBe('of pnpm')
    expect(loader.roots).toEqual([])
  })

  test('is of one plugin once, by whatever names and places it is found', async () => {
    const host = hostWith({ one: esm('one') })
    write(host, { 'package.json': json({ dependencies: { one: '1', alias: 'npm:one@1', work: 'file:plugins/work' } }) })
    symlinkSync('one', join(host, 'node_modules/alias'))
    write(join(host, 'plugins/work'), {
      'package.json': json({ 'cf-plugin': 'index.js' }),
      'index.js': pluginText('work'),
    })
    symlinkSync('../plugins/work', join(host, 'node_modules/work'))
    const options = { cacheFolder: false, env: {}, paths: [join(host, 'plugins')], packages: { from: host } } as const
    const found = await new PluginLoader(options).discover()
    expect(found.map((each) => [each.file, each.package])).toEqual([
      [join(host, 'plugins/work/index.js'), undefined],
      [join(host, 'node_modules/one/main.js'), 'alias'],
    ])
  })
})

test('what npm installs from a tarball and by a link is found; of them the link is watched', {
  timeout: 60_000,
}, async () => {
  const top = folderWith({})
  write(top, {
    'host/package.json': json({ name: 'host', version: '1.0.0', private: true }),
    'packed/package.json': json({
      name: '@scope/packed',
      version: '1.0.0',
      type: 'module',
      exports: './main.js',
      files: ['*.js'],
      ...marked,
    }),
    'packed/main.js': `import './helper.js'\n${pluginText('packed')}`,
    'packed/helper.js': '',
    'linked/package.json': json({ name: 'linked', version: '1.0.0', 'cf-plugin': { entry: './src/index.ts' } }),
    'linked/src/index.ts': `import { text } from './text.js'\n${pluginText('linked')}\nconst described: object = PLUGIN_META\nObject.assign(described, { description: text })`,
    'linked/src/text.ts': `export const text: string = 'first'`,
  })
  const npm = (folder: string, ...args: string[]) =>
    execFileSync('npm', [...args, '--offline', '--no-audit', '--no-fund', '--loglevel=error'], {
      cwd: join(top, folder),
      env: { ...process.env, npm_config_cache: join(top, 'cache') },
      stdio: ['ignore', 'pipe', 'pipe'],
    })
  npm('packed', 'pack')
  npm('host', 'install', '../packed/scope-packed-1.0.0.tgz', '../linked')
  const host = join(top, 'host')
  const loader = loaderOf(host)
  expect(await loader.discover()).toEqual([
    {
      file: join(host, 'node_modules/@scope/packed/main.js'),
      root: join(host, 'node_modules/@scope/packed'),
      base: join(host, 'node_modules/@scope/packed'),
      package: '@scope/packed',
    },
    { file: join(top, 'linked/src/index.ts'), root: join(top, 'linked'), base: join(top, 'linked'), package: 'linked' },
  ])
  expect(loader.roots).toEqual([join(top, 'linked')])
  const first = await loader.loadPlugins()
  expect(first.failures).toEqual([])
  expect(first.records.map(({ meta }) => meta.name)).toEqual(['packed', 'linked'])
  write(top, { 'linked/src/text.ts': `export const text: string = 'second'` })
  const [linked] = loader.usersOf(join(top, 'linked/src/text.ts'))
  expect((await loader.load(linked!)).meta.description).toBe('second')
})

test('what pnpm installs from a workspace is found where it is worked on', { timeout: 60_000 }, async () => {
  const top = folderWith({
    'package.json': json({ name: 'top', private: true }),
    'pnpm-workspace.yaml': 'packages: [apps/*, plugins/*]\n',
    'apps/host/package.json': json({ name: 'host', dependencies: { '@scope/one': 'workspace:*' } }),
    'plugins/one/package.json': json({
      name: '@scope/one',
      version: '1.0.0',
      type: 'module',
      main: 'main.js',
      ...marked,
    }),
    'plugins/one/main.js': pluginText('one'),
  })
  const pnpm = realpathSync(join(import.meta.dirname, '../../../node_modules/pnpm/bin/pnpm.cjs'))
  execFileSync(
    process.execPath,
    [pnpm, 'install', '--offline', '--store-dir', join(top, '.store'), '--loglevel=error'],
    { cwd: top },
  )
  const loader = loaderOf(join(top, 'apps/host'))
  expect(loader.roots).toEqual([join(top, 'plugins/one')])
  expect((await loader.loadPlugins()).records).toMatchObject([
    { meta: { name: 'one' }, source: { file: join(top, 'plugins/one/main.js') } },
  ])
})
