// The real tally, built, as processes, on a copy of the plugins and folders of its own.
import { type ChildProcess, execFileSync, spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { cp, mkdir, mkdtemp, readFile, rename, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { stripVTControlCharacters } from 'node:util'
import { onTestFinished, vi } from 'vitest'

const PACKAGE = join(import.meta.dirname, '..')
export const TOOL = join(PACKAGE, 'bin/tally.js')

/** How long a process may take to do what a test waits for, in milliseconds. */
const PATIENCE_MS = 25_000

// Each command is a process, and npm another: on a machine that does other things too, that takes its time.
vi.setConfig({ testTimeout: 120_000 })

/** How a process ended, and what it said. */
export interface Ended {
  readonly code: number | null
  readonly stdout: string
  readonly stderr: string
}

/** A process that runs. */
export interface Running {
  readonly child: ChildProcess
  /** What it has written on both streams, without control characters. */
  text(): string
  /** Types into it. */
  type(text: string): void
  /** Resolves when it has written this, after the first `from` letters. */
  written(part: string | RegExp, from?: number): Promise<void>
  readonly ended: Promise<Ended>
}

/** A folder with a copy of the plugins, and tally in it. */
export interface Place {
  readonly folder: string
  readonly plugins: string
  readonly data: string
  /** Runs tally to its end. */
  tally(...args: string[]): Promise<Ended>
  /** Starts tally, and leaves it running. */
  start(...args: string[]): Running
  /** The same on a terminal. */
  onTerminal(...args: string[]): Running
  /** Another program on a terminal, which finds tally on its PATH. */
  program(command: string): Running
  /** The same with more in the environment. */
  with(env: Readonly<Record<string, string>>): Place
  /** Saves a file of a plugin, as most editors do. */
  save(name: string, text: string): Promise<void>
  /** Replaces a text in a file of a plugin, which must have it. */
  edit(name: string, from: string, to: string): Promise<void>
}

/** Makes a place; it is gone when the test is finished. */
export async function place(): Promise<Place> {
  if (!existsSync(join(PACKAGE, 'dist/main.js'))) throw new Error('There is no dist. Build first: npm run build')
  const folder = await mkdtemp(join(tmpdir(), 'tally-test-'))
  const plugins = join(folder, 'plugins')
  await cp(join(PACKAGE, 'plugins'), plugins, { recursive: true })
  await mkdir(join(folder, 'bin'))
  await symlink(TOOL, join(folder, 'bin/tally'))
  const running = new Set<ChildProcess>()
  onTestFinished(async () => {
    for (const child of running) child.kill('SIGKILL')
    await rm(folder, { recursive: true, force: true, maxRetries: 5 })
  })
  return placeIn(folder, running, {})
}

function placeIn(folder: string, running: Set<ChildProcess>, more: Readonly<Record<string, string>>): Place {
  const plugins = join(folder, 'plugins')
  const data = join(folder, 'data')
  const env = {
    ...cleanEnvironment(),
    TALLY_DATA: data,
    TALLY_PLUGINS: plugins,
    // Whoever runs the tests may have a configuration of tally's.
    XDG_CONFIG_HOME: join(folder, 'config'),
    PATH: `${join(folder, 'bin')}:${process.env.PATH}`,
    ...more,
  }
  const spawned = (command: string, args: readonly string[]) => {
    const process = watched(command, args, { cwd: folder, env })
    running.add(process.child)
    return process
  }
  const start = (...args: string[]) => spawned(process.execPath, [TOOL, ...args])
  const program = (command: string) => spawned('script', ['-qec', command, '/dev/null'])
  const save = async (name: string, text: string) => {
    const file = join(plugins, name)
    await mkdir(dirname(file), { recursive: true })
    await writeFile(`${file}.tmp`, text)
    await rename(`${file}.tmp`, file)
  }
  return {
    folder,
    plugins,
    data,
    start,
    program,
    save,
    onTerminal: (...args) =>
      program(
        ['exec', process.execPath, TOOL, ...args]
          .map((word) => `"${word}"`)
          .join(' ')
          .replace('"exec"', 'exec'),
      ),
    tally: (...args) => {
      const { child, ended } = start(...args)
      child.stdin?.end()
      return ended
    },
    with: (env) => placeIn(folder, running, { ...more, ...env }),
    edit: async (name, from, to) => {
      const text = await readFile(join(plugins, name), 'utf8')
      if (!text.includes(from)) throw new Error(`${name} has no ${JSON.stringify(from)}`)
      await save(
        name,
        text.replace(from, () => to),
      )
    },
  }
}

/** Makes a tarball of a package in a folder, and gives its path. */
export function packed(from: string, to: string): string {
  const name = execFileSync('npm', ['pack', '--silent', '--pack-destination', to], { cwd: from, encoding: 'utf8' })
  return join(to, name.trim())
}

/** The sample package of the example. */
export const DICE = join(PACKAGE, 'packages/tally-dice')

/** Why a program cannot be used here; nothing where it can. */
export function missing(program: string, ...args: string[]): string | undefined {
  try {
    execFileSync(program, args.length > 0 ? args : ['--version'], { stdio: 'ignore' })
    return undefined
  } catch {
    return `there is no ${program}`
  }
}

/** This process's, without what changes how tally, npm or a terminal behaves. */
function cleanEnvironment(): NodeJS.ProcessEnv {
  const kept = Object.entries(process.env).filter(
    ([name]) => !/^(FORCE_COLOR|NODE_OPTIONS|(CF|TALLY|XDG|npm)_.*)$/.test(name),
  )
  return { ...Object.fromEntries(kept), NO_COLOR: '1', TERM: 'xterm' }
}

function watched(command: string, args: readonly string[], options: { cwd: string; env: NodeJS.ProcessEnv }): Running {
  const child = spawn(command, args, options)
  let [stdout, stderr, both] = ['', '', '']
  child.stdout.setEncoding('utf8').on('data', (chunk: string) => {
    stdout += chunk
    both += chunk
  })
  child.stderr.setEncoding('utf8').on('data', (chunk: string) => {
    stderr += chunk
    both += chunk
  })
  // Who has ended takes no more.
  child.stdin.on('error', () => {})
  let isOver = false
  const ended = new Promise<Ended>((resolve, reject) => {
    child.on('error', reject).on('close', (code) => {
      isOver = true
      resolve({ code, stdout, stderr })
    })
  })
  const text = () => stripVTControlCharacters(both).replaceAll('\r\n', '\n')
  const written = async (part: string | RegExp, from = 0) => {
    const isThere = () => (typeof part === 'string' ? text().slice(from).includes(part) : part.test(text().slice(from)))
    await vi.waitUntil(() => isThere() || isOver, { timeout: PATIENCE_MS, interval: 20 }).catch(() => {})
    if (!isThere()) throw new Error(`never written: ${part}\n\n${text()}`)
  }
  return { child, text, written, ended, type: (typed) => child.stdin.write(typed) }
}
