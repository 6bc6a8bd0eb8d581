// The loader's two hot paths: from an edit of a plugin's file to its new exports, which a developer waits for at each save, and the start of a
// process with many plugins, which everybody waits for. Against others they are measured in benchmarks/compare.
import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { createHash } from 'node:crypto'
import { readFileSync, statSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { promisify } from 'node:util'
import { Script } from 'node:vm'
import { compare, growth } from '@cf-plugins/bench-harness'
import { PluginLoader } from '@cf-plugins/loader'
import { temporaryFolder, writePlugin } from './plugins.ts'

const run = promisify(execFile)
const { transformSync }: typeof import('oxc-transform') = createRequire(import.meta.url)('oxc-transform')

// As in a host by default: what runs this file in TypeScript turns them on, and Node then parses every map that is evaluated.
process.setSourceMapsEnabled(false)

const plugins = { 2: edited(2), 20: edited(20), 200: edited(200) }
// As files are that somebody works on: all but the edited one have been there for longer than a file system's clock may be wrong.
await wait(3_200)
await reload()
await reloadGrowth()
await coldStart()
process.exit()

/** A plugin of so many files: `reload` edits a leaf, and gives the new value at the entry. */
function edited(files: number): { edit: () => void; reload: () => Promise<void>; leaf: string } {
  const folder = temporaryFolder()
  const plugin = writePlugin(folder, 'edited', files)
  const loader = new PluginLoader({ paths: [folder], cacheFolder: false, env: {} })
  const found = loader.isCandidate(plugin.entry)
  assert(found)
  let edits = 0
  const edit = () => plugin.edit(++edits)
  const reload = async () => {
    edit()
    const { namespace } = await loader.evaluate(found)
    assert.equal((namespace as { value: number }).value, edits)
  }
  return { edit, reload, leaf: plugin.leaf }
}

/** What any reload does with the file that was edited, by hand: it knows the file, links it to nothing, and has no errors with their place. */
function byHand(file: string): void {
  assert(statSync(file).isFile())
  const bytes = readFileSync(file)
  createHash('sha256').update(bytes).digest('hex')
  const { code } = transformSync(file, bytes.toString(), { lang: 'ts', target: 'node20', sourcemap: true })
  const body = code.replaceAll(/^import .*$/gm, '').replaceAll(/^export /gm, '')
  const evaluate = new Script(`(function(){"use strict";${body}\n})`, {
    filename: file,
  }).runInThisContext() as () => void
  evaluate()
}

async function reload(): Promise<void> {
  const { edit, reload, leaf } = plugins[2]
  await compare(
    'reload of a plugin of 2 files, one of them edited',
    {
      ours: reload,
      'by hand, the edited file alone': () => {
        edit()
        byHand(leaf)
      },
    },
    {
      unit: 'us',
      ours: 'ours',
      // What compiles the edited file is JavaScript in part: it must be hot.
      warmup: 800,
      rounds: 60,
      budgetMs: 2_000,
      goals: [
        {
          of: 'ours',
          against: 'by hand, the edited file alone',
          atMost: 3,
          why: 'a parse for live bindings, and errors with their place',
        },
      ],
    },
  )
}

/** Each reload evaluates all of a plugin's files afresh, reads and compiles the edited one alone. */
async function reloadGrowth(): Promise<void> {
  await growth(
    'reload of a plugin of n files, a leaf edited',
    { 20: plugins[20].reload, 200: plugins[200].reload },
    {
      unit: 'ms',
      warmup: 800,
      rounds: 40,
      budgetMs: 3_000,
      why: 'files that have not changed are neither read nor compiled',
    },
  )
}

/** 100 plugins of 5 files each, from the start of the process to its end. */
async function coldStart(): Promise<void> {
  const home = temporaryFolder()
  const folder = join(home, 'plugins')
  for (let index = 0; index < 100; index++) writePlugin(join(folder, `p${index}`), `p${index}`, 5)
  const program = (name: string, cacheFolder: string | false): string[] => {
    const file = join(home, name)
    const options = JSON.stringify({ paths: [folder], cacheFolder, env: {} })
    writeFileSync(
      file,
      `import { PluginLoader } from '${import.meta.resolve('@cf-plugins/loader')}'
       const { records, failures } = await new PluginLoader(${options}).loadPlugins()
       if (records.length !== 100) throw failures[0]
       process.exit()`,
    )
    return [file]
  }
  const warm = program('warm.mjs', join(home, 'cache'))
  const without = program('without.mjs', false)
  await run(process.execPath, warm)
  await compare(
    'cold start of 100 plugins of 5 files, the process included',
    {
      'cache warm': () => run(process.execPath, warm),
      'no cache': () => run(process.execPath, without),
      'an empty process': () => run(process.execPath, ['--eval', '0']),
    },
    {
      unit: 'ms',
      ours: 'cache warm',
      rounds: 10,
      budgetMs: 6_000,
      goals: [
        { of: 'cache warm', against: 'no cache', atMost: 0.45, why: 'compiled once, by V8 too, and read in one piece' },
      ],
    },
  )
}
