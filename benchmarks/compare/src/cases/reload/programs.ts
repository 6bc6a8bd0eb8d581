// Each contender's way to run a plugin and to take up its edits, as its own documentation has it: a program in a process of its own,
// which prints `serving <edit>` as soon as the code of that edit serves.
import { writeFileSync } from 'node:fs'
import { basename, extname, join } from 'node:path'
import { type EditedPlugin, type Language, writePlugin } from './edited-plugin.ts'

/** A plugin that a contender can run, and the program that runs it. */
export interface Program {
  readonly plugin: EditedPlugin
  /** What `node` is called with. */
  readonly parameters: readonly string[]
  readonly environment?: Readonly<Record<string, string>>
}

/** Writes a contender's program, with a plugin of so many files, into a folder. */
export type WriteProgram = (folder: string, files: number) => Program

/** Built, this file is part of the one for all cases, and that program the same file below it. */
const watchProgram = join(
  basename(import.meta.dirname) === 'reload' ? import.meta.dirname : join(import.meta.dirname, 'reload'),
  `watch-program${extname(import.meta.filename)}`,
)

const printing = (edit: string) => `console.log('serving', ${edit})\n`

/** cf-plugins, the whole of it: the edit serves when its transaction is committed, and with the state of the code before. */
export const cfPlugins: WriteProgram = (folder, files) => {
  const entry = (edit: string) => `export const PLUGIN_META = { name: 'edited', version: '1.0.0' }
let reloads = 0
export const register = () => ({
  edit: ${edit},
  getReloadState: () => ({ reloads: reloads + 1 }),
  setReloadState: (kept) => { reloads = kept.reloads },
  reloads: () => reloads,
})
`
  const plugin = writePlugin(join(folder, 'plugins'), { files, entry })
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

/** The floor. */
export const watchByHand: WriteProgram = (folder, files) => {
  const plugin = writePlugin(folder, { files, entry: () => '' })
  return { plugin, parameters: [...process.execArgv, watchProgram, plugin.entry] }
}

/** What everyone has: the process is ended and started again, and its state is gone. */
export const nodeWatch: WriteProgram = (folder, files) => {
  const entry = (edit: string) => `${printing(edit)}setInterval(() => {}, 1000)\n`
  const plugin = writePlugin(folder, { files, entry })
  return { plugin, parameters: ['--watch', '--no-warnings', plugin.entry] }
}

/** Vite's development server and its module runner, with hot replacement; the entry accepts itself. */
export const vite: WriteProgram = (folder, files) => {
  const entry = (edit: string) => `${printing(edit)}import.meta.hot.accept()\n`
  const plugin = writePlugin(join(folder, 'src'), { files, entry })
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

/** hot-hook loads a boundary anew when that is imported again; here as soon as it has told of the change. */
export const hotHook: WriteProgram = (folder, files) => hotHookProgram(folder, files, 'js')

/** The same with tsx in front of it, and told of changes by the process that started it, as its runner does. */
export const hotHookTold: WriteProgram = (folder, files) => {
  const { plugin, parameters } = hotHookProgram(folder, files, 'ts')
  return {
    plugin,
    parameters: ['--import', import.meta.resolve('tsx'), ...parameters],
    environment: { HOT_HOOK_WATCH: 'false' },
  }
}

/** dynohot, with a module that accepts itself. */
export const dynohot: WriteProgram = (folder, files) => {
  const entry = (edit: string) =>
    `${printing(edit)}import.meta.hot.accept()\nglobalThis.kept ??= setInterval(() => {}, 1000)\n`
  const plugin = writePlugin(folder, { files, entry })
  return { plugin, parameters: ['--no-warnings', '--import', import.meta.resolve('dynohot'), plugin.entry] }
}

function hotHookProgram(folder: string, files: number, language: Language): Program {
  const plugin = writePlugin(join(folder, 'src'), { files, language, entry: (edit) => `export const edit = ${edit}\n` })
  const program = hosted(
    plugin,
    folder,
    `import { hot } from '${import.meta.resolve('hot-hook')}'
const serve = async () => {
  const { edit } = await import('./src/main.${language}', import.meta.hot?.boundary)
  console.log('serving', edit)
}
hot.dispose(new URL('./src/main.${language}', import.meta.url).href, serve)
setInterval(() => {}, 1000)
await serve()
`,
  )
  return {
    plugin,
    parameters: ['--no-warnings', '--import', import.meta.resolve('hot-hook/register'), ...program.parameters],
  }
}

function hosted(plugin: EditedPlugin, folder: string, text: string): Program {
  const host = join(folder, 'host.mjs')
  writeFileSync(host, text)
  writeFileSync(join(folder, 'package.json'), '{ "name": "host", "version": "1.0.0", "type": "module" }')
  return { plugin, parameters: [host] }
}
