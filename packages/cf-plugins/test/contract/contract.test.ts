// Every program of the contract, as it stands there: compiled, and run.
import { execFile } from 'node:child_process'
import { mkdir, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { promisify } from 'node:util'
import ts from 'typescript'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { definePlugin, type PluginError, PluginManager } from '../../src/index.ts'
import { contractBlocks, programOf } from './blocks.ts'
import { auth, cache, counter, host, others, services } from './programs.ts'

const ROOT = join(import.meta.dirname, '../../../..')

let folder: string
let blocks: string[]

beforeAll(async () => {
  blocks = await contractBlocks()
  // Below this package, so that its programs find cf-plugins as those of a reader do.
  const parent = join(import.meta.dirname, '../../node_modules/.contract')
  await mkdir(parent, { recursive: true })
  folder = await mkdtemp(join(parent, 'program-'))
  const plugins = {
    '_services.ts': services,
    'counter.ts': programOf(blocks, counter),
    'cache.ts': programOf(blocks, cache),
    'auth.ts': programOf(blocks, auth),
    ...others,
  }
  for (const [name, text] of Object.entries(plugins)) await write(`plugins/${name}`, text)
  await write('plugins.yaml', programOf(blocks, { marked: '# plugins.yaml' }))
  await write('host.ts', programOf(blocks, host))
  await write('package.json', '{ "type": "module" }')
  await mkdir(join(folder, 'node_modules'))
  await symlink(join(import.meta.dirname, '../..'), join(folder, 'node_modules/cf-plugins'))
})
afterAll(() => rm(folder, { recursive: true, force: true }))

async function write(name: string, text: string): Promise<void> {
  await mkdir(dirname(join(folder, name)), { recursive: true })
  await writeFile(join(folder, name), text)
}

it('compiles', () => {
  const { config } = ts.readConfigFile(join(ROOT, 'tsconfig.base.json'), ts.sys.readFile)
  const { options } = ts.parseJsonConfigFileContent(config, ts.sys, ROOT)
  const files = ['plugins/counter.ts', 'plugins/cache.ts', 'plugins/auth.ts', 'host.ts'].map((name) =>
    join(folder, name),
  )
  const program = ts.createProgram(files, { ...options, typeRoots: [join(ROOT, 'node_modules/@types')] })
  const problems = ts.getPreEmitDiagnostics(program).map(({ file, start, messageText }) => {
    const line = file && start !== undefined ? file.getLineAndCharacterOfPosition(start).line + 1 : 0
    return `${file?.fileName}:${line} ${ts.flattenDiagnosticMessageText(messageText, '\n')}`
  })
  expect(problems).toEqual([])
}, 120_000)

it('runs as a host, in its own process, with its configuration', async () => {
  const args = [
    '--conditions=@cf-plugins/source',
    '--import',
    pathToFileURL(join(ROOT, 'node_modules/tsx/dist/esm/index.mjs')).href,
    'host.ts',
  ]
  // 'reports' is a plugin that the program asks about, and that is not there to be explained.
  await write(
    'plugins/reports.ts',
    "import { definePlugin } from 'cf-plugins'\nexport default definePlugin({ name: 'reports', version: '1.0.0', dependencies: ['billing'] })\n",
  )
  const { stdout } = await promisify(execFile)(process.execPath, args, { cwd: folder, timeout: 30_000 })
  const told = JSON.parse(stdout)
  expect({ ...told, active: told.active.sort() }).toEqual({
    active: ['auth', 'cache', 'counter', 'database', 'storage'],
    failed: ['reports'],
    timeline: 5,
    auth: 'object',
  })
}, 60_000)

describe('the three forms', () => {
  it('start, serve, and keep what they keep', async () => {
    const manager = new PluginManager({ paths: [join(folder, 'plugins')], app: { command: () => {} } })
    await manager.start()
    const of = <T>(name: string) => manager.get(name) as T
    of<{ count: number }>('counter').count = 5
    of<{ set(key: string, value: unknown): void }>('cache').set('a', 1)
    expect(await manager.hooks.call('http.request', { token: 'good' })).toEqual([true])
    await manager.events.emit('user.logout', { id: 7 })
    expect(of<{ forgotten: number[] }>('database').forgotten).toEqual([7])
    const reports = [await manager.reload('counter'), await manager.reload('database')]
    expect(reports.map(({ outcome }) => outcome)).toEqual(['committed', 'committed'])
    expect(of<{ count: number }>('counter').count).toBe(5)
    expect(of<{ get(key: string): unknown }>('cache').get('a')).toBe(1)
    expect(manager.explain('reports').rootCause.plugin).toBe('reports')
    await manager.stop()
  })
})

it('tells errors in the words of the contract', async () => {
  const lines = programOf(blocks, { marked: 'CFP_DEPENDENCY_CYCLE' }).trim().split('\n')
  const told: string[] = []
  const tell = (error: unknown) => void told.push(String(error as PluginError))
  const circle = new PluginManager({ autoLoad: false })
  const needs = { auth: 'sessions', sessions: 'users', users: 'auth' }
  for (const [name, on] of Object.entries(needs))
    await circle.add(definePlugin({ name, version: '1.0.0', dependencies: [on] }))
  tell((await circle.start()).failed[0]?.error)
  await circle.stop()

  await write(
    'slow/plugins/reports.ts',
    `import { definePlugin } from 'cf-plugins'
export default definePlugin({ name: 'reports', version: '1.0.0', timeouts: { setupMs: 50 }, setup: () => new Promise(() => {}) })`,
  )
  const slow = new PluginManager({ paths: [join(folder, 'slow/plugins')] })
  tell((await slow.start()).failed[0]?.error)
  await slow.stop()

  const down = new PluginManager({ autoLoad: false })
  const setup = () => {
    throw new Error('connect ECONNREFUSED 127.0.0.1:5432')
  }
  await down.add(definePlugin({ name: 'database', version: '1.0.0', setup }))
  await down.add(definePlugin({ name: 'billing', version: '1.0.0', dependencies: ['database'] }))
  tell((await down.start()).failed.find(({ plugin }) => plugin === 'billing')?.error)
  await down.stop()
  expect(told.map((line) => line.replace('50 ms', '10 s').replace(/\([^()]*(plugins\/reports\.ts)\)/, '($1)'))).toEqual(
    lines,
  )
})

it('offers every piece that the contract names', async () => {
  const text = await readFile(join(import.meta.dirname, 'contract.md'), 'utf8')
  const [, pieces = ''] = /^The pieces stand alone too(.*?)^## Config/ms.exec(text) ?? []
  const all = await import('../../src/index.ts')
  const names = [...pieces.matchAll(/`(\w+)(?:\(.*?)?`/gs)].map(([, name = '']) => name)
  const named = names.filter((name) => /^[A-Z]\w+[a-z]$|^(topological|loadAnd|registerP)/.test(name))
  expect(named).toContain('HotReloader')
  expect(named).toContain('Pipeline')
  expect(Object.keys(all)).toEqual(expect.arrayContaining(named))
})
