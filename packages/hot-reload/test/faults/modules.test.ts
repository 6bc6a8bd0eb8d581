// Code that cannot be loaded: the old one serves, and the error says who, where and why.
import { join } from 'node:path'
import { expect, it, onTestFinished } from 'vitest'
import { counter, plugin } from '../sources.ts'
import { faultFolder } from './fault-folder.ts'

it('keeps the old code when the new one has a syntax error, and says in which line (fault 17)', async () => {
  const folder = await faultFolder()
  await folder.fault(() => folder.save('counter.ts', `${counter(2)}\nconst = 3\n`), {
    code: 'CFP_SYNTAX',
    phase: 'load',
    line: counter(2).split('\n').length + 1,
  })
  await folder.heal()
})

it('keeps the old code when the new one throws at import, and loads the corrected file (fault 18)', async () => {
  const folder = await faultFolder()
  await folder.fault(() => folder.save('counter.ts', `\n\nthrow new Error('not today')\n${counter(2)}`), {
    code: 'CFP_LOAD_THROWN',
    phase: 'load',
    line: 3,
    message: /not today/,
  })
  await folder.heal()
})

it('keeps the old code when a helper of the new one throws at import, and is healed by the helper (fault 18)', async () => {
  const folder = await faultFolder({ '_step.ts': 'export const one = 1' })
  await folder.reported(() => folder.save('counter.ts', `import './_step.ts'\n${counter(1)}`))
  await folder.fault(() => folder.save('_step.ts', 'export const one = 1\nnull.oops\n'), {
    code: 'CFP_LOAD_THROWN',
    phase: 'load',
    file: '_step.ts',
    line: 2,
    message: /imported by .*counter\.ts:1/,
  })
  await folder.heal(() => folder.save('_step.ts', 'export const one = 11'))
})

it('gives up a top-level await that never ends at its deadline, and names the file that waits (fault 19)', async () => {
  const folder = await faultFolder({ '_wait.ts': 'export {}' }, { load: { loadTimeoutMs: 200 } })
  await folder.reported(() => folder.save('counter.ts', `import './_wait.ts'\n${counter(1)}`))
  await folder.fault(() => folder.save('_wait.ts', 'await new Promise(() => {})'), {
    code: 'CFP_LOAD_TIMEOUT',
    phase: 'load',
    file: '_wait.ts',
    message: /0\.2 s/,
  })
  await folder.heal(() => folder.save('_wait.ts', 'export const ready = true'))
})

it('names the importer and the specifier of a missing transitive import, and is healed by its creation (fault 20)', async () => {
  const folder = await faultFolder({ '_a.ts': 'export const a = 1' })
  await folder.reported(() => folder.save('counter.ts', `import './_a.ts'\n${counter(1)}`))
  await folder.fault(() => folder.save('_a.ts', "export const a = 1\nimport './_gone.ts'"), {
    code: 'CFP_MODULE_MISSING',
    phase: 'load',
    file: '_a.ts',
    line: 2,
    message: /"\.\/_gone\.ts"/,
  })
  await folder.heal(() => folder.save('_gone.ts', 'export {}'))
})

it('says what was looked for in a file that is no plugin any more (fault 21)', async () => {
  const folder = await faultFolder()
  await folder.fault(() => folder.save('counter.ts', 'export const nothing = 1'), {
    code: 'CFP_NOT_A_PLUGIN',
    phase: 'validate',
    message: /PLUGIN_META/,
  })
  await folder.heal()
})

it('reloads the users of a helper that changes, and no one else (fault 22)', async () => {
  const user = (name: string) => plugin(name, { setup: '() => ({ word })' }, "import { word } from './lib/deep.ts'")
  const folder = await faultFolder(
    {
      'lib/_word.ts': "export const word = 'old'",
      'lib/deep.ts': "export { word } from './_word.ts'",
      'a.ts': user('a'),
      'b.ts': user('b'),
      'c.ts': plugin('c', { setup: '() => ({})' }),
    },
    { load: { patterns: ['*.ts'] } },
  )
  const c = folder.reloader.lifecycle.instance('c')
  const report = await folder.reported(() => folder.save('lib/_word.ts', "export const word = 'new'"))
  expect([...report.members].sort()).toEqual(['a', 'b'])
  expect([folder.service('a'), folder.service('b')]).toEqual([{ word: 'new' }, { word: 'new' }])
  expect(folder.reloader.lifecycle.instance('c')).toBe(c)
  folder.counts()
  await folder.untouched()
})

it('reloads a plugin whose files import each other in a circle, each of them once (fault 23)', async () => {
  const a = (word: string) =>
    `import { b } from './_b.ts'\nexport const a = () => '${word}'\nexport const both = () => a() + b()\n`
  const b = (word: string) => `import { a } from './_a.ts'\nexport const b = () => '${word}' + a().length\n`
  const folder = await faultFolder({
    'circle.ts': plugin('circle', { setup: '() => ({ both })' }, "import { both } from './_a.ts'"),
    '_a.ts': a('one'),
    '_b.ts': b('two'),
  })
  const both = () => folder.service<{ both(): string }>('circle').both()
  expect(both()).toBe('onetwo3')
  await folder.reported(() => folder.save('_b.ts', b('three')))
  expect(both()).toBe('onethree3')
  // What is used before it is there is an error at that line.
  await folder.fault(() => folder.save('_b.ts', `import { both } from './_a.ts'\nexport const b = both()\n`), {
    plugin: 'circle',
    code: 'CFP_LOAD_THROWN',
    phase: 'load',
    file: '_b.ts',
    line: 2,
  })
  expect(both()).toBe('onethree3')
  await folder.heal(() => folder.save('_b.ts', b('four')))
  expect(both()).toBe('onefour3')
})

it.each([
  ['at once', 'process.exit(3)'],
  ['in a try', 'try { process.exit(3) } catch {}'],
  ['after an await', 'await null; process.exit(3)'],
])('catches process.exit while the new code is loaded, %s, and says whose it is (fault 24)', async (_when, code) => {
  const folder = await faultFolder()
  await folder.fault(() => folder.save('counter.ts', `\n${code}\n${counter(2)}`), {
    code: 'CFP_PLUGIN_EXITED',
    phase: 'load',
    line: 2,
    message: /process\.exit\(3\)/,
  })
  await folder.heal()
})

it('reports a global prototype that new code patches, with the plugin and the property (fault 25)', async () => {
  onTestFinished(() => void Reflect.deleteProperty(Array.prototype, 'cfLast'))
  const warnings: [context: unknown, message: string][] = []
  const quiet = () => {}
  const warn = (context: unknown, message?: string) => void warnings.push([context, String(message)])
  const folder = await faultFolder({}, { logger: { debug: quiet, info: quiet, error: quiet, warn } })
  const patched = `Object.assign(Array.prototype, { cfLast() {} })\n${counter(10)}`
  const report = await folder.reported(() => folder.save('counter.ts', patched))
  expect(report.outcome).toBe('committed')
  const told = warnings.filter(([, message]) => message.includes('Array.prototype.cfLast'))
  expect(told).toHaveLength(1)
  expect(told[0]?.[1]).toMatch(/counter/)
  folder.counts(10)
  await folder.untouched()
  await folder.heal()
})

it('loads decorators, enums, types, JSON, CommonJS, import() and import.meta, edit after edit (fault 26)', async () => {
  const source = (level: number) => `
    import { BasePlugin, hook, inject, plugin } from '@cf-plugins/plugin-api'
    import type { Nothing } from './nowhere.ts'
    import { type Also, type Other } from './_types.ts'
    import data from './_data.json' with { type: 'json' }
    import legacy from './_legacy.cjs'
    enum Level { Low = ${level}, High }
    const enum Fixed { One = 1 }
    namespace Names { export const inner = 'inner' }
    @plugin({ name: 'modern', version: '1.0.0' })
    export default class Modern extends BasePlugin {
      declare nothing: Nothing & Also & Other
      accessor level: Level = Level.High
      #late: string | undefined
      override async setup() { this.#late = (await import('./_late.ts')).late }
      @hook('tell') tell() {
        return [this.level, Level[this.level], Fixed.One, Names.inner, data.word, legacy.word, this.#late, import.meta.url]
      }
    }`
  const folder = await faultFolder({
    'modern.ts': source(1),
    '_types.ts': 'export interface Also {}\nexport type Other = Also',
    '_data.json': '{ "word": "json" }',
    '_legacy.cjs': "exports.word = require('./_inner.cjs').word",
    '_inner.cjs': "exports.word = 'cjs'",
    '_late.ts': "export const late: string = 'late'",
  })
  const tell = async () => (await folder.reloader.lifecycle.hooks.call('tell'))[0]
  const url = expect.stringMatching(/^file:.*modern\.ts/)
  expect(await tell()).toEqual([2, 'High', 1, 'inner', 'json', 'cjs', 'late', url])
  await folder.reported(() => folder.save('modern.ts', source(5)))
  expect(await tell()).toEqual([6, 'High', 1, 'inner', 'json', 'cjs', 'late', url])
  await folder.reported(() => folder.save('_data.json', '{ "word": "json 2" }'))
  await folder.reported(() => folder.save('_inner.cjs', "exports.word = 'cjs 2'"))
  await folder.reported(() => folder.save('_late.ts', "export const late: string = 'late 2'"))
  expect(folder.reports.map(({ outcome, members }) => [outcome, members])).toEqual(
    Array.from({ length: 4 }, () => ['committed', ['modern']]),
  )
  expect(await tell()).toEqual([6, 'High', 1, 'inner', 'json 2', 'cjs 2', 'late 2', url])
  await folder.fault(() => folder.save('_data.json', '{ "word": '), {
    plugin: 'modern',
    code: 'CFP_SYNTAX',
    phase: 'load',
    file: '_data.json',
  })
  await folder.heal(() => folder.save('_data.json', '{ "word": "json 3" }'))
})

it('leads the stack of an error in reloaded code to the line of its source (fault 27)', async () => {
  const setup =
    '() => {\n    interface A { a: 1 }\n    const fail = (_: A): never => {\n      throw new Error("here")\n    }\n    fail({ a: 1 })\n  }'
  const folder = await faultFolder()
  const source = plugin('counter', { setup })
  const line = source.split('\n').findIndex((text) => text.includes('throw')) + 1
  const report = await folder.fault(() => folder.save('counter.ts', source), {
    code: 'CFP_SETUP_FAILED',
    phase: 'setup',
    outcome: 'rolled-back',
  })
  const stack = (report.error?.cause as Error | undefined)?.stack
  const frames = [...(stack?.matchAll(/\(?((?:file:\/\/)?\/[^():]*counter\.ts):(\d+):\d+/g) ?? [])]
  expect(frames.map(([, , at]) => Number(at)).slice(0, 2)).toEqual([line, line + 2])
  expect(frames[0]?.[1]?.replace('file://', '')).toBe(join(folder.path, 'counter.ts'))
  await folder.heal()
})
