// One load of a plugin: its own files are fresh, the host's modules are the host's.
import { chmodSync, existsSync, readdirSync, readFileSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import * as api from '@cf-plugins/plugin-api'
import { describe, expect, test } from 'vitest'
import { checksumOf } from '../src/cache-batch.ts'
import { type FoundPlugin, loadModule } from '../src/index.ts'
import { folderWith, loaderFor, pluginText, write } from './folder.ts'

describe('a load', () => {
  test("is a fresh generation of all the plugin's files, helpers in its folder and shared ones too", async () => {
    const folder = folderWith({
      'counter/index.ts': `
        import { BasePlugin, type PluginMeta } from '@cf-plugins/plugin-api'
        import { version } from './lib/version.js'
        import { shared } from '../_shared.ts'
        enum Color { Red, Green }
        export const PLUGIN_META = { name: 'counter', version, description: Color[1] + shared } satisfies PluginMeta
        class Counter extends BasePlugin { count = 0 }
        export function register(app: never, context: never) { return new Counter(app, context) }
      `,
      'counter/lib/version.ts': `export let version: string = '1.0.0'`,
      '_shared.ts': `export const shared = '!'`,
      'other.js': pluginText('other'),
    })
    const loader = loaderFor(folder)
    const first = await loader.loadPlugins()
    expect(first.failures).toEqual([])
    expect(
      first.records.map(({ meta, source }) => [meta.name, meta.version, meta.description, source.generation]),
    ).toEqual([
      ['counter', '1.0.0', 'Green!', 1],
      ['other', '1.0.0', '', 1],
    ])
    write(folder, {
      'counter/lib/version.ts': `export const version = '1.1.0'`,
      '_shared.ts': `export const shared = '?'`,
    })
    const second = await loader.loadPlugins()
    expect(second.records[0]?.meta).toMatchObject({ version: '1.1.0', description: 'Green?' })
    expect(second.records[0]?.source.generation).toBe(2)
    expect(second.records[0]?.source.files).toEqual(
      ['counter/index.ts', 'counter/lib/version.ts', '_shared.ts'].map((name) => join(folder, name)),
    )
    expect(second.records[0]?.register).not.toBe(first.records[0]?.register)
    expect(loader.usersOf(join(folder, '_shared.ts')).map(({ file }) => file)).toEqual([
      join(folder, 'counter/index.ts'),
    ])
    expect(loader.usersOf(join(folder, 'other.js')).map(({ file }) => file)).toEqual([join(folder, 'other.js')])
    expect(loader.usersOf(join(folder, 'nobody.js'))).toEqual([])
  })

  test("gives the host's own instances of the framework and of packages, though the folder has no node_modules", async () => {
    const folder = folderWith({
      'a.ts': `import { BasePlugin, PluginError } from '@cf-plugins/plugin-api'
        import * as acorn from 'acorn'; import picomatch from 'picomatch'; import supplied from 'supplied'
        export const PLUGIN_META = { name: 'a', version: '1.0.0' }
        export const register = () => ({ BasePlugin, PluginError, acorn, picomatch, supplied }) as never`,
    })
    const supplied = { default: {} }
    const hostModules = { supplied: async () => supplied }
    const [record] = (await loaderFor(folder, { hostModules, hostUrl: import.meta.url }).loadPlugins()).records
    const got = (await record?.register(undefined as never, {} as never)) as unknown as Record<string, unknown>
    expect(got.BasePlugin).toBe(api.BasePlugin)
    expect(got.PluginError).toBe(api.PluginError)
    expect(got.supplied).toBe(supplied.default)
    expect(got.acorn).toHaveProperty('parse')
    expect(got.picomatch).toBe(createRequire(import.meta.url)('picomatch'))
  })

  test("prefers a package that the plugin itself has to the host's", async () => {
    const folder = folderWith({
      'a/index.js': `import { mine } from 'picomatch'\nimport x from '#internal'\n${pluginText('a')}export { mine, x }`,
      'a/package.json': `{ "type": "module", "imports": { "#internal": "./internal.js" } }`,
      'a/internal.js': 'export default 1',
      'a/node_modules/picomatch/package.json': `{ "name": "picomatch", "type": "module", "exports": { "import": "./mine.js", "require": "./no.js" } }`,
      'a/node_modules/picomatch/mine.js': 'export const mine = true',
    })
    const { namespace, files } = await loadModule(join(folder, 'a/index.js'))
    expect(namespace).toMatchObject({ mine: true, x: 1 })
    expect(files).toEqual([join(folder, 'a/index.js'), join(folder, 'a/internal.js')])
  })

  test('lowers decorators, enums and type-only imports, and keeps JSON (fault 26)', async () => {
    const folder = folderWith({
      'a.ts': `import { hook, plugin, BasePlugin } from '@cf-plugins/plugin-api'
        import type { Nothing } from './nowhere.ts'
        import { alsoType } from './_types.ts'
        import data from './_data.json' with { type: 'json' }
        const enum Level { One = 1 }
        abstract class Base { declare nothing: Nothing; protected constructor(readonly x?: alsoType) {} }
        @plugin({ name: 'decorated', version: data.version, description: String(Level.One) })
        export default class extends BasePlugin { #secret = 1; accessor y = 2; @hook('x') onX() { return this.#secret } }
        export { Base }`,
      '_types.ts': 'export interface alsoType {}',
      '_data.json': '{ "version": "2.0.0" }',
    })
    const { records, failures } = await loaderFor(folder).loadPlugins()
    expect(failures).toEqual([])
    expect(records[0]?.meta).toMatchObject({ name: 'decorated', version: '2.0.0', description: '1' })
    // Only a type was imported of it: TypeScript drops such an import.
    expect(records[0]?.source.files).not.toContain(join(folder, '_types.ts'))
  })

  test('resolves relative imports exactly, then .js to .ts, then by extension, then as a folder', async () => {
    const folder = folderWith({
      'main.ts': `import { a } from './a.js'; import { b } from './b.js'; import { c } from './c'; import { d } from './d'; import { e } from './e.ts'; export { a, b, c, d, e }`,
      'a.js': `export const a = 'a.js'`,
      'a.ts': `export const a = 'a.ts'`,
      'b.ts': `export const b = 'b.ts'`,
      'c.ts': `export const c = 'c.ts'`,
      'c/index.ts': `export const c = 'c/index.ts'`,
      'd/index.mts': `export const d = 'd/index.mts'`,
      'e.ts': `export const e = 'e.ts'`,
    })
    const { namespace } = await loadModule(join(folder, 'main.ts'))
    expect({ ...namespace }).toEqual({ a: 'a.js', b: 'b.ts', c: 'c.ts', d: 'd/index.mts', e: 'e.ts' })
  })

  test('takes a dynamic import that is made later from the same generation, and remembers the file (fault 26)', async () => {
    const folder = folderWith({
      'a.js': `import { count } from './_state.js'
        export const PLUGIN_META = { name: 'a', version: '1.0.0' }
        export const register = () => ({ later: () => import('./_later.js'), state: count })`,
      '_state.js': 'export const count = { n: 0 }',
      '_later.js': `import { count } from './_state.js'; count.n++; export { count }`,
    })
    const loader = loaderFor(folder)
    const later = async () => {
      const [record] = (await loader.loadPlugins()).records
      const instance = (await record?.register(undefined as never, {} as never)) as {
        later(): Promise<{ count: object }>
        state: object
      }
      const namespace = await instance.later()
      expect(namespace.count).toBe(instance.state)
      return namespace
    }
    const first = await later()
    const second = await later()
    expect(first.count).toEqual({ n: 1 })
    expect(second.count).toEqual({ n: 1 })
    expect(loader.usersOf(join(folder, '_later.js'))).toHaveLength(1)
  })

  test('evaluates CommonJS of its own afresh, each require of it too (fault 26)', async () => {
    const folder = folderWith({
      'a.cjs': `const { counter } = require('./_lib/counter'); const ts = require('./_lib/typed.cts'); const fs = require('fs'); let esm = require('./_lib/esm.mjs')
        counter.n++
        exports.PLUGIN_META = { name: 'a', version: '1.' + counter.n + '.' + ts.three, description: esm.default + typeof fs.readFileSync }
        exports.register = () => ({ url: import('./_lib/esm.mjs') })`,
      '_lib/counter.cjs': 'module.exports = { counter: { n: 0 } }; require("../a.cjs")',
      '_lib/typed.cts': 'export const three: number = 3',
      '_lib/esm.mjs': `export default 'esm '`,
    })
    const loader = loaderFor(folder)
    for (const generation of [1, 2]) {
      const { records, failures } = await loader.loadPlugins()
      expect(failures).toEqual([])
      expect(records[0]).toMatchObject({
        meta: { name: 'a', version: '1.1.3', description: 'esm function' },
        source: { generation },
      })
    }
  })

  test("gives CommonJS the host's own framework, and packages that only the host has", async () => {
    const folder = folderWith({
      'a.cjs': `const { BasePlugin } = require('@cf-plugins/plugin-api'); const picomatch = require('picomatch')
        module.exports = { PLUGIN_META: { name: 'a', version: '1.0.0' }, register: () => ({ BasePlugin, picomatch }) }`,
    })
    const { records, failures } = await loaderFor(folder, { hostUrl: import.meta.url }).loadPlugins()
    expect(failures).toEqual([])
    const got = (await records[0]?.register(undefined as never, {} as never)) as unknown as Record<string, unknown>
    expect(got.BasePlugin).toBe(api.BasePlugin)
    expect(got.picomatch).toBe(createRequire(import.meta.url)('picomatch'))
  })

  test('takes a .js file for CommonJS if it has no syntax of ES modules', async () => {
    const folder = folderWith({
      'a.js': `module.exports = { PLUGIN_META: { name: 'a', version: '1.0.0' }, register() { return {} } }`,
    })
    const { records, failures } = await loaderFor(folder).loadPlugins()
    expect(failures).toEqual([])
    expect(records).toHaveLength(1)
  })

  test("takes files outside the plugin folders as the host's own modules, once", async () => {
    const outside = folderWith({ 'host.mjs': 'export const made = {}' })
    const folder = folderWith({ 'a.js': `import { made } from '${join(outside, 'host.mjs')}'; export { made }` })
    const one = await loadModule(join(folder, 'a.js'))
    const two = await loadModule(join(folder, 'a.js'))
    expect((one.namespace as { made: object }).made).toBe((two.namespace as { made: object }).made)
  })
})

describe('a folder of many files', () => {
  const many = Array.from({ length: 20 }, (_, index) => index)
  const helpers = Object.fromEntries(many.map((n) => [`_h${n}.js`, `export const h${n} = ${n}`]))
  const imports = many.map((n) => `import { h${n} } from './_h${n}.js'`).join('\n')

  test('is read as it is at each load, and at each later import()', async () => {
    const later = `export const later = () => import('./_later.js')`
    const folder = folderWith({ ...helpers, 'a.js': pluginText('a', `${imports}\n${later}`) })
    const loader = loaderFor(folder)
    const found = await loader.discover()
    const { namespace } = await loader.evaluate(found[0] as FoundPlugin)
    write(folder, { '_later.js': 'export const now = true' })
    expect(await (namespace as { later(): Promise<object> }).later()).toMatchObject({ now: true })

    rmSync(join(folder, '_h19.js'))
    expect((await loader.loadAll(found)).failures[0]).toMatchObject({ code: 'CFP_MODULE_MISSING', line: 20 })
    write(folder, { '_h19.js': helpers['_h19.js'] as string })
    expect((await loader.loadAll(found)).failures).toEqual([])
  })

  test('lets no link out of it, however late in the list of imports', async () => {
    const outside = folderWith({ 'x.js': 'export const h19 = 1' })
    const folder = folderWith({ ...helpers, 'a.js': pluginText('a', imports) })
    rmSync(join(folder, '_h19.js'))
    symlinkSync(join(outside, 'x.js'), join(folder, '_h19.js'))
    expect((await loaderFor(folder).loadPlugins()).failures[0]?.code).toBe('CFP_LINK_OUTSIDE')
  })
})

describe('the cache of compiled files', () => {
  test('serves a new loader, by content; a corrupt entry is written anew', async () => {
    const folder = folderWith({ 'a.ts': pluginText('a', 'const x: number = 1') })
    const cacheFolder = join(folderWith({}), 'cache')
    expect((await loaderFor(folder, { cacheFolder }).loadPlugins()).failures).toEqual([])
    const [entry] = entriesOf(cacheFolder)
    const good = readFileSync(entry as string, 'utf8')
    // A sign that it is the entry which is used: a change that keeps its checksum right can't be made by accident.
    for (const bad of ['', 'garbage', good.slice(0, -5), good.replace('yield', 'YIELD')]) {
      writeFileSync(entry as string, bad)
      const { failures, records } = await loaderFor(folder, { cacheFolder }).loadPlugins()
      expect(failures).toEqual([])
      expect(records).toHaveLength(1)
      expect(readFileSync(entry as string, 'utf8')).toBe(good)
    }
    write(folder, { 'a.ts': pluginText('changed') })
    expect((await loaderFor(folder, { cacheFolder }).loadPlugins()).records[0]?.meta.name).toBe('changed')
  })

  test('keeps what several processes compile, and does not grow with every edit', async () => {
    const folder = folderWith({ 'a.ts': pluginText('a', 'import "./_b.ts"'), '_b.ts': 'export const b: number = 0' })
    const cacheFolder = join(folderWith({}), 'cache')
    const loaders = [loaderFor(folder, { cacheFolder }), loaderFor(folder, { cacheFolder })]
    const sizes: number[] = []
    for (let edit = 0; edit < 300; edit++) {
      write(folder, { '_b.ts': `export const b: number = ${1000 + edit}` })
      expect((await loaders[edit % 2]?.loadPlugins())?.failures).toEqual([])
      sizes.push(statSync(entriesOf(cacheFolder)[0] as string).size)
    }
    expect(entriesOf(cacheFolder)).toHaveLength(1)
    expect(sizes.slice(1).filter((size, index) => size < (sizes[index] as number)).length).toBeGreaterThan(0)
    const pack = () => readFileSync(entriesOf(cacheFolder)[0] as string, 'latin1')
    const writesNothing = async (): Promise<boolean> => {
      const before = pack()
      expect((await loaderFor(folder, { cacheFolder }).loadPlugins()).failures).toEqual([])
      return pack() === before
    }
    // Until it has noted by what files are known that have been there for a while.
    await expect.poll(writesNothing, { timeout: 20_000, interval: 500 }).toBe(true)
  })

  test("is done without where it can't be written", async () => {
    const folder = folderWith({ 'a.ts': pluginText('a'), _file: '' })
    const { failures } = await loaderFor(folder, { cacheFolder: join(folder, '_file/cache') }).loadPlugins()
    expect(failures).toEqual([])
    expect(existsSync(join(folder, '_file/cache'))).toBe(false)
  })

  test('is not taken from a folder that others may write to', async () => {
    const folder = folderWith({ 'a.ts': pluginText('original') })
    const cacheFolder = join(folderWith({}), 'cache')
    const load = async () => (await loaderFor(folder, { cacheFolder }).loadPlugins()).records[0]?.meta.name
    await load()
    const [entry] = entriesOf(cacheFolder)
    const [header, ...rest] = readFileSync(entry as string, 'latin1').split('\n')
    const body = Buffer.from(rest.join('\n').replaceAll('original', 'replaced'), 'latin1')
    writeFileSync(entry as string, Buffer.concat([Buffer.from(`${checksumOf(body)}${header?.slice(8)}\n`), body]))
    // So it would be, were the folder not open to everybody.
    expect(await load()).toBe('replaced')
    const [opened] = readdirSync(cacheFolder)
    chmodSync(join(cacheFolder, opened as string), 0o777)
    expect(await load()).toBe('original')
  })
})

function entriesOf(folder: string): string[] {
  const names = readdirSync(folder, { recursive: true, encoding: 'utf8' })
  return names.filter((name) => name.endsWith('.pack')).map((name) => join(folder, name))
}
