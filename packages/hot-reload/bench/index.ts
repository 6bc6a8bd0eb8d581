// The hot path of a big save (a checkout, a shared helper): several plugins reloaded at once. What one save costs, beside what
// others do with it, is in `benchmarks/compare`.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { compare } from '@cf-plugins/bench-harness'
import { HotReloader } from '@cf-plugins/hot-reload'

// What runs this file in TypeScript turns them on, and Node then parses every map that is evaluated.
process.setSourceMapsEnabled(false)

const folder = mkdtempSync(join(tmpdir(), 'cf-hot-reload-bench-'))
process.once('exit', () => rmSync(folder, { recursive: true, force: true }))

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
  const instances = some.map((name) => reloader.lifecycle.instance(name))
  const { outcome, error } = await reloader.reloadPlugins(some)
  if (outcome !== 'committed') throw error
  if (some.some((name, index) => reloader.lifecycle.instance(name) === instances[index]))
    throw new Error('not all of them were made anew')
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
    ours: 'together',
    goals: [
      { of: 'together', against: 'one of them alone', atMost: 1.1, why: 'independent plugins start side by side' },
      { of: 'together', against: 'one after another', atMost: 0.25 },
    ],
  },
)
await reloader.stop()
