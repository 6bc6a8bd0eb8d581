// A plugin that imports the house from a thread gets that thread's own instances, each once.
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Worker } from 'node:worker_threads'
import type { PluginRecord } from '@cf-plugins/plugin-api'
import { expect, it } from 'vitest'
import { PluginManager } from '../src/index.ts'

it("is evaluated from the manager's image of it, with the one instance of the framework that the thread has", async () => {
  const folder = await mkdtemp(join(tmpdir(), 'cf-thread-code-'))
  await writeFile(
    join(folder, 'a.ts'),
    `import { BasePlugin } from '@cf-plugins/plugin-api'
     import { PluginError } from '@cf-plugins/plugin-api/host'
     import { PluginHooks } from '@cf-plugins/hooks'
     export const PLUGIN_META = { name: 'a', version: '1.0.0' }
     export const register = () => ({})
     export const tell = async (api: { BasePlugin: unknown }) => {
       const all = await import('cf-plugins')
       return [api.BasePlugin === BasePlugin, all.BasePlugin === BasePlugin, all.PluginHooks === PluginHooks, typeof all.PluginManager]
     }`,
  )
  const manager = new PluginManager({ paths: [folder], load: { cacheFolder: false } })
  try {
    expect((await manager.start()).active).toEqual(['a'])
    const record = manager.registry.get('a') as PluginRecord
    const image = manager.loader.imageOf(record)
    await rm(folder, { recursive: true })
    expect(await inThread(image)).toEqual([true, true, true, 'function'])
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
