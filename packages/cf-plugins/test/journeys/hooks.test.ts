// Hooks of every kind between plugins in files: typed by refs that one exports and others import, over reloads of either.
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { hookRef, type Logger, type PluginManager, readAudit } from '../../src/index.ts'
import { PluginFolder } from './plugin-folder.ts'

/** Exports the refs, and calls what they stand for. */
const pages = `
import { definePlugin, hookRef } from 'cf-plugins'
export const Menu = hookRef.series<(page: string) => string>('page.menu')
export const Parts = hookRef.parallel<(page: string) => string>('page.parts')
export const Title = hookRef.waterfall<(title: string, page: string) => string>('page.title')
export const Find = hookRef.bail<(page: string) => string>('page.find')
export const Answer = hookRef.wrap<(page: string) => string>('page.answer')
export default definePlugin({
  name: 'pages', version: '1.0.0',
  setup: ({ hooks }) => ({
    sync: (page: string) => [hooks.callSync(Menu, page), hooks.callSync(Title, page, page), hooks.callSync(Find, page)],
    ask: async (page: string) => ({
      menu: await hooks.call(Menu, page),
      parts: await hooks.call(Parts, page),
      title: await hooks.call(Title, page, page),
      found: await hooks.call(Find, page),
      answer: await hooks.call(Answer, (name) => '<' + name + '>', page),
    }),
  }),
})`
/** Answers all of them, each with its mark. */
const answering = (name: string, mark: string) => `
import { definePlugin } from 'cf-plugins'
import { Answer, Find, Menu, Parts, Title } from './pages.ts'
export default definePlugin({
  name: '${name}', version: '1.0.0',
  setup({ hooks }) {
    hooks.on(Menu, (page) => '${mark} ' + page)
    hooks.on(Parts, async (page) => '${mark} ' + page)
    hooks.on(Title, (title, page) => title + ' ${mark}' + page.length)
    hooks.on(Find, (page) => (page === '${name}' ? '${mark}' : undefined))
    hooks.on(Answer, async (next, page) => '${mark}' + (await next(page + '!')) + '${mark}')
  },
})`
/** The same as a class. */
const decorated = (name: string, mark: string) => `
import { BasePlugin, hook, plugin } from 'cf-plugins'
import { Answer, Find, Menu, Parts, Title } from './pages.ts'
@plugin({ name: '${name}', version: '1.0.0' })
export default class extends BasePlugin {
  #mark = '${mark}'
  @hook(Menu) menu(page: string) { return this.#mark + ' ' + page }
  @hook(Parts) async part(page: string) { return this.#mark + ' ' + page }
  @hook(Title) title(title: string, page: string) { return title + ' ' + this.#mark + page.length }
  @hook(Find) find(page: string) { return page === this.name ? this.#mark : undefined }
  @hook(Answer) async answer(next: (page: string) => unknown, page: string) { return this.#mark + (await next(page + '!')) + this.#mark }
}`

interface Pages {
  ask(page: string): Promise<{ menu: string[]; parts: string[]; title: string; found?: string; answer: string }>
  sync(page: string): unknown[]
}

it('asks every kind of hook by refs that one plugin exports and others import, over reloads of both', async () => {
  const folder = await PluginFolder.make({
    'pages.ts': pages,
    'a.ts': answering('a', 'A'),
    'b.ts': decorated('b', 'B'),
  })
  const { manager, report, reported } = await folder.started({ hotReload: true })
  expect(report.failed).toEqual([])
  const ask = (page: string) => (manager.get('pages') as Pages).ask(page)
  const all = (mark: string, found: string | undefined) => ({
    menu: ['A b', `${mark} b`],
    parts: ['A b', `${mark} b`],
    title: `b A1 ${mark}1`,
    found,
    answer: `A${mark}<b!!>${mark}A`,
  })
  expect(await ask('b')).toEqual(all('B', 'B'))
  expect((manager.get('pages') as Pages).sync('b')).toEqual([['A b', 'B b'], 'b A1 B1', 'B'])

  expect((await reported(() => folder.save('b.ts', decorated('b', 'C')))).outcome).toBe('committed')
  expect(await ask('b')).toEqual(all('C', 'C'))
  // Whoever imports the refs is made anew with them.
  const both = await reported(() => folder.save('pages.ts', pages.replace("'<' + name + '>'", "'[' + name + ']'")))
  expect(both.outcome).toBe('committed')
  expect((await ask('b')).answer).toBe('AC[b!!]CA')
  // The host's own ref of the same name, kind and options is the same hook.
  const Title = hookRef.waterfall<(title: string, page: string) => string>('page.title')
  expect(await manager.hooks.call(Title, 'home', 'ab')).toBe('home A2 C2')
  await manager.disable('a')
  expect(await ask('b')).toEqual({
    menu: ['C b'],
    parts: ['C b'],
    title: 'b C1',
    found: 'C',
    answer: 'C[b!]C',
  })
})

it('declares one kind for a name: who says another is refused, with both', async () => {
  const other = `import { definePlugin, hookRef } from 'cf-plugins'
export default definePlugin({ name: 'other', version: '1.0.0', dependencies: ['a'],
  setup: ({ hooks }) => void hooks.on(hookRef.bail('page.title'), () => 1) })`
  const folder = await PluginFolder.make({ 'pages.ts': pages, 'a.ts': answering('a', 'A'), 'other.ts': other })
  const { report } = await folder.started()
  expect(report.failed).toMatchObject([{ plugin: 'other', error: { code: 'CFP_SETUP_FAILED' } }])
  expect(report.failed[0]?.error.cause).toMatchObject({ code: 'CFP_HOOK_REDECLARED' })
  expect(report.failed[0]?.error.message).toMatch(/waterfall.*bail/)
})

/** A plugin with handlers of `step`, each of which answers its name. */
const stepping = (name: string, ...options: string[]) => `
export const PLUGIN_META = { name: '${name}', version: '1.0.0' }
export const register = (_app, { hooks }) => ({
  setup() {
${options.map((option, at) => `    hooks.on('step', () => '${name}${at || ''}', ${option})`).join('\n')}
  },
})`

it('goes by priority, by name and number, and by before and after over them', async () => {
  const folder = await PluginFolder.make({
    'a.mjs': stepping('a', "{ priority: 'low' }"),
    'b.mjs': stepping('b', '{}', '{ priority: 51 }'),
    'c.mjs': stepping('c', "{ priority: 'high' }", '{ priority: 49 }'),
    'd.mjs': stepping('d', "{ priority: 'low', before: 'c' }"),
    'e.mjs': stepping('e', "{ priority: 'high', after: ['a', 'not-there'] }"),
  })
  const { logger, warned } = listening()
  const { manager, reported } = await folder.started({ hotReload: true, logger })
  expect(await manager.hooks.call('step')).toEqual(['d', 'c', 'b1', 'b', 'c1', 'a', 'e'])
  await reported(() => folder.save('d.mjs', stepping('d', '{ priority: 50.5 }')))
  expect(await manager.hooks.call('step')).toEqual(['c', 'b1', 'd', 'b', 'c1', 'a', 'e'])
  // New code that would close a circle is told of, and goes by what was said first.
  const circle = await reported(() => folder.save('a.mjs', stepping('a', "{ after: 'e' }")))
  expect(circle.outcome).toBe('committed')
  expect(await manager.hooks.call('step')).toEqual(['c', 'b1', 'd', 'a', 'e', 'b', 'c1'])
  expect(warned.filter((message) => /"a" cannot run its handler of "step" after/.test(message))).toHaveLength(1)
})

it('tries again, passes over, keeps failures to itself and calls once, as each handler says; and tells how each fared', async () => {
  const folder = await PluginFolder.make({
    'options.mjs': `
export const PLUGIN_META = { name: 'options', version: '1.0.0' }
export function register(_app, { hooks }) {
  let calls = 0
  return { setup() {
    hooks.on('ask', async () => { if (++calls < 3) throw new Error('not yet'); return calls }, { priority: 90, retry: { attempts: 3, delayMs: 1 } })
    hooks.on('ask', () => 'only for x', { priority: 80, condition: (name) => name === 'x' })
    hooks.on('ask', () => { throw new Error('never mind') }, { priority: 70, ignoreErrors: true })
    hooks.on('ask', () => 'once', { priority: 60, once: true })
    hooks.on('ask', (name) => new Promise(() => {}), { priority: 10, timeoutMs: 20, condition: (name) => name === 'slow' })
  } }
}`,
  })
  const { manager } = await folder.started()
  expect(await manager.hooks.call('ask', 'x')).toEqual([3, 'only for x', 'once'])
  expect(await manager.hooks.call('ask', 'y')).toEqual([4])
  await expect(manager.hooks.call('ask', 'slow')).rejects.toMatchObject({
    code: 'CFP_HOOK_FAILED',
    failures: [{ plugin: 'options', error: { code: 'CFP_HANDLER_TIMEOUT' } }],
  })
  const { value, results } = await manager.hooks.callSettled('ask', 'slow')
  expect(value).toEqual([6])
  expect(results.map(({ status, attempts }) => [status, attempts])).toEqual([
    ['fulfilled', 1],
    ['skipped', 0],
    ['rejected', 1],
    ['rejected', 1],
  ])
  expect(() => manager.hooks.callSync('ask', 'x')).toThrow(expect.objectContaining({ code: 'CFP_HOOK_ASYNC' }))
})

it('checks a handler against its hook when it is added, not when it is called', async () => {
  const folder = await PluginFolder.make({
    'fits.ts': `import { definePlugin, hookRef } from 'cf-plugins'
export const Save = hookRef.series<(file: string) => void>('file.save', { args: 1 })
export default definePlugin({ name: 'fits', version: '1.0.0', setup: ({ hooks }) => void hooks.on(Save, () => {}) })`,
    'wide.ts': `import { definePlugin } from 'cf-plugins'
import { Save } from './fits.ts'
export default definePlugin({ name: 'wide', version: '1.0.0',
  setup: ({ hooks }) => void hooks.on(Save, ((_file: string, _mode: number) => {}) as never) })`,
  })
  const { report } = await folder.started()
  expect(report.active).toEqual(['fits'])
  const [failure] = report.failed
  expect(failure).toMatchObject({ plugin: 'wide', error: { code: 'CFP_HANDLER_INVALID', phase: 'setup' } })
  expect(failure?.error.message).toMatch(/file\.save.*2/)
})

it('tells a plugin that comes late what was called before it, each instance once', async () => {
  const late = (mark: string) => `
import { definePlugin } from 'cf-plugins'
import { Opened } from './opener.ts'
export default definePlugin({ name: 'late', version: '1.0.0',
  setup({ hooks, shared }) { hooks.on(Opened, (file) => void (shared as string[]).push('${mark} ' + file)) } })`
  const heard: string[] = []
  const folder = await PluginFolder.make({
    'opener.ts': `
import { definePlugin, hookRef } from 'cf-plugins'
export const Opened = hookRef.series<(file: string) => void>('file.opened', { historic: 2 })
export default definePlugin({ name: 'opener', version: '1.0.0',
  setup: ({ hooks }) => ({ open: (file: string) => hooks.call(Opened, file) }) })`,
  })
  const { manager, reported } = await folder.started({ hotReload: true, shared: heard })
  const { open } = manager.get('opener') as { open(file: string): Promise<unknown> }
  for (const file of ['a', 'b', 'c']) await open(file)
  await reported(() => folder.save('late.ts', late('1')))
  await expect.poll(() => heard).toEqual(['1 b', '1 c'])
  await open('d')
  expect(heard.splice(0)).toEqual(['1 b', '1 c', '1 d'])
  await manager.disable('late')
  await manager.enable('late')
  await open('e')
  expect(heard.splice(0)).toEqual(['1 e'])
  await reported(() => folder.save('late.ts', late('2')))
  await expect.poll(() => heard).toEqual(['2 d', '2 e'])
})

/** Fails, or takes long, as long as the host's object says so. */
const moody = (mark: string) => `
export const PLUGIN_META = { name: 'moody', version: '1.0.0' }
export const register = (_app, { hooks, on, shared }) => ({
  setup() {
    hooks.on('ask', () => { if (shared.fails) throw new Error('in a bad mood'); return '${mark}' })
    on('tick', async () => { if (shared.isSlow) await new Promise((resolve) => setTimeout(resolve, 30)) })
  },
})`

it('switches off who keeps failing or being slow, with an audit entry, and on again', async () => {
  const mood = { fails: true, isSlow: false }
  const folder = await PluginFolder.make({ 'moody.mjs': moody('old'), 'calm.mjs': stepping('calm', '{}') })
  const audit = join(folder.path, '.audit', 'audit.jsonl')
  const { logger, warned } = listening()
  const { manager, reported } = await folder.started({
    hotReload: true,
    shared: mood,
    audit,
    logger,
    handlerPolicy: { failures: 3, slow: 2, slowMs: 5, action: 'switch-off' },
  })
  for (let call = 0; call < 3; call++) await expect(manager.hooks.call('ask')).rejects.toThrow('in a bad mood')
  expect(await manager.hooks.call('ask')).toEqual([])
  const off = viewOf(manager, 'ask')
  expect(off).toMatchObject({ on: false, reason: 'failed 3 times in a row', calls: 3, failures: 3 })
  expect(warned.some((message) => /"moody".*"ask" failed 3 times in a row, and is switched off/.test(message))).toBe(
    true,
  )
  mood.fails = false
  manager.hooks.switchOn(off.id)
  expect(await manager.hooks.call('ask')).toEqual(['old'])

  mood.isSlow = true
  for (let tick = 0; tick < 3; tick++) await manager.events.emit('tick')
  expect(viewOf(manager, 'tick')).toMatchObject({ on: false, calls: 2, failures: 0 })
  // The next generation's handlers begin switched on.
  mood.isSlow = false
  await reported(() => folder.save('moody.mjs', moody('new')))
  expect(viewOf(manager, 'tick')).toMatchObject({ on: true, generation: 2 })
  expect(await manager.hooks.call('ask')).toEqual(['new'])
  manager.hooks.switchOff(viewOf(manager, 'ask').id, 'for the night')
  expect(await manager.hooks.call('ask')).toEqual([])

  await manager.stop()
  const { entries } = await readAudit(audit, { action: 'handler.*', plugin: 'moody' })
  expect(entries.map(({ action, subject, reason }) => [action, subject?.replace(/^.*? of /, ''), reason])).toEqual([
    ['handler.switch-off', 'moody: hook ask', 'failed 3 times in a row'],
    ['handler.switch-on', 'moody: hook ask', undefined],
    ['handler.switch-off', 'moody: event tick', 'took longer than 5 ms 2 times in a row'],
    ['handler.switch-off', 'moody: hook ask', 'for the night'],
  ])
})

/** A logger, and its warnings and errors. */
function listening() {
  const warned: string[] = []
  const silent = () => {}
  const warn = (_details: string | object, message = '') => void warned.push(message)
  const logger: Logger = { debug: silent, info: silent, warn, error: warn }
  return { logger, warned }
}

function viewOf(manager: PluginManager, name: string) {
  const view = manager.handlers().find((each) => each.name === name && each.plugin === 'moody')
  if (!view) throw new Error(`no handler of ${name}`)
  return view
}
