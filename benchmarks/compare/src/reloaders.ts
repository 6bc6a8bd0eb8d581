// Each contender's way to run a plugin and to take up its edits, as its own documentation has it: a program in a process of its own,
// which prints `serving <edit>` as soon as the code of that edit serves.
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { type EditedPlugin, writePlugin } from './edited-plugin.ts'

/** A plugin that a contender can run, and the program that runs it. */
export interface Program {
  readonly plugin: EditedPlugin
  /** What `node` is called with. */
  readonly parameters: readonly string[]
  /** Whether it tells the process that started it of a change, and imports anew when that sends a message. */
  readonly imports?: boolean
}

/** Writes a contender's program, with a plugin of so many files, into a folder. */
export type WriteProgram = (folder: string, files: number) => Program

const printing = (edit: string) => `console.log('serving', ${edit})\n`

/** cf-plugins, the whole of it: the edit serves when its transaction is committed, and with the state of the code before. */
export const cfPlugins: WriteProgram = (folder, files) => {
  const plugin = writePlugin(
    join(folder, 'plugins'),
    files,
    (edit) => `export const PLUGIN_META = { name: 'edited', version: '1.0.0' }
let reloads = 0
export const register = () => ({
  edit: ${edit},
  getReloadState: () => ({ reloads: reloads + 1 }),
  setReloadState: (kept) => { reloads = kept.reloads },
  reloads: () => reloads,
})
`,
  )
  return hosted(
    plugin,
    folder,
    `import { HotReloader } from '${import.meta.resolve('@cf-plugins/hot-reload')}'
let reloads = 0
const serving = () => {
  const service = reloader.lifecycle.service('edited')
  if (service.reloads() !== reloads++) throw new Error('state was lost')
  console.log('serving', service.edit)
}
const reloader = new HotReloader({ paths: ['${plugin.folder}'], afterReload: ({ outcome }) => outcome === 'committed' && serving() })
await reloader.start()
serving()
`,
  )
}

/** What everyone has: the process is ended and started again, and its state is gone. */
export const nodeWatch: WriteProgram = (folder, files) => {
  const plugin = writePlugin(folder, files, (edit) => `${printing(edit)}setInterval(() => {}, 1000)\n`)
  return { plugin, parameters: ['--watch', '--no-warnings', plugin.entry] }
}

/** Vite's development server and its module runner, with hot replacement; the entry accepts itself. */
export const vite: WriteProgram = (folder, files) => {
  const plugin = writePlugin(join(folder, 'src'), files, (edit) => `${printing(edit)}import.meta.hot.accept()\n`)
  return hosted(
    plugin,
    folder,
    `import { createServer, createServerModuleRunner } from '${import.meta.resolve('vite')}'
const server = await createServer({
  root: '${plugin.folder}',
  configFile: false,
  logLevel: 'silent',
  appType: 'custom',
  server: { middlewareMode: true, ws: false },
})
const runner = createServerModuleRunner(server.environments.ssr)
await runner.import('/main.js')
`,
  )
}

/** hot-hook loads a boundary anew when that is imported again; here as soon as hot-hook has told of the change. */
export const hotHook: WriteProgram = (folder, files) => {
  const plugin = writePlugin(join(folder, 'src'), files, (edit) => `export const edit = ${edit}\n`)
  const program = hosted(
    plugin,
    folder,
    `const serve = async () => {
  const { edit } = await import('./src/main.js', import.meta.hot?.boundary)
  console.log('serving', edit)
}
process.on('message', serve)
await serve()
`,
  )
  return {
    plugin,
    parameters: ['--no-warnings', '--import', import.meta.resolve('hot-hook/register'), ...program.parameters],
    imports: true,
  }
}

/** dynohot, with a module that accepts itself. */
export const dynohot: WriteProgram = (folder, files) => {
  const plugin = writePlugin(
    folder,
    files,
    (edit) => `${printing(edit)}import.meta.hot.accept()\nglobalThis.kept ??= setInterval(() => {}, 1000)\n`,
  )
  return { plugin, parameters: ['--no-warnings', '--import', import.meta.resolve('dynohot'), plugin.entry] }
}

function hosted(plugin: EditedPlugin, folder: string, text: string): Program {
  const host = join(folder, 'host.mjs')
  writeFileSync(host, text)
  writeFileSync(join(folder, 'package.json'), '{ "name": "host", "version": "1.0.0", "type": "module" }')
  return { plugin, parameters: [host] }
}
