// A plugin that imports the house from a thread gets that thread's own instances, each once.
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Worker } from 'node:worker_threads'
import type { PluginRecord } from '@cf-plugins/plugin-api'
import { expect, it } from 'vitest'
import { PluginManager } from '../src/index.ts'

const META = "export const PLUGIN_META = { name: 'a', version: '1.0.0' }; export const register = () => ({})"

it.each([
  [
    'names of the framework',
    `import { BasePlugin, definePlugin } from 'cf-plugins'
     export { PluginError } from 'cf-plugins'
     export const tell = (api) => [api.BasePlugin === BasePlugin, api.definePlugin === definePlugin]`,
    [true, true],
  ],
  [
    'names of other packages, by whichever way',
    `import { BasePlugin } from '@cf-plugins/plugin-api'
     import { PluginHooks } from '@cf-plugins/hooks'
     import { BasePlugin as Same, PluginHooks as SameHooks, PluginManager } from 'cf-plugins'
     export const tell = (api) => [api.BasePlugin === BasePlugin, BasePlugin === Same, PluginHooks === SameHooks, typeof PluginManager]`,
    [true, true, true, 'function'],
  ],
  [
    'all of it',
    `import * as all from 'cf-plugins'
     export const tell = (api) => [api.BasePlugin === all.BasePlugin, typeof all.PluginManager]`,
    [true, 'function'],
  ],
  [
    'what it imports later',
    `import { BasePlugin } from 'cf-plugins'
     export const tell = async () => { const all = await import('cf-plugins'); return [all.BasePlugin === BasePlugin, typeof all.PluginManager] }`,
    [true, 'function'],
  ],
])('a plugin in a thread gets %s', async (_, code, expected) => {
  const folder = await mkdtemp(join(tmpdir(), 'cf-thread-code-'))
  await writeFile(join(folder, 'a.ts'), `${code}\n${META}`)
  const manager = new PluginManager({ paths: [folder], load: { cacheFolder: false } })
  try {
    expect((await manager.start()).active).toEqual(['a'])
    const image = manager.loader.imageOf(manager.registry.get('a') as PluginRecord)
    await rm(folder, { recursive: true })
    expect(await inThread(image)).toEqual(expected)
  } finally {
    await manager.stop()
  }
})

async function inThread(image: unknown): Promise<unknown> {
  const file = new URL('./thread-code-child.mjs', import.meta.url)
  const worker = new Worker(file, { workerData: image, execArgv: ['-C', '@cf-plugins/source'] })
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
