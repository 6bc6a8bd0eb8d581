// Ways to load a plugin anew after an edit, each of which tells how much memory its process uses.
import { type ChildProcess, fork } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { type EditedPlugin, temporaryFolder, writePlugin } from '../reload/edited-plugin.ts'
import { bytesInUse } from './heap.ts'

/** A plugin that is loaded, and what loads it anew. */
export interface Reloading {
  /** Edits it and loads it anew. @throws Error where the new code is not there then */
  reload(): Promise<void>
  /** Of the process that the plugin runs in, in bytes. */
  bytesInUse(): Promise<number>
  end(): unknown
}

/** The whole of a reload: new code loaded and checked, the old instance's state carried over, all of it as one transaction. */
export async function cfPlugins(): Promise<Reloading> {
  const { HotReloader } = await import('@cf-plugins/hot-reload')
  const plugin = inFolder(temporaryFolder(), 5)
  const reloader = new HotReloader({ paths: [plugin.folder], watch: false, load: { cacheFolder: false, env: {} } })
  await reloader.start()
  return {
    bytesInUse,
    reload: counting(plugin, async () => {
      const { outcome, error } = await reloader.reloadPlugin('edited')
      if (outcome !== 'committed') throw error ?? new Error(`the reload was ${outcome}`)
      return (reloader.lifecycle.service('edited') as { edit: number }).edit
    }),
    end: () => reloader.stop(),
  }
}

/** Node's own: the entry by another URL. What it imports stays what it was, and so the plugin has one file. */
export async function importAnew(): Promise<Reloading> {
  const plugin = inFolder(temporaryFolder(), 1)
  const url = pathToFileURL(plugin.entry).href
  let loads = 0
  return {
    bytesInUse,
    reload: counting(plugin, async () => ((await import(`${url}?v=${++loads}`)) as { edit: number }).edit),
    end() {},
  }
}

/** hot-hook, told of edits by the process that started it, as its own runner does. */
export async function hotHook(nodeOptions: readonly string[]): Promise<Reloading> {
  const home = temporaryFolder()
  const plugin = inFolder(home, 5)
  writeFileSync(
    join(home, 'package.json'),
    JSON.stringify({ name: 'host', version: '1.0.0', type: 'module', hotHook: { root: 'main.js', watch: false } }),
  )
  const main = join(home, 'main.js')
  writeFileSync(main, hotHookHost)
  const child = fork(main, {
    cwd: home,
    execArgv: ['--no-warnings', ...nodeOptions, '--import', import.meta.resolve('hot-hook/register')],
    stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
  })
  const asked = asker(child)
  await asked(undefined, 'edit')
  return {
    bytesInUse: () => asked('bytes', 'bytes'),
    reload: counting(plugin, async () => {
      await asked({ type: 'hot-hook:file-changed', path: plugin.leaf, action: 'change' }, 'type')
      return await asked('import', 'edit')
    }),
    end: () => void child.kill(),
  }
}

// hot-hook lets go of the channel to its runner, and the host would end for want of anything to do.
const hotHookHost = `
import { setImmediate as turn } from 'node:timers/promises'
const serve = async () => process.send({ edit: (await import('./plugins/main.js', import.meta.hot?.boundary)).edit })
process.on('message', async (message) => {
  if (message === 'import') return serve()
  if (message !== 'bytes') return
  for (let collection = 0; collection < 10; collection++) {
    await turn()
    gc()
  }
  const { heapUsed, external } = process.memoryUsage()
  process.send({ bytes: heapUsed + external })
})
setInterval(() => {}, 60_000)
await serve()
`

/** Asks a process for an answer that has `key`. @throws Error with what it wrote last, when it has ended */
function asker(child: ChildProcess) {
  let errors = ''
  child.stderr?.on('data', (data: Buffer) => {
    errors = `${errors}${data}`.slice(-4_000)
  })
  let ended: Error | undefined
  let onEnd = () => {}
  child.once('close', (code, signal) => {
    ended = new Error(`its process ended with ${code ?? signal}: ${errors}`)
    onEnd()
  })
  return (question: object | string | undefined, key: string) =>
    new Promise<number>((resolve, reject) => {
      const settle = () => {
        child.off('message', onMessage)
        onEnd = () => {}
      }
      const onMessage = (message: Record<string, number>) => {
        if (!(key in message)) return
        settle()
        resolve(message[key] as number)
      }
      onEnd = () => {
        settle()
        reject(ended)
      }
      child.on('message', onMessage)
      if (ended) return onEnd()
      // Where it is gone, its end tells.
      if (question !== undefined) child.send(question, () => {})
    })
}

function inFolder(home: string, files: number): EditedPlugin {
  return writePlugin(join(home, 'plugins'), {
    files,
    entry: (edit) => `export const PLUGIN_META = { name: 'edited', version: '1.0.0' }
export const edit = ${edit}
export const register = () => ({ edit })
`,
  })
}

function counting(plugin: EditedPlugin, load: () => Promise<number>): () => Promise<void> {
  let edits = 0
  return async () => {
    plugin.edit(++edits, 'in place')
    const edit = await load()
    if (edit !== edits) throw new Error(`edit ${edits} was made, and edit ${edit} is what runs`)
  }
}
