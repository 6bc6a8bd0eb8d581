// Starts from folders of real files, each in a process of its own that ends when all plugins are loaded: what a user waits for.
import { execFile } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'
import type { Case, Contender } from '../../case.ts'
import type { Language } from '../reload/edited-plugin.ts'
import { type PluginFolder, pluginsOfFiles, smallPlugins } from './plugin-folders.ts'

const run = promisify(execFile)

const warm = 'cf-plugins, cache warm'
const cold = 'cf-plugins, no cache'
const manager = 'cf-plugins, the whole manager, cache warm'
const native = 'native import of JavaScript'
const empty = 'an empty process'

type WriteFolder = (language: Language) => PluginFolder

/** The program that loads a folder. It ends with 0 when as many are loaded as it was told. */
type Program = (folder: PluginFolder) => string

const ours =
  (hasCache: boolean): Program =>
  ({ home, plugins, entries }) =>
    `
import { PluginLoader } from '${import.meta.resolve('@cf-plugins/loader')}'
const cacheFolder = ${hasCache ? JSON.stringify(join(home, 'cache')) : 'false'}
const { records, failures } = await new PluginLoader({ paths: ['${plugins}'], cacheFolder, env: {} }).loadPlugins()
if (records.length !== ${entries.length}) throw failures[0]
process.exit()
`

const ourManager: Program = ({ home, plugins, entries }) => `
import { PluginManager } from '${import.meta.resolve('cf-plugins')}'
const manager = new PluginManager({ paths: ['${plugins}'], logger: false, load: { cacheFolder: '${join(home, 'cache')}', env: {} } })
const { active } = await manager.start()
if (active.length !== ${entries.length}) throw new Error(active.length + ' are active')
process.exit()
`

/** Of JavaScript by Node itself, and of TypeScript with tsx. */
const imports: Program = ({ entries }) => `
const loaded = await Promise.all(${JSON.stringify(entries)}.map((file) => import(file)))
if (!loaded.every(({ register }) => register())) throw new Error('something is missing')
process.exit()
`

const jiti =
  (hasCache: boolean): Program =>
  ({ home, entries }) =>
    `
import { createJiti } from '${import.meta.resolve('jiti')}'
const jiti = createJiti(import.meta.url, { fsCache: ${hasCache ? JSON.stringify(join(home, 'cache')) : 'false'} })
const loaded = await Promise.all(${JSON.stringify(entries)}.map((file) => jiti.import(file)))
if (!loaded.every(({ register }) => register())) throw new Error('something is missing')
process.exit()
`

/** A contender whose process is what is timed, from its start to its end. One run is made before, which fills the cache of those that have one. */
function loading(
  folderOf: () => PluginFolder,
  program: Program,
  nodeOptions: () => readonly string[] = () => [],
): Contender {
  return {
    async prepare() {
      const folder = folderOf()
      const main = join(folder.home, 'main.mjs')
      writeFileSync(main, program(folder))
      const start = () => run(process.execPath, [...nodeOptions(), main])
      await start()
      return { run: start }
    },
  }
}

function loads(folderOf: WriteFolder): Readonly<Record<string, Contender>> {
  const typescript = () => folderOf('ts')
  return {
    [warm]: loading(typescript, ours(true)),
    [cold]: loading(typescript, ours(false)),
    [manager]: loading(typescript, ourManager),
    [native]: loading(() => folderOf('js'), imports),
    'jiti, cache warm': loading(typescript, jiti(true)),
    [empty]: loading(
      () => folderOf('js'),
      () => 'process.exit()\n',
    ),
  }
}

const common = {
  unit: 'ms',
  ours: warm,
  alsoOurs: [cold, manager],
  floor: empty,
  rounds: 7,
  budgetMs: 12_000,
  timeoutMs: 180_000,
} as const

const ofFiles: Case = {
  ...common,
  id: 'start/folders-100',
  title: 'load 100 plugins of 5 files from disk, the process included',
  contenders: {
    ...loads(hundred),
    'jiti, no cache': loading(() => hundred('ts'), jiti(false)),
    'tsx, cache warm': loading(
      () => hundred('ts'),
      imports,
      () => ['--import', import.meta.resolve('tsx')],
    ),
  },
  goals: [
    // An empty process is a third of the native import already.
    { of: warm, against: native, atMost: 1, aim: 0.6, why: 'compiled once, and read in one piece' },
    { of: cold, against: native, atMost: 3.3, aim: 3, why: 'the first start of a host' },
  ],
  note: 'TypeScript, for Node itself JavaScript; cf-plugins finds them by itself and checks their metadata, and its manager starts them, too.',
}

function hundred(language: Language): PluginFolder {
  return pluginsOfFiles(100, 5, language)
}

const small: Case = {
  ...common,
  id: 'start/files-1k',
  title: 'load 1,000 plugins of one small file from one folder, the process included',
  contenders: loads((language) => smallPlugins(1_000, language)),
  note: ofFiles.note as string,
}

export const folderCases: readonly Case[] = [ofFiles, small]
