// From an edit of a leaf to the new value at the entry, where whoever asks knows of the edit: what a reload itself costs.
import { execFile } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { promisify } from 'node:util'
import type { Case, Contender, Prepared } from '../../case.ts'
import { ModulesByHand, nativeTransform } from './by-hand.ts'
import { type EditedPlugin, type Language, temporaryFolder, writePlugin } from './edited-plugin.ts'
import { hotHookTold } from './programs.ts'
import { startProgram } from './running.ts'

const OURS = 'cf-plugins'
const FLOOR = 'by hand, told of the file'
const VITE = 'Vite server and module runner'
const RESTART = 'a process restart, JavaScript'
const HOT_HOOK = 'hot-hook and tsx, importers only'
const STALE = 'import(?v=N), JavaScript, stale'

/** Everybody compiles the edited file by JavaScript of their own, in part: it must be hot. In milliseconds. */
const WARM_MS = 800
/** A sample is as many reloads as take so long, or one. */
const SAMPLE_MS = 3

export const editCases: readonly Case[] = [1, 20, 200].map((files) => ({
  id: `reload/edit-${files}`,
  title: `a plugin of ${files} TypeScript file${files === 1 ? '' : 's'}, from the edit of a leaf to its new exports`,
  unit: 'ms',
  ours: OURS,
  floor: FLOOR,
  doLess: [HOT_HOOK, STALE],
  contenders: {
    [OURS]: edited(files, 'ts', ours),
    [FLOOR]: edited(files, 'ts', byHand),
    [VITE]: edited(files, 'ts', viteRunner),
    'jiti, no module cache': edited(files, 'ts', jiti),
    [HOT_HOOK]: {
      prepare: async () => {
        const { edit, stop } = await startProgram(hotHookTold, files, true)
        const timed = async () => {
          let written = 0n
          await edit('in place', () => {
            written = process.hrtime.bigint()
          })
          return Number(process.hrtime.bigint() - written)
        }
        return measured(timed, WARM_MS, stop)
      },
    },
    [RESTART]: edited(files, 'js', restart),
    [STALE]: edited(files, 'js', versionedImport),
  },
  goals: [
    {
      of: OURS,
      against: VITE,
      atMost: 0.6,
      why: 'isolation, errors with their place, and a generation that can be let go of',
    },
    { of: OURS, against: RESTART, atMost: 0.05 },
  ],
  rounds: 40,
  budgetMs: 8_000,
  note: `From the file written. Ours compiles by oxc, Vite and tsx by esbuild, all with source maps, jiti by Babel and without; import(?v=N) compiles nothing, gives ${files === 1 ? 'a new module' : 'the helpers as they were'}; it and hot-hook, which runs only what imports the edited file, let go of no module.`,
}))

/** Gives the entry's new exports. */
type Reload = (edit: number) => Promise<unknown>

interface Reloading {
  readonly reload: Reload
  readonly end?: () => unknown
}

function edited(
  files: number,
  language: Language,
  start: (plugin: EditedPlugin, root: string) => Promise<Reloading>,
): Contender {
  return {
    prepare: async (): Promise<Prepared> => {
      const root = temporaryFolder()
      writeFileSync(join(root, 'package.json'), '{ "type": "module" }')
      const entry = (edit: string) =>
        `export const PLUGIN_META = { name: 'edited', version: '1.0.0' }\nexport const edit = ${edit}\nexport const register = () => ({})\n${start === restart ? 'console.log(edit)\n' : ''}`
      const plugin = writePlugin(join(root, 'edited'), { files, language, entry })
      const { reload, end } = await start(plugin, root)
      let edits = 0
      const timed = async () => {
        plugin.edit(++edits, 'in place')
        const written = process.hrtime.bigint()
        const value = await reload(edits)
        const elapsed = Number(process.hrtime.bigint() - written)
        const isStale = start === versionedImport && files > 1
        if (value !== edits && !isStale) throw new Error(`Edit ${edits} gave ${value}.`)
        return elapsed
      }
      return measured(timed, start === restart ? 0 : WARM_MS, end)
    },
  }
}

/** Writing the file is the editor's affair, and is not timed. @param timed one reload, in nanoseconds */
async function measured(timed: () => Promise<number>, warmMs: number, end?: () => unknown): Promise<Prepared> {
  const untilMs = performance.now() + warmMs
  while (performance.now() < untilMs) await timed()
  const sample = async () => {
    let total = 0
    let reloads = 0
    for (; total < SAMPLE_MS * 1e6; reloads++) total += await timed()
    return total / reloads
  }
  return { sample, ...(end === undefined ? {} : { end }) }
}

const editOf = (exports: unknown) => (exports as { edit: number }).edit

async function ours({ entry, folder }: EditedPlugin): Promise<Reloading> {
  const { PluginLoader } = await import('@cf-plugins/loader')
  const loader = new PluginLoader({ paths: [folder], cacheFolder: false, env: {} })
  const [found] = await loader.discover()
  if (found === undefined) throw new Error(`${entry} is not found.`)
  return { reload: async () => editOf((await loader.evaluate(found)).namespace) }
}

async function byHand({ entry, leaf }: EditedPlugin): Promise<Reloading> {
  const modules = new ModulesByHand(entry, await nativeTransform())
  return { reload: async () => editOf(modules.evaluate(leaf)) }
}

async function viteRunner({ entry, leaf }: EditedPlugin, root: string): Promise<Reloading> {
  const { createServer, createServerModuleRunner } = await import('vite')
  const server = await createServer({
    root,
    configFile: false,
    logLevel: 'silent',
    appType: 'custom',
    server: { middlewareMode: true, hmr: false, watch: null, ws: false },
  })
  const { ssr } = server.environments
  const runner = createServerModuleRunner(ssr, { hmr: false, sourcemapInterceptor: false })
  const reload = async () => {
    ssr.moduleGraph.onFileChange(leaf)
    runner.clearCache()
    return editOf(await runner.import(entry))
  }
  const end = async () => {
    await runner.close()
    await server.close()
  }
  return { reload, end }
}

async function jiti({ entry }: EditedPlugin, root: string): Promise<Reloading> {
  const { createJiti } = await import('jiti')
  const { import: load } = createJiti(root, { moduleCache: false, fsCache: join(root, 'cache') })
  return { reload: async () => editOf(await load(entry)) }
}

async function restart({ entry }: EditedPlugin): Promise<Reloading> {
  const run = promisify(execFile)
  return { reload: async () => Number((await run(process.execPath, [entry])).stdout) }
}

async function versionedImport({ entry }: EditedPlugin): Promise<Reloading> {
  return { reload: async (edit) => editOf(await import(`${pathToFileURL(entry).href}?v=${edit}`)) }
}
