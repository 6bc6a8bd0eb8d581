// Threads under Node's permission model. They run what was built, for a compiler cannot be started in one.
import { existsSync } from 'node:fs'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { describe, expect, it, onTestFinished } from 'vitest'
import { PluginThreads } from '../src/index.ts'
import { thrownBy } from './link-support.ts'
import { BLOCKERS, TestThread } from './thread-support.ts'

const isOld = Number.parseInt(process.versions.node, 10) < 22
const isBuilt = existsSync(new URL('../dist/thread.js', import.meta.url))
const why = isOld ? 'this Node has no permission model for threads' : 'the package is not built'

const DENIED = { code: 'ERR_ACCESS_DENIED' }

async function folderWith(name: string, content: string): Promise<{ folder: string; file: string }> {
  const folder = await mkdtemp(join(tmpdir(), 'cf-restrict-'))
  onTestFinished(() => rm(folder, { recursive: true, force: true }))
  const file = join(folder, name)
  await writeFile(file, content)
  return { folder, file }
}

describe.skipIf(isOld || !isBuilt)(`a restricted thread${isOld || !isBuilt ? ` (skipped: ${why})` : ''}`, () => {
  const begun = (restrict: { read?: string[]; write?: string[] } = {}) => new TestThread({ restrict }).begin()

  it('reads what is in the folder of its plugin, and no other file', async () => {
    const { file } = await folderWith('secret.txt', 'secret')
    const thread = await begun()
    expect(await thread.run('read', [BLOCKERS])).toContain('PLUGIN_META')
    expect(await thrownBy(thread.run('read', [file]))).toMatchObject(DENIED)
    expect(await thrownBy(thread.run('write', [file]))).toMatchObject(DENIED)
    // It holds for the thread alone.
    expect(await readFile(file, 'utf8')).toBe('secret')
  })

  it('reads and writes what it was allowed to', async () => {
    const { folder, file } = await folderWith('data.txt', 'data')
    const reading = await begun({ read: [folder] })
    expect(await reading.run('read', [file])).toBe('data')
    expect(await thrownBy(reading.run('write', [file]))).toMatchObject(DENIED)
    const writing = await begun({ write: [file] })
    await writing.run('write', [file])
    expect(await readFile(file, 'utf8')).toBe('written')
  })

  it('starts no process and no thread', async () => {
    const thread = await begun()
    expect(await thrownBy(thread.run('execute', [0]))).toMatchObject(DENIED)
    expect(await thrownBy(thread.run('startThread'))).toMatchObject(DENIED)
    expect(await thread.run('echo', ['alive'])).toBe('alive')
  })

  it('imports the packages that its plugin has', async () => {
    const thread = await begun()
    expect(await thread.run('importPackage', ['@cf-plugins/plugin-api'])).toBe('object')
  })

  it('runs a plugin that has no packages at all', async () => {
    const { file } = await folderWith('alone.mjs', await readFile(BLOCKERS, 'utf8'))
    const thread = await new TestThread({ restrict: {}, file }).begin()
    expect(await thread.run('echo', [pathToFileURL(file).href])).toBe(pathToFileURL(file).href)
  })
})

it.runIf(isOld)('a host that asks for restricted threads is told where Node has none', () => {
  expect(() => new PluginThreads({ restrict: true })).toThrow(
    expect.objectContaining({
      code: 'CFP_WORKER_OPTIONS',
      message: expect.stringContaining('restrict needs Node 22 or newer'),
    }),
  )
})
