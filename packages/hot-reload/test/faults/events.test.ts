// Handlers that fail, and errors that nobody caught: each is the plugin's own, and the host lives.
import { execFile } from 'node:child_process'
import { rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { expect, it, onTestFinished } from 'vitest'
import { plugin } from '../sources.ts'
import { counting, faultFolder, temporaryFolder } from './fault-folder.ts'

const run = promisify(execFile)

it('keeps a handler that throws, rejects or hangs from hurting another, and names it (fault 57)', async () => {
  const shared = { heard: [] as string[] }
  const bad = (name: string, handler: string) =>
    plugin(name, { setup: `({ on }) => { on('tick', ${handler}, { timeoutMs: 100 }); return {} }` })
  const folder = await faultFolder(
    {
      'a-throws.ts': bad('a-throws', "() => {\n throw new Error('thrown') }"),
      'b-rejects.ts': bad('b-rejects', "async () => {\n await null; throw new Error('rejected') }"),
      'c-hangs.ts': bad('c-hangs', '() => new Promise(() => {})'),
      'counter.ts': counting(1, "context.on('tick', (word: string) => void host.heard.push(word))"),
    },
    { shared },
  )
  const { lifecycle } = folder.reloader
  const from = performance.now()
  const { failures } = await lifecycle.events.emit('tick', 'one')
  expect(performance.now() - from).toBeLessThan(2000)
  expect(shared.heard).toEqual(['one'])
  const told = failures.map(({ plugin: name, error }) => [name, (error as Error).message])
  expect(told.sort()).toEqual([
    ['a-throws', 'thrown'],
    ['b-rejects', 'rejected'],
    ['c-hangs', expect.stringContaining('within 100 ms')],
  ])
  const stackOf = (name: string) =>
    (failures.find((failure) => failure.plugin === name)?.error as Error | undefined)?.stack
  expect(stackOf('a-throws')).toMatch(/a-throws\.ts:7/)
  expect(stackOf('b-rejects')).toMatch(/b-rejects\.ts:7/)
  for (const name of ['a-throws', 'b-rejects', 'c-hangs']) expect(lifecycle.status(name).state).toBe('active')
  await folder.untouched()
  for (const name of ['a-throws', 'b-rejects', 'c-hangs']) {
    await folder.heal(() => folder.save(`${name}.ts`, bad(name, `(word: string) => word`)))
  }
  expect(await lifecycle.events.emit('tick', 'two')).toMatchObject({ failures: [] })
})

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
