// The hot path of a developer: from a save until the new code serves, with the old state; and several plugins at once.
import { spawn } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { setTimeout as sleep } from 'node:timers/promises'
import { compare } from '@cf-plugins/bench-harness'
import { HotReloader } from '@cf-plugins/hot-reload'
import { type EditablePlugin, emptyFolder, saveAtomically, saveInPlace, writePlugin } from './plugins.ts'

/** Something that runs a plugin, and tells when it runs an edit of it. */
interface Running {
  readonly plugin: EditablePlugin
  /** Resolves when the code of that edit serves. */
  serves(edit: number): Promise<void>
  stop(): Promise<unknown>
}

// What runs this file in TypeScript turns them on, and Node then parses every map that is evaluated.
process.setSourceMapsEnabled(false)

for (const files of [1, 20]) await saveToActive(files)
await severalAtOnce()

async function saveToActive(files: number): Promise<void> {
  const running = {
    'ours, saved atomically': await runOurs(`ours-atomic-${files}`, files),
    'ours, saved in place': await runOurs(`ours-in-place-${files}`, files),
    'node --watch, a restart': await runRestarting(`restart-${files}`, files),
  }
  let edits = 0
  const contenders = Object.entries(running).map(([name, { plugin, serves }]) => {
    // Node's own watcher loses a file that another one is renamed over.
    const save = name.endsWith('atomically') ? saveAtomically : saveInPlace
    const once = async () => {
      const edit = ++edits
      const served = serves(edit)
      save(plugin.leaf(edit))
      await Promise.race([served, tooLate(name)])
    }
    return [name, once] as const
  })
  const of = 'ours, saved atomically'
  await compare(
    `a plugin of ${files} file${files === 1 ? '' : 's'}, from a save until it is active`,
    Object.fromEntries(contenders),
    {
      unit: 'ms',
      rounds: 12,
      warmup: 0,
      // What a save sets going must have ended before the next one is timed.
      setup: () => sleep(150),
      goals: [{ of, against: 'node --watch, a restart', atMost: 0.2, why: 'a save is seen before one looks up' }],
    },
  )
  await Promise.all(Object.values(running).map((one) => one.stop()))
}

async function runOurs(name: string, files: number): Promise<Running> {
  const plugin = writePlugin(
    name,
    files,
    (value) =>
      `let count = 0\nexport const PLUGIN_META = { name: 'edited', version: '1.0.0' }
export const register = () => ({ value: ${value}, getReloadState: () => ++count, setReloadState: (kept) => { count = kept } })\n`,
  )
  let told = () => {}
  const reloader = new HotReloader({ paths: [plugin.folder], afterReload: () => told() })
  const { failed } = await reloader.start()
  if (failed[0]) throw failed[0].error
  const serves = (edit: number) =>
    new Promise<void>((resolve) => {
      told = () => {
        if ((reloader.lifecycle.service('edited') as { value: number }).value === edit) resolve()
      }
    })
  return { plugin, serves, stop: () => reloader.stop() }
}

async function runRestarting(name: string, files: number): Promise<Running> {
  const plugin = writePlugin(name, files, (value) => `console.log('up', ${value})\nsetInterval(() => {}, 1000)\n`)
  const child = spawn(process.execPath, ['--watch', '--no-warnings', plugin.entry], {
    stdio: ['ignore', 'pipe', 'ignore'],
  })
  let told = (_edit: number) => {}
  createInterface({ input: child.stdout }).on('line', (line) => {
    const [, edit] = /^up (\d+)$/.exec(line) ?? []
    if (edit !== undefined) told(Number(edit))
  })
  const serves = (wanted: number) =>
    new Promise<void>((resolve) => {
      told = (edit) => {
        if (edit === wanted) resolve()
      }
    })
  await serves(0)
  // It says that it is up before it watches all that it imported.
  await sleep(500)
  return { plugin, serves, stop: async () => child.kill() }
}

async function tooLate(name: string): Promise<never> {
  await sleep(10_000, undefined, { ref: false })
  throw new Error(`"${name}" did not see an edit.`)
}

async function severalAtOnce(): Promise<void> {
  const folder = emptyFolder('five')
  const names = ['a', 'b', 'c', 'd', 'e']
  for (const name of names)
    writeFileSync(
      join(folder, `${name}.mjs`),
      `export const PLUGIN_META = { name: '${name}', version: '1.0.0' }
export const register = () => ({ setup: () => new Promise((resolve) => setTimeout(resolve, 50)) })\n`,
    )
  const reloader = new HotReloader({ paths: [folder], watch: false })
  await reloader.start()
  const reload = async (...some: string[]) => {
    const { outcome, error } = await reloader.reloadPlugins(some)
    if (outcome !== 'committed') throw error
  }
  await compare(
    'five independent plugins of 50 ms, reloaded',
    {
      together: () => reload(...names),
      'one after another': async () => {
        for (const name of names) await reload(name)
      },
      'one of them alone': () => reload('a'),
    },
    {
      unit: 'ms',
      rounds: 8,
      warmup: 0,
      goals: [
        { of: 'together', against: 'one of them alone', atMost: 1.1, why: 'independent plugins start side by side' },
        { of: 'together', against: 'one after another', atMost: 0.25 },
      ],
    },
  )
  await reloader.stop()
}
