// Errors that nobody caught, and what replaced code left open: told by the plugin's name, where the host asks for it.
import { execFile } from 'node:child_process'
import { rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { expect, it, onTestFinished } from 'vitest'
import { plugin } from '../sources.ts'
import { temporaryFolder } from './fault-folder.ts'

const run = promisify(execFile)

/** What one host of stray-child.ts prints, and how it ends. */
async function strays(plugins: Readonly<Record<string, string>>, ...script: string[]) {
  const path = await temporaryFolder()
  onTestFinished(() => rm(path, { recursive: true, force: true }))
  for (const [name, text] of Object.entries(plugins)) await writeFile(join(path, `${name}.ts`), text)
  const node = ['--conditions=@cf-plugins/source', '--import', 'tsx', join(import.meta.dirname, 'stray-child.ts')]
  const child = run(process.execPath, [...node, path, ...script], { cwd: import.meta.dirname, timeout: 25_000 })
  const { stdout, stderr, code = 0 } = await child.catch((failed) => failed)
  return {
    code,
    stderr: String(stderr),
    told:
      stdout.trim() === ''
        ? []
        : stdout
            .trim()
            .split('\n')
            .map((line: string) => JSON.parse(line)),
  }
}

const stray = (setup: string, name = 'stray') => plugin(name, { setup: `(context) => {\n${setup}\nreturn {} }` })
const LINE = 7

/** What each does, where its stack leads to its file. */
const WITH_STACK = {
  timer: "setTimeout(() => { throw new Error('stray') }, 10)",
  promise: "void Promise.reject(new Error('stray'))",
  listener: "(context.shared as any).emitter.on('beat', () => { throw new Error('stray') })",
  after: "context.after(10, () => void Promise.reject(new Error('stray')))",
}

/** What each does, where there is no stack, or one that leads nowhere. */
const WITHOUT_STACK = {
  setup: "void import('node:fs/promises').then(({ readFile }) => readFile('no such file'))",
  handler: "context.on('beat', () => { void Promise.reject('no stack at all') })",
  hook: "context.hooks.on('beat', () => { setTimeout(() => { throw undefined }, 1) })",
  every: 'context.every(5, () => { void Promise.reject(null) })',
}

it('says whose each error is that nobody caught, with a stack and without one (fault 60)', async () => {
  const all = Object.entries({ ...WITH_STACK, ...WITHOUT_STACK })
  const plugins = Object.fromEntries(all.map(([name, setup]) => [name, stray(setup, name)]))
  const { code, told, stderr } = await strays(plugins, 'tell', String(all.length))
  expect([code, stderr]).toEqual([0, ''])
  const byPlugin = new Map(told.map((error: { plugin: string }) => [error.plugin, error]))
  for (const [name] of all) {
    const file = expect.stringMatching(new RegExp(`${name}\\.ts$`))
    expect(byPlugin.get(name)).toMatchObject({
      code: 'CFP_STRAY_ERROR',
      plugin: name,
      generation: 1,
      phase: 'run',
      file,
    })
  }
  for (const name of Object.keys(WITH_STACK)) {
    const message = expect.stringContaining(`${name}.ts:${LINE}): stray`)
    expect(byPlugin.get(name)).toMatchObject({ line: LINE, message })
  }
  const states = Object.fromEntries(['bystander', ...all.map(([name]) => name)].map((name) => [name, 'active']))
  expect(told.at(-1)).toEqual({ states, asked: 1 })
})

it('switches off who leaves too many errors to nobody, and the next good save heals it (fault 60)', async () => {
  const setup = "context.every(5, () => void Promise.reject(new Error('again')))"
  const { code, told } = await strays({ stray: stray(setup) }, 'quarantine', stray(''))
  expect(code).toBe(0)
  expect(told.map(({ code: each }: { code?: string }) => each).slice(0, 4)).toEqual([
    'CFP_STRAY_ERROR',
    'CFP_STRAY_ERROR',
    'CFP_STRAY_ERROR',
    'CFP_PLUGIN_QUARANTINED',
  ])
  expect(told[3]).toMatchObject({ plugin: 'stray', generation: 1, message: expect.stringContaining('3 errors') })
  expect(told.slice(4)).toEqual([
    { states: { bystander: 'active', stray: 'disabled' }, asked: 1, why: 'CFP_PLUGIN_QUARANTINED' },
    { states: { bystander: 'active', stray: 'active' }, asked: 2, outcome: 'committed', started: ['stray'] },
  ])
})

it('tells of an interval that replaced code has left behind, by its generation (faults 46, 60)', async () => {
  const setup = "setInterval(() => { context.publish('late') }, 20)"
  const { code, told } = await strays({ stray: stray(setup) }, 'replace', stray(''))
  expect(code).toBe(0)
  expect(told[0]).toMatchObject({
    code: 'CFP_STRAY_ERROR',
    plugin: 'stray',
    generation: 1,
    message: expect.stringContaining('its generation 1 had ended'),
  })
  // Who serves now is not to blame, however many there are.
  expect(told.at(-1)).toEqual({ states: { bystander: 'active', stray: 'active' }, asked: 1 })
})

it('tells where replaced code has left a timer, a server and a listener open, and not what was closed (fault 46)', async () => {
  const open = [
    'const timer = setInterval(() => {}, 60_000)',
    "const server = (await import('node:net')).createServer().listen(0)",
    'const listener = () => {}',
    "process.on('SIGUSR2', listener)",
  ]
  const close = '() => { clearInterval(timer); server.close(); process.off("SIGUSR2", listener) }'
  const leaves = `async (context) => {\n${open.join('\n')}\nreturn {} }`
  const closes = `async (context) => {\n${open.join('\n')}\nreturn { close: ${close} } }`
  const plugins = {
    stray: plugin('stray', { setup: leaves }),
    tidy: plugin('tidy', { setup: closes, teardown: '({ close }) => close()' }),
  }
  const { code, told } = await strays(plugins, 'leave', stray(''))
  expect(code).toBe(0)
  expect(told[0]).toMatchObject({
    code: 'CFP_LEFT_BEHIND',
    plugin: 'stray',
    phase: 'teardown',
    generation: 1,
    file: expect.stringMatching(/stray\.ts$/),
    line: LINE,
    issues: [
      { path: expect.stringMatching(/stray\.ts:7$/), message: 'a timer' },
      { path: expect.stringMatching(/stray\.ts:8$/), message: 'a server' },
      { path: expect.stringMatching(/stray\.ts:10$/), message: 'a listener of the process\' "SIGUSR2"' },
    ],
  })
  expect(told.slice(1)).toEqual([{ states: { bystander: 'active', stray: 'active', tidy: 'active' }, asked: 1 }])
})

it('leaves the errors of a host to the host (fault 60)', async () => {
  const { code, told, stderr } = await strays({ stray: stray('') }, 'host')
  expect(code).toBe(1)
  expect(stderr).toContain("the host's own")
  expect(told).toEqual([])
})
