// What another thread evaluates is what this one did, whatever became of the files.
import { rmSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { inspect } from 'node:util'
import { Worker } from 'node:worker_threads'
import type { PluginRecord } from '@cf-plugins/plugin-api'
import { beforeAll, describe, expect, test } from 'vitest'
import type { FoundPlugin, PluginImage, PluginLoader, PluginLoaderOptions } from '../src/index.ts'
import { built } from './child.ts'
import { folderWith, loaderFor, pluginText, write } from './folder.ts'
import { moduleGraphs } from './module-graphs.ts'

interface Answer {
  readonly told?: unknown
  readonly lines?: readonly string[]
  readonly failed?: {
    readonly message: string
    readonly code?: string
    readonly file?: string
    readonly line?: number
    readonly generation?: number
    readonly plugin?: string
    readonly stack: string
  }
}

const MAY_RESTRICT = process.allowedNodeEnvironmentFlags.has('--permission')

let thread: string

beforeAll(async () => {
  thread = await built('image-thread-child.ts')
})

/** What the entry's `tell` gives in a thread of its own. */
async function inThread(image: PluginImage, argument?: unknown, execArgv: string[] = []): Promise<Answer> {
  const worker = new Worker(thread, { workerData: { image, argument }, execArgv })
  try {
    return await new Promise((resolve, reject) => {
      worker.once('message', resolve)
      worker.once('error', reject)
      worker.once('exit', (code) => reject(new Error(`The thread exited with ${code}`)))
    })
  } finally {
    await worker.terminate()
  }
}

async function loaded(
  files: Readonly<Record<string, string>>,
  options: PluginLoaderOptions = {},
): Promise<{ folder: string; loader: PluginLoader; record: PluginRecord; others: readonly PluginRecord[] }> {
  const folder = folderWith(files)
  const loader = loaderFor(folder, options)
  const { records, failures } = await loader.loadPlugins()
  expect(failures).toEqual([])
  const [record, ...others] = records
  return { folder, loader, record: record as PluginRecord, others }
}

describe('an image, in a thread', () => {
  test('has TypeScript, CommonJS and JSON of all kinds of imports, and reads none of their files', async () => {
    const { folder, loader, record } = await loaded(
      {
        'a/index.ts': `
        import { kind } from './kind.js'
        import words from './words.json' with { type: 'json' }
        import legacy, { twice } from './legacy.cjs'
        import { shared } from '../_shared'
        import { typed } from './typed.cts'
        import supplied from 'supplied'
        enum Color { Red, Green }
        const late = await import('./late.mts')
        words.push('changed by the host or the thread')
        export function tell() {
          return [Color[1], kind satisfies string, words, twice(4), legacy.deep, shared, typed, supplied, late.late]
        }
        ${pluginText('a')}`,
        'a/kind.ts': `export const kind: string = 'typescript'`,
        'a/words.json': '["one", "two"]',
        'a/legacy.cjs': `const path = require('node:path'); const name = './deep' + '.cjs'
        exports.twice = (n) => n * 2; exports.deep = [require('./deeper').deeper, require(name), require('./more.json').more]`,
        'a/deep.cjs': `module.exports = typeof require + __filename.slice(-8)`,
        'a/deeper.cjs': `exports.deeper = 'deeper'; try { require('./none') } catch {}`,
        'a/more.json': '{ "more": 3 }',
        'a/typed.cts': `const typed: string = 'cts'; export = { typed }`,
        'a/late.mts': `export const late: string = await Promise.resolve('late')`,
        '_shared.ts': `export const shared = 'shared'`,
      },
      { hostModules: { supplied: async () => ({ default: 'by the host' }) } },
    )
    const image = loader.imageOf(record)
    expect([...image.modules.keys()].length).toBe(10)
    rmSync(folder, { recursive: true })
    const { told, failed } = await inThread(image)
    expect(failed).toBeUndefined()
    expect(told).toEqual([
      'Green',
      'typescript',
      ['one', 'two', 'changed by the host or the thread'],
      8,
      ['deeper', 'functiondeep.cjs', 3],
      'shared',
      'cts',
      'by the thread',
      'late',
    ])
  })

  test('runs what was loaded, though the files are others by now; each generation its own', async () => {
    const { folder, loader, record } = await loaded({
      'a.js': `import { value } from './_b.js'; export const tell = () => value; ${pluginText('a')}`,
      '_b.js': 'export const value = 1',
    })
    write(folder, { '_b.js': 'export const value = 2' })
    const [second] = (await loader.loadPlugins()).records
    write(folder, { '_b.js': 'export const value = = 3' })
    expect((await loader.loadPlugins()).failures).toHaveLength(1)
    expect(await inThread(loader.imageOf(record))).toMatchObject({ told: 1 })
    expect(await inThread(loader.imageOf(second as PluginRecord))).toMatchObject({ told: 2 })
  })

  test("gives the thread's one instance of the framework, Node's own modules and packages", async () => {
    const { loader, record } = await loaded(
      {
        'a.ts': `import * as api from '@cf-plugins/plugin-api'
        import { PluginError } from '@cf-plugins/plugin-api'
        import { basename } from 'node:path'
        import { parse } from 'acorn'
        import picomatch from 'picomatch'
        class Own extends api.BasePlugin {}
        export const tell = (_: unknown, threads: typeof api) => [
          Own.prototype instanceof threads.BasePlugin, PluginError === threads.PluginError, basename('/a/b'),
          parse('1 + 1', { ecmaVersion: 2022 }).type, picomatch('*.ts')('x.ts'),
        ]
        ${pluginText('a')}`,
      },
      { hostUrl: import.meta.url },
    )
    expect(await inThread(loader.imageOf(record))).toMatchObject({ told: [true, true, 'b', 'Program', true] })
  })

  test('has the import.meta of its files, and imports what nobody had imported from the disk', async () => {
    const { folder, loader, record } = await loaded({
      'a.mts': `
        export const tell = async (file: string) => {
          const { late } = await import('./_late.ts')
          const again = await import('./_late.ts')
          const { url, filename, dirname } = import.meta
          return { url, filename, dirname, resolved: import.meta.resolve('./_late.js'), late, isSame: again.late === late, named: (await import(file)).default }
        }
        ${pluginText('a')}`,
      '_late.ts': `export const late: object = { from: 'before' }`,
      '_named.json': '"json"',
    })
    const image = loader.imageOf(record)
    write(folder, { '_late.ts': `export const late: object = { from: 'after' }` })
    const url = pathToFileURL(join(folder, 'a.mts')).href
    expect((await inThread(image, './_named.json')).told).toEqual({
      url,
      filename: join(folder, 'a.mts'),
      dirname: folder,
      resolved: new URL('_late.ts', url).href,
      late: { from: 'after' },
      isSame: true,
      named: 'json',
    })
  })

  test('has what was imported after the load, too, as it was then', async () => {
    const { folder, loader, record } = await loaded({
      'a.ts': `export const PLUGIN_META = { name: 'a', version: '1.0.0' }
        export const register = async () => { await import('./_late.ts'); return {} }
        export const tell = async () => (await import('./_late.ts')).late`,
      '_late.ts': `export const late: number = 1`,
    })
    expect(loader.imageOf(record).modules.size).toBe(1)
    await record.register(undefined as never, {} as never)
    write(folder, { '_late.ts': `export const late: number = 2` })
    expect(await inThread(loader.imageOf(record))).toMatchObject({ told: 1 })
  })

  test.each([
    ['by default', []],
    ['with source maps', ['--enable-source-maps']],
  ])('has stacks that lead to the lines somebody wrote, %s (fault 27)', async (_, flags) => {
    const { folder, loader, record } = await loaded({
      'a.ts': `import { explode } from './_b.ts'

interface Unused {
  a: 1
}
export function tell(): never {
  return explode({ a: 1 } satisfies Unused)
}
${pluginText('a')}`,
      '_b.ts': `type Options = { a: 1 }

/* A comment
   of some lines */
export function explode(_: Options): never {
  throw new Error('exploded')
}`,
    })
    rmSync(folder, { recursive: true })
    const { failed } = await inThread(loader.imageOf(record), undefined, flags)
    const frames = [...(failed?.stack ?? '').matchAll(/at (?:Module\.)?([\w.]+) .*\/([\w.]+\.ts):(\d+):\d+/g)]
    const own = frames.map(([, name, file, line]) => `${name} ${file}:${line}`).filter((one) => !one.includes('child'))
    expect(own, failed?.stack).toEqual(['explode _b.ts:6', 'tell a.ts:7'])
  })

  test('fails with file and line where the code throws in the thread alone, or a package is gone', async () => {
    const { folder, loader, record, others } = await loaded({
      'a.ts': `import './_b.ts'; ${pluginText('a')}`,
      '_b.ts': `import { isMainThread } from 'node:worker_threads'

if (!isMainThread) throw new TypeError('not here')`,
      'c/index.js': `import 'gone'; ${pluginText('c')}`,
      'c/node_modules/gone/package.json': '{ "name": "gone", "type": "module", "exports": "./index.js" }',
      'c/node_modules/gone/index.js': 'export {}',
    })
    const { failed } = await inThread(loader.imageOf(record))
    expect(failed).toMatchObject({ code: 'CFP_LOAD_THROWN', plugin: 'a', generation: 1, line: 3 })
    expect(failed?.file).toBe(join(folder, '_b.ts'))
    expect(failed?.message).toMatch(/Plugin "a" .* threw while it was loaded: not here \(\S*_b\.ts:3:\d+, imported by/)
    rmSync(join(folder, 'c/node_modules'), { recursive: true })
    const gone = await inThread(loader.imageOf(others[0] as PluginRecord))
    expect(gone.failed).toMatchObject({ code: 'CFP_MODULE_MISSING', plugin: 'c', line: 1 })
  })

  test.skipIf(!MAY_RESTRICT)(
    `under Node's permission model reads none of the plugin's files, and says of TypeScript that comes late what to do${MAY_RESTRICT ? '' : ' (from Node 22.13 on)'}`,
    async () => {
      const { loader, record } = await loaded({
        'a.ts': `import { value } from './_b.ts'
          export const tell = async () => [value, await import('./_late.ts').catch(({ code, message }) => code + message)]
          ${pluginText('a')}`,
        '_b.ts': 'export const value: number = 1',
        '_late.ts': 'export const late: number = 2',
      })
      const packages = [dirname(thread), join(import.meta.dirname, '../../../node_modules')]
      const late = join(record.source.file ?? '', '../_late.ts')
      const flags = ['--permission', ...[...packages, late].map((path) => `--allow-fs-read=${path}`)]
      const { told } = await inThread(loader.imageOf(record), undefined, flags)
      expect(told).toEqual([
        1,
        expect.stringMatching(/^CFP_FILE_UNSUPPORTED.*restricted thread.* import it statically/),
      ])
    },
  )

  test('refuses a record of another loader, and one that has no file', async () => {
    const { folder, loader, record } = await loaded({ 'a.js': pluginText('a') })
    const other = loaderFor(folder)
    expect(() => other.imageOf(record)).toThrow(/^The code of plugin "a" is not there .*: this loader did not load it/)
    const byValue = { ...record, source: { generation: 1, files: [] } }
    expect(() => loader.imageOf(byValue)).toThrow(expect.objectContaining({ code: 'CFP_IMAGE_MISSING', plugin: 'a' }))
  })
})

describe('a module graph prints the same in a thread, from an image, as it does here', () => {
  test.each(Object.entries(moduleGraphs))('%s', async (_, files) => {
    const lines: string[] = []
    globalThis.log = (...values) => void lines.push(values.map((value) => inspect(value)).join(' '))
    const entry = `try { await import('./graph/main.mjs') } catch (error) { log('threw', error.message) }
      await new Promise((resolve) => setImmediate(resolve))
      ${pluginText('a')}`
    const graph = Object.entries(files).map(([name, text]) => [`graph/${name}`, text])
    const { folder, loader, record } = await loaded(
      { 'a.mjs': entry, ...Object.fromEntries(graph) },
      { patterns: ['a.mjs'] },
    )
    const image = loader.imageOf(record)
    rmSync(folder, { recursive: true })
    expect((await inThread(image)).lines).toEqual(lines)
    expect(lines.length).toBeGreaterThan(0)
  })
})

describe('the name of an export', () => {
  test('is found by identity, of ES modules and CommonJS, of values that were exported twice too', async () => {
    const { loader } = await loaded({
      'a.mjs': `export const one = () => 1; export { one as first }; export default one; ${pluginText('a')}`,
      'b.cjs': `exports.two = () => 2; exports.PLUGIN_META = { name: 'b', version: '1.0.0' }; exports.register = () => ({})`,
    })
    const { records } = await loader.loadPlugins()
    const [a, b] = records as [PluginRecord, PluginRecord]
    const { namespace } = await loader.evaluate((await loader.discover())[0] as FoundPlugin)
    expect(loader.exportNameOf(a, a.register)).toBe('register')
    expect(loader.exportNameOf(b, b.register)).toBe('register')
    expect(loader.exportNameOf(a, b.register)).toBeUndefined()
    // Of another generation.
    expect(loader.exportNameOf(a, (namespace as typeof a).register)).toBeUndefined()
  })
})
