// Hot path: each start of a host. The import of cf-plugins, and a folder of plugins until all are active.
import { execFile } from 'node:child_process'
import { mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { promisify } from 'node:util'
import { compare } from '@cf-plugins/bench-harness'
import { PluginManager } from 'cf-plugins'

const run = promisify(execFile)
const home = realpathSync(mkdtempSync(join(tmpdir(), 'cf-plugins-bench-')))
process.once('exit', () => rmSync(home, { recursive: true, force: true }))

// What runs this file in TypeScript turns them on, and Node then parses every map that is evaluated.
process.setSourceMapsEnabled(false)

await startOfHundred()
await coldImport()

async function startOfHundred(): Promise<void> {
  const folder = join(home, 'plugins')
  mkdirSync(folder)
  const files = Array.from({ length: 100 }, (_, index) => {
    const file = join(folder, `p${index}.mjs`)
    const needs = index === 0 ? '' : `'p${(index - 1) >> 1}'`
    const meta = `{ name: 'p${index}', version: '1.0.0', dependencies: [${needs}] }`
    writeFileSync(
      file,
      `export const PLUGIN_META = ${meta}\nexport const register = (app, context) => ({ setup: async () => { context.on('tick', () => ${index}) } })\n`,
    )
    return pathToFileURL(file).href
  })
  let version = 0
  await compare(
    'start 100 plugins of a folder, found, loaded, ordered and set up',
    {
      PluginManager: async () => {
        const manager = new PluginManager({ paths: [folder], load: { cacheFolder: false } })
        const { active } = await manager.start()
        if (active.length !== 100) throw new Error(`${active.length} started`)
        await manager.stop()
      },
      'native import, and each called': async () => {
        version++
        for (const module of await Promise.all(files.map((file) => import(`${file}?v=${version}`))))
          await module.register({}, { on: () => {} }).setup()
      },
    },
    {
      unit: 'ms',
      rounds: 20,
      warmup: 300,
      goals: [
        {
          of: 'PluginManager',
          against: 'native import, and each called',
          atMost: 1.5,
          why: 'order, scopes and reloads must not cost a start',
        },
      ],
    },
  )
}

async function coldImport(): Promise<void> {
  const script = (name: string, text: string): string => {
    writeFileSync(join(home, name), text)
    return join(home, name)
  }
  const nothing = script('nothing.mjs', '')
  const cfPlugins = script('cf-plugins.mjs', `await import('${import.meta.resolve('cf-plugins')}')`)
  await compare(
    'cold start of a process, its end included',
    {
      'nothing imported': () => run(process.execPath, [nothing]),
      "import('cf-plugins')": () => run(process.execPath, [cfPlugins]),
    },
    {
      unit: 'ms',
      rounds: 15,
      warmup: 0,
      goals: [
        {
          of: "import('cf-plugins')",
          against: 'nothing imported',
          // Reached: 2.0 to 2.2.
          atMost: 3,
          why: 'a CLI imports it for every command',
        },
      ],
    },
  )
}
