// Runs the built playground as a process of its own, with or without a terminal.
import { type ChildProcess, execFileSync, spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { stripVTControlCharacters } from 'node:util'
import { onTestFinished, vi } from 'vitest'

const PLAYGROUND = join(import.meta.dirname, '..')
const MAIN = join(PLAYGROUND, 'dist/main.js')

/** A playground that runs. */
export interface PlaygroundProcess {
  readonly child: ChildProcess
  /** What it has written so far, without colours. */
  text(): string
  /** Resolves when it has written `part`, `times` times. */
  written(part: string | RegExp): Promise<void>
  /** Its exit code; nothing where a signal ended it. */
  readonly ended: Promise<number | null>
}

/** Starts the playground with its output in a pipe. */
export function startPlain(args: readonly string[], env: Record<string, string> = {}): PlaygroundProcess {
  return watched(process.execPath, [built(), ...args], env)
}

/** Starts the playground on a terminal of its own. */
export function startOnTerminal(args: readonly string[], env: Record<string, string> = {}): PlaygroundProcess {
  const command = [process.execPath, built(), ...args].map((word) => `'${word}'`).join(' ')
  // In the shell's place: a shell in between that Ctrl-C reaches too may end with a code of its own.
  return watched('script', ['-qec', `exec ${command}`, '/dev/null'], { TERM: 'xterm', ...env })
}

/** Why there is no terminal to be had. */
export function noTerminal(): string | undefined {
  try {
    const version = execFileSync('script', ['--version'], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] })
    return version.includes('util-linux') ? undefined : 'script is not the one of util-linux'
  } catch {
    return 'there is no script of util-linux'
  }
}

/** A folder that is gone after the test. */
export async function temporaryFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'playground-test-'))
  onTestFinished(() => rm(folder, { recursive: true, force: true }))
  return folder
}

/** A copy of the playground's plugins. */
export async function copyOfPlugins(): Promise<string> {
  const folder = join(await temporaryFolder(), 'plugins')
  await cp(join(PLAYGROUND, 'plugins'), folder, { recursive: true })
  return folder
}

/** The text of one edit of the tour, by its number. */
export function edited(text: string, number: number): string {
  return text.split(/^(?=\d\. )/m)[number] ?? ''
}

/** Replaces a text in a file that must have it. */
export async function edit(file: string, from: string, to: string): Promise<void> {
  const content = await readFile(file, 'utf8')
  if (!content.includes(from)) throw new Error(`${file} has no ${JSON.stringify(from)}`)
  await writeFile(file, content.replace(from, to))
}

function built(): string {
  if (existsSync(MAIN)) return MAIN
  throw new Error(`${MAIN} is not there. Build first: npm test does, or: npm run build.`)
}

function watched(command: string, args: readonly string[], env: Record<string, string>): PlaygroundProcess {
  const child = spawn(command, args, { cwd: PLAYGROUND, env: { ...process.env, ...env, NO_COLOR: '' } })
  let output = ''
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (chunk: string) => {
      output += chunk
    })
  }
  const text = () => stripVTControlCharacters(output).replaceAll('\r\n', '\n')
  const ended = new Promise<number | null>((resolve, reject) => {
    child.on('close', resolve).on('error', reject)
  })
  onTestFinished(() => void child.kill('SIGKILL'))
  const written = (part: string | RegExp) =>
    vi.waitFor(
      () => {
        const isThere = typeof part === 'string' ? text().includes(part) : part.test(text())
        if (!isThere) throw new Error(`never written: ${part}\n\n${text()}`)
      },
      { timeout: 15_000, interval: 20 },
    )
  return { child, text, written, ended }
}
