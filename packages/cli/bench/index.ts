// Hot path: somebody types a command, and waits until it has ended. Cold starts of the built cf, against Node that does nothing.
import { execFile } from 'node:child_process'
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { compare } from '@cf-plugins/bench-harness'

const run = promisify(execFile)
const cf = join(import.meta.dirname, '../dist/cf.js')
const PLUGINS = 20

const folder = await mkdtemp(join(tmpdir(), 'cf-bench-'))
try {
  await mkdir(join(folder, 'plugins'))
  // A folder with node_modules keeps compiled files, as a project's would.
  await mkdir(join(folder, 'node_modules'))
  for (let at = 0; at < PLUGINS; at++) {
    const needs = at === 0 ? '' : `dependencies: ['p${(at - 1) >> 1}']`
    const text = `export const PLUGIN_META = { name: 'p${at}', version: '1.0.0', ${needs} }
export function register(): object { return { setup() {} } }\n`
    await writeFile(join(folder, 'plugins', `p${at}.ts`), text)
  }
  const node = (...args: string[]) => run(process.execPath, args, { cwd: folder })
  await compare(
    `a command, from nothing to its end; ${PLUGINS} plugins in TypeScript`,
    {
      'node -e 0': () => node('-e', '0'),
      'cf --version': () => node(cf, '--version'),
      'cf list': () => node(cf, 'list'),
      'cf run --once': () => node(cf, 'run', 'plugins', '--once'),
    },
    {
      unit: 'ms',
      rounds: 10,
      warmup: 0,
      goals: [
        { of: 'cf --version', against: 'node -e 0', atMost: 2.5, why: 'nothing of the framework is loaded for it' },
        {
          of: 'cf list',
          against: 'node -e 0',
          // Reached: 4.5.
          atMost: 5,
          why: 'loads the framework and 20 plugins, and watches nothing',
        },
      ],
    },
  )
} finally {
  await rm(folder, { recursive: true, force: true })
}
