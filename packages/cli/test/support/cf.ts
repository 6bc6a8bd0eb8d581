// The real `cf`, built, as a process, on folders of its own.
import { type ChildProcess, spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { mkdir, mkdtemp, readdir, rename, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { onTestFinished } from 'vitest'

const packages = join(import.meta.dirname, '../../..')
const binary = join(packages, 'cli/bin/cf.js')

/** How long a process may take to do what a test waits for, in milliseconds. */
const PATIENCE_MS = 20_000

/** How a process ended, and what it said. */
export interface Ended {
  readonly code: number | null
  readonly signal: NodeJS.Signals | null
  readonly stdout: string
  readonly stderr: string
}

/** A process of `cf` that runs. */
export interface Running {
  readonly child: ChildProcess
  readonly stdout: () => string
  readonly stderr: () => string
  /** Resolves when a text is in one of the outputs; rejects where the process ended without it. */
  until(text: string | RegExp): Promise<void>
  readonly ended: Promise<Ended>
}

/** A temporary folder with plugins in `plugins`, and `cf` in it. */
export interface Place {
  readonly folder: string
  /** Where the sockets of its hosts are. */
  readonly runtime: string
  /** Where the state of its plugins is, below a name of their folders' own. */
  readonly states: string
  /** Saves a file atomically, as most editors do. */
  save(name: string, text: string): Promise<void>
  remove(name: string): Promise<void>
  /** Runs `cf` to its end. */
  cf(...args: string[]): Promise<Ended>
  /** Starts `cf` and leaves it running; ended with the test. */
  start(...args: string[]): Running
  /** The same with more in its environment. */
  with(env: Readonly<Record<string, string>>): Pick<Place, 'cf' | 'start'>
  /** The same, run by another program, which is given its command line. */
  through(...program: string[]): Pick<Place, 'cf' | 'start'>
}

/** Makes a place with these files; gone when the test is finished. */
export async function place(files: Readonly<Record<string, string>> = {}): Promise<Place> {
  await assertBuilt()
  const folder = await mkdtemp(join(tmpdir(), 'cf-cli-'))
  const runtime = join(folder, '.run')
  await mkdir(runtime)
  const states = join(folder, '.states/cf-plugins')
  const children = new Set<ChildProcess>()
  onTestFinished(async () => {
    for (const child of children) child.kill('SIGKILL')
    await rm(folder, { recursive: true, force: true })
  })
  const save = async (name: string, text: string) => {
    const file = join(folder, name)
    await mkdir(dirname(file), { recursive: true })
    await writeFile(`${file}.tmp`, text)
    await rename(`${file}.tmp`, file)
  }
  for (const [name, text] of Object.entries(files)) await save(name, text)
  const within = (more: Readonly<Record<string, string>>, through: readonly string[] = []) => {
    const start = (...args: string[]) => {
      const running = spawned([...through, process.execPath, binary, ...args], {
        cwd: folder,
        env: environment({ XDG_RUNTIME_DIR: runtime, XDG_STATE_HOME: join(folder, '.states'), ...more }),
      })
      children.add(running.child)
      return running
    }
    return { start, cf: (...args: string[]) => start(...args).ended }
  }
  return {
    folder,
    runtime,
    states,
    save,
    remove: (name) => rm(join(folder, name), { recursive: true }),
    with: (env) => within(env),
    through: (...program) => within({}, program),
    ...within({}),
  }
}

/** The environment of a process: this one's, without what changes how `cf` behaves. */
export function environment(more: Readonly<Record<string, string>> = {}): NodeJS.ProcessEnv {
  const kept = Object.entries(process.env).filter(([name]) => !OWN.test(name))
  return { ...Object.fromEntries(kept), ...more }
}

const OWN = /^(FORCE_COLOR|NO_COLOR|NODE_OPTIONS|CF_.*)$/

/** The path of the built binary. */
export const cfBinary = binary

/** Every line of a text as JSON. */
export function jsonLines(text: string): Record<string, unknown>[] {
  return text
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as Record<string, unknown>)
}

function spawned(command: readonly string[], options: { cwd: string; env: NodeJS.ProcessEnv }): Running {
  const [program = '', ...args] = command
  const child = spawn(program, args, { ...options, stdio: ['ignore', 'pipe', 'pipe'] })
  let stdout = ''
  let stderr = ''
  let isOver = false
  const waiting = new Set<() => void>()
  const wake = () => {
    for (const look of waiting) look()
  }
  child.stdout.setEncoding('utf8').on('data', (chunk: string) => {
    stdout += chunk
    wake()
  })
  child.stderr.setEncoding('utf8').on('data', (chunk: string) => {
    stderr += chunk
    wake()
  })
  const ended = new Promise<Ended>((resolve, reject) => {
    child.on('error', reject)
    child.on('close', (code, signal) => {
      isOver = true
      resolve({ code, signal, stdout, stderr })
      wake()
    })
  })
  const until = (text: string | RegExp) =>
    new Promise<void>((resolve, reject) => {
      const isThere = (output: string) => (typeof text === 'string' ? output.includes(text) : text.test(output))
      const settle = (error?: Error) => {
        clearTimeout(timer)
        waiting.delete(look)
        if (error) reject(error)
        else resolve()
      }
      const story = () => `in:\n${stdout}\n--- stderr\n${stderr}`
      const look = () => {
        if (isThere(stdout) || isThere(stderr)) settle()
        else if (isOver) settle(new Error(`cf ended without ${text} ${story()}`))
      }
      const timer = setTimeout(() => settle(new Error(`cf did not say ${text} ${story()}`)), PATIENCE_MS)
      waiting.add(look)
      look()
    })
  return { child, stdout: () => stdout, stderr: () => stderr, until, ended }
}

async function assertBuilt(): Promise<void> {
  const missing: string[] = []
  for (const name of await readdir(packages)) {
    if (existsSync(join(packages, name, 'package.json')) && !existsSync(join(packages, name, 'dist/index.js')))
      missing.push(name)
  }
  if (!existsSync(join(packages, 'cli/dist/cf.js'))) missing.push('cli (cf)')
  if (missing.length === 0) return
  throw new Error(
    `These tests run the built cf. Run \`npm run build\` first: there is no dist of ${missing.join(', ')}.`,
  )
}
