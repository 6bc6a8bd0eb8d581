// Whatever is wrong with a plugin's files is told with file, line and column, and the next good save heals it.
import { chmodSync, symlinkSync, unlinkSync } from 'node:fs'
import { join } from 'node:path'
import type { PluginError } from '@cf-plugins/plugin-api'
import { describe, expect, test } from 'vitest'
import type { PluginLoaderOptions } from '../src/index.ts'
import { folderWith, loaderFor, pluginText, write } from './folder.ts'

async function failureOf(files: Record<string, string>, options?: PluginLoaderOptions) {
  const folder = folderWith(files)
  const loader = loaderFor(folder, options)
  const report = await loader.loadPlugins()
  expect(report.failures).toHaveLength(1)
  const error = report.failures[0] as PluginError
  const heal = async (good: Record<string, string>): Promise<void> => {
    write(folder, good)
    const again = await loader.loadPlugins()
    expect(again.failures).toEqual([])
    expect(again.records[0]?.source.generation).toBe(2)
  }
  return { folder, loader, error, heal }
}

describe('a load that fails', () => {
  test.each([
    ['a.js', 'const a = 1\nconst = 2\n'],
    ['a.ts', 'const a: number = 1\nconst = 2\n'],
  ])('gives line and column of a syntax error: %s (fault 17)', async (name, text) => {
    const { folder, error, heal } = await failureOf({ [name]: text })
    expect(error).toMatchObject({
      code: 'CFP_SYNTAX',
      file: join(folder, name),
      line: 2,
      column: 7,
      generation: 1,
      phase: 'load',
    })
    expect(error.message).toContain(`${name}:2:7`)
    await heal({ [name]: pluginText('a') })
  })

  test('names the importer of a helper with a syntax error (fault 17)', async () => {
    const { folder, error } = await failureOf({
      'a/index.ts': `import './helper.ts'`,
      'a/helper.ts': '\n\n  let let = 1',
    })
    expect(error).toMatchObject({ code: 'CFP_SYNTAX', file: join(folder, 'a/helper.ts'), line: 3 })
    expect(error.message).toContain('imported by')
    expect(error.message).toContain('index.ts:1:8')
  })

  test('names importer, line, column and specifier of a file that is not there, and is healed by its creation (fault 20)', async () => {
    const { folder, loader, error, heal } = await failureOf({
      'a/index.ts': pluginText('a', `\nimport { x } from './gone.js'; x()`),
    })
    expect(error).toMatchObject({ code: 'CFP_MODULE_MISSING', file: join(folder, 'a/index.ts'), line: 2, column: 19 })
    expect(error.message).toContain('"./gone.js"')
    for (const name of ['gone.js', 'gone.ts']) {
      expect(loader.usersOf(join(folder, 'a', name)).map(({ file }) => file)).toEqual([join(folder, 'a/index.ts')])
      expect(loader.filesOf(join(folder, 'a/index.ts'))).toContain(join(folder, 'a', name))
    }
    await heal({ 'a/gone.ts': 'export const x = () => 1' })
    expect(loader.filesOf(join(folder, 'a/index.ts'))).toEqual([join(folder, 'a/index.ts'), join(folder, 'a/gone.ts')])
  })

  test('names a package that neither the plugin nor the host has (fault 20)', async () => {
    const { error } = await failureOf({ 'a.js': `import 'no-such-package-anywhere'` })
    expect(error).toMatchObject({ code: 'CFP_MODULE_MISSING', line: 1, column: 8 })
    expect(error.message).toContain('"no-such-package-anywhere"')
  })

  test('names a missing export before any code has run', async () => {
    const { folder, error } = await failureOf({
      'a/index.js': `globalThis.ranTooEarly = true\nimport { there,\n  nope } from './b.js'`,
      'a/b.js': 'globalThis.ranTooEarly = true; export const there = 1',
    })
    expect(error).toMatchObject({ code: 'CFP_EXPORT_MISSING', file: join(folder, 'a/index.js'), line: 3, column: 3 })
    expect(error.message).toMatch(/"\.\/b\.js" has no export "nope"/)
    expect(globalThis).not.toHaveProperty('ranTooEarly')
  })

  test('names a missing export of a module of the host, and of a CommonJS file', async () => {
    const host = await failureOf({ 'a.js': `import { nope } from 'node:fs'` })
    expect(host.error).toMatchObject({ code: 'CFP_EXPORT_MISSING', line: 1, column: 10 })
    const commonJs = await failureOf({ 'a/index.js': `import { nope } from './c.cjs'`, 'a/c.cjs': 'exports.x = 1' })
    expect(commonJs.error).toMatchObject({ code: 'CFP_EXPORT_MISSING', line: 1, column: 10 })
  })

  test('names an export that two stars give', async () => {
    const { error } = await failureOf({
      'a/index.js': `import { x } from './both.js'`,
      'a/both.js': `export * from './one.js'; export * from './two.js'`,
      'a/one.js': 'export const x = 1',
      'a/two.js': 'export const x = 2',
    })
    expect(error.code).toBe('CFP_EXPORT_MISSING')
    expect(error.message).toContain('more than once')
  })

  test('gives the place of a throw while it is evaluated, in a helper, in TypeScript (faults 18, 27)', async () => {
    const helper = `import { x } from './types.js'\ninterface A {\n  a: 1\n}\nx(); const broken = (value: A): never => {\n  throw new RangeError(\`no \${value.a}\`)\n}\nbroken({ a: 1 })`
    const { folder, error, heal } = await failureOf({
      'a/index.ts': `import './helper.ts'`,
      'a/helper.ts': helper,
      'a/types.ts': 'export const x = () => {}',
    })
    expect(error).toMatchObject({ code: 'CFP_LOAD_THROWN', file: join(folder, 'a/helper.ts'), line: 6, column: 9 })
    expect((error.cause as Error).stack).toMatch(/helper\.ts:6:\d+\)[\s\S]*helper\.ts:8:/)
    expect(error.message).toContain('no 1')
    await heal({ 'a/index.ts': pluginText('a') })
  })

  test('tells what was thrown that is no Error', async () => {
    const { error } = await failureOf({ 'a.js': `throw 'a string'` })
    expect(error).toMatchObject({ code: 'CFP_LOAD_THROWN', cause: 'a string' })
  })

  test('has a deadline for a top-level await, and names the file that waits (fault 19)', async () => {
    const { folder, error, heal } = await failureOf(
      { 'a/index.js': `import './wait.js'`, 'a/wait.js': 'await new Promise(() => {})' },
      { loadTimeoutMs: 50 },
    )
    expect(error).toMatchObject({ code: 'CFP_LOAD_TIMEOUT', file: join(folder, 'a/wait.js') })
    await heal({ 'a/index.js': pluginText('a') })
  })

  test('ends when its signal aborts', async () => {
    const folder = folderWith({ 'a.js': 'await new Promise(() => {})' })
    const loader = loaderFor(folder)
    const controller = new AbortController()
    const loading = loader.loadPlugins({ signal: controller.signal })
    controller.abort(new Error('the host goes down'))
    const { failures } = await loading
    expect(failures[0]).toMatchObject({ code: 'CFP_LOAD_ABORTED' })
    expect(failures[0]?.message).toContain('the host goes down')
  })

  test('of an import() that is not there names file and specifier, whether it is awaited at once or later', async () => {
    const folder = folderWith({
      'a.js': `await import('./gone.js')`,
      'b.js': pluginText('b', `export const later = () => import('./gone.js')`),
    })
    const loader = loaderFor(folder)
    const [now] = (await loader.loadPlugins()).failures
    expect(now).toMatchObject({ code: 'CFP_MODULE_MISSING', file: join(folder, 'a.js'), generation: 1 })
    expect(now?.message).toContain('./gone.js')
    const found = loader.isCandidate(join(folder, 'b.js'))
    const { namespace } = await loader.evaluate(found as NonNullable<typeof found>)
    const { later } = namespace as { later: () => Promise<unknown> }
    await expect(later()).rejects.toMatchObject({ code: 'CFP_MODULE_MISSING', file: join(folder, 'b.js') })
  })

  test('says what a file is that is no plugin, and what was looked for (fault 21)', async () => {
    const { error } = await failureOf({ 'a.js': 'export const something = 1' })
    expect(error).toMatchObject({ code: 'CFP_NOT_A_PLUGIN', generation: 1 })
    expect(error.message).toContain('PLUGIN_META')
  })

  test('tells every problem of the metadata (fault 28)', async () => {
    const { error } = await failureOf({
      'a.js': `export const PLUGIN_META = { name: 'No', version: 'x' }; export function register() {}`,
    })
    expect(error.code).toBe('CFP_META_INVALID')
    expect(error.issues?.length).toBeGreaterThan(1)
  })

  test.each(['process.exit(3)', 'try { process.exit(3) } catch {}', 'await 0; process.exit(3)'])(
    'because it calls %s ends neither the process nor another load (fault 24)',
    async (text) => {
      const { exit } = process
      const folder = folderWith({
        'a.js': text,
        'b.js': pluginText('b', 'await new Promise((resolve) => setTimeout(resolve, 20))'),
      })
      const { records, failures } = await loaderFor(folder).loadPlugins()
      expect(failures).toHaveLength(1)
      expect(failures[0]).toMatchObject({ code: 'CFP_PLUGIN_EXITED', file: join(folder, 'a.js'), line: 1 })
      expect(records.map(({ meta }) => meta.name)).toEqual(['b'])
      expect(process.exit).toBe(exit)
    },
  )

  test.skipIf(process.getuid?.() === 0)('names a file that may not be read (fault 14)', async () => {
    const folder = folderWith({ 'a.js': pluginText('a') })
    chmodSync(join(folder, 'a.js'), 0)
    const { failures } = await loaderFor(folder).loadPlugins()
    expect(failures[0]).toMatchObject({ code: 'CFP_FILE_UNREADABLE', file: join(folder, 'a.js') })
  })

  test('names an entry that has gone since it was found', async () => {
    const folder = folderWith({ 'a.js': pluginText('a') })
    const loader = loaderFor(folder)
    const found = await loader.discover()
    unlinkSync(join(folder, 'a.js'))
    const { failures } = await loader.loadAll(found)
    expect(failures[0]).toMatchObject({ code: 'CFP_MODULE_MISSING', file: join(folder, 'a.js') })
  })

  test.each(['./x%2Fy.js', './x%00y.js', './x\\0y.js'])('refuses the specifier %j', async (specifier) => {
    const { error } = await failureOf({ 'a.js': `import '${specifier}'` })
    expect(error).toMatchObject({ code: 'CFP_SPECIFIER_INVALID', line: 1, column: 8 })
  })

  test('names a file of a kind that is not evaluated', async () => {
    const { folder, error } = await failureOf({ 'a.js': `import './style.css'`, 'style.css': 'a {}' })
    expect(error).toMatchObject({ code: 'CFP_FILE_UNSUPPORTED', file: join(folder, 'style.css') })
  })

  test('names a JSON file that does not parse', async () => {
    const { folder, error } = await failureOf({ 'a.js': `import d from './d.json'`, 'd.json': '{' })
    expect(error).toMatchObject({ code: 'CFP_SYNTAX', file: join(folder, 'd.json') })
  })

  test('says which module of the host threw', async () => {
    const outside = folderWith({ 'bad.mjs': `throw new Error('host module')` })
    const { error } = await failureOf({ 'a.js': `import '${join(outside, 'bad.mjs')}'` })
    expect(error).toMatchObject({ code: 'CFP_IMPORT_FAILED', line: 1 })
    expect(error.message).toContain('host module')
  })

  test('says what to do about a file of the host that Node does not run', async () => {
    // Node says so; what runs these tests would not.
    const unknown = new TypeError('Unknown file extension ".ts" for /src/helper.ts')
    const refused = () => Promise.reject(Object.assign(unknown, { code: 'ERR_UNKNOWN_FILE_EXTENSION' }))
    const { error } = await failureOf({ 'a.js': `import 'host-helper'` }, { hostModules: { 'host-helper': refused } })
    expect(error).toMatchObject({ code: 'CFP_IMPORT_FAILED', line: 1 })
    expect(error.message).toContain('Unknown file extension')
    expect(error.message).toContain('move the file into one')
  })
})

describe('a symbolic link that leaves the plugin folders', () => {
  test('is refused as an entry, as a folder and as an import (fault 8)', async () => {
    const outside = folderWith({ 'a.js': pluginText('a'), 'b/index.js': pluginText('b'), 'helper.js': 'export {}' })
    const folder = folderWith({ 'c.js': pluginText('c', `import './_helper.js'`) })
    symlinkSync(join(outside, 'a.js'), join(folder, 'a.js'))
    symlinkSync(join(outside, 'b'), join(folder, 'b'))
    symlinkSync(join(outside, 'helper.js'), join(folder, '_helper.js'))
    const { failures, records } = await loaderFor(folder).loadPlugins()
    expect(records).toEqual([])
    expect(failures.map(({ code }) => code)).toEqual(['CFP_LINK_OUTSIDE', 'CFP_LINK_OUTSIDE', 'CFP_LINK_OUTSIDE'])
    const followed = await loaderFor(folder, { followLinks: true }).loadPlugins()
    expect(followed.failures).toEqual([])
    expect(followed.records.map(({ meta }) => meta.name).sort()).toEqual(['a', 'b', 'c'])
  })

  test('that leads round in a circle ends (fault 7)', async () => {
    const folder = folderWith({ 'group/a/index.js': pluginText('a') })
    symlinkSync(folder, join(folder, 'group/loop'))
    const { records } = await loaderFor(folder).loadPlugins()
    expect(records.map(({ meta }) => meta.name)).toEqual(['a'])
  })
})

test('a prototype that a plugin patches is reported with plugin and property (fault 25)', async () => {
  const warnings: unknown[] = []
  const quiet = () => {}
  const logger = { debug: quiet, info: quiet, error: quiet, warn: (...values: unknown[]) => void warnings.push(values) }
  const folder = folderWith({
    'a.js': pluginText('a', 'Array.prototype.cfLast = function () {}; Object.prototype.cfX = 1'),
    'b.js': pluginText('b'),
  })
  try {
    const { records } = await loaderFor(folder, { logger }).loadPlugins()
    expect(records).toHaveLength(2)
  } finally {
    Reflect.deleteProperty(Array.prototype, 'cfLast')
    Reflect.deleteProperty(Object.prototype, 'cfX')
  }
  expect(warnings).toHaveLength(1)
  expect(JSON.stringify(warnings[0])).toContain('Array.prototype.cfLast')
  expect(JSON.stringify(warnings[0])).toContain('Object.prototype.cfX')
  expect(JSON.stringify(warnings[0])).toContain('a.js')
})
