// Processes that are killed while they reload a plugin and keep its state on disk.
import { spawn } from 'node:child_process'
import { mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { FileStateStore } from 'cf-plugins'

/** How long after its first word a process lives at most, in milliseconds. */
const LIFE_MS = 60

/** What became of them. */
export interface Kills {
  readonly kills: number
  /** Snapshots that were torn, lost, or older than what was told to be on the disk. */
  readonly torn: number
  /** How many hit a write under way, or this shows nothing. */
  readonly inMidWrite: number
}

/** The state of the plugin that is killed: a number, and text that can only be its own. */
export interface KilledState {
  readonly number: number
  readonly fill: string
}

export function fillOf(number: number): string {
  return String(number).repeat(2_000 + (number % 7) * 20_000)
}

/** The key of the host that is killed. */
export const KEY = Buffer.alloc(32, 7)

/** Kills as many processes, each at some moment. @param print gets what is wrong */
export async function kill(count: number, print: (line: string) => void): Promise<Kills> {
  const folder = await mkdtemp(join(tmpdir(), 'cf-soak-kills-'))
  const states = join(folder, 'states')
  const plugins = join(folder, 'plugins')
  await mkdir(plugins)
  await writeFile(join(plugins, 'counter.ts'), COUNTER)
  const store = new FileStateStore({ folder: states, key: KEY })
  const drafts = new Set<string>()
  let torn = 0
  let last = 0
  for (let kills = 1; kills <= count; kills++) {
    const told = await killSoon([plugins, states])
    const least = Math.max(told, last)
    try {
      const snapshot = await store.read('counter')
      if (!snapshot) throw new Error('there is none')
      const { number, fill } = snapshot.state as KilledState
      // What was told to be on the disk is there, or what came after it.
      if (number < least || fill !== fillOf(number)) throw new Error(`number ${number}; expected ${least} or more`)
      last = number
    } catch (error) {
      torn++
      print(`WRONG kill ${kills}: the state that a killed process left is torn: ${error}`)
    }
    for (const name of await readdir(states)) if (name.endsWith('.tmp')) drafts.add(name)
  }
  await rm(folder, { recursive: true, force: true })
  return { kills: count, torn, inMidWrite: drafts.size }
}

/** Starts a process, kills it at a random moment after its first word, and gives the last number that it told. */
async function killSoon(args: readonly string[]): Promise<number> {
  const script = fileURLToPath(new URL('children/killed-host.ts', import.meta.url))
  const child = spawn(process.execPath, [...process.execArgv, script, ...args], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  let out = ''
  let isDoomed = false
  child.stdout.on('data', (data) => {
    out += data
    if (isDoomed) return
    isDoomed = true
    setTimeout(() => child.kill('SIGKILL'), Math.random() * LIFE_MS)
  })
  await new Promise((resolve, reject) => {
    child.on('error', reject)
    child.on('close', resolve)
  })
  const whole = out.slice(0, out.lastIndexOf('\n') + 1).trim()
  return Number(whole.split('\n').at(-1))
}

const COUNTER = `
import { definePlugin } from '@cf-plugins/plugin-api'
let state = { number: 0, fill: '' }
export default definePlugin({
  name: 'counter',
  version: '1.0.0',
  setup: ({ shared }) => ({
    next() {
      const number = state.number + 1
      state = { number, fill: shared.fillOf(number) }
      return number
    },
  }),
  state: {
    save: () => state,
    restore: (saved) => {
      state = saved
    },
  },
})
`
