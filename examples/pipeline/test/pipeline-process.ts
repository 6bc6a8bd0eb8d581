// The program as whoever types `npm start` runs it: a process of its own, on its own copy of the plugins where a test edits them.
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { cp, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { onTestFinished } from 'vitest'
import type { RunReport } from '../src/run-report.ts'

export const FOLDER = join(import.meta.dirname, '..')
export const MAIN = join(FOLDER, 'dist/main.js')
/** Nothing that a test waits for may take longer, in milliseconds. */
const PATIENCE_MS = 120_000

/** A run that ended. */
export interface Ended {
  readonly code: number | null
  readonly output: string
  readonly errors: string
}

export class PipelineProcess {
  readonly child: ChildProcess
  output = ''
  errors = ''
  readonly #closed: Promise<unknown>

  constructor(command: string, args: readonly string[], env: NodeJS.ProcessEnv) {
    if (!existsSync(MAIN)) throw new Error(`${MAIN} is not there. Build first: npm test does, or: npm run build.`)
    this.child = spawn(command, args, { cwd: FOLDER, env: { ...process.env, ...env } })
    this.#closed = once(this.child, 'close')
    this.child.stdout?.setEncoding('utf8').on('data', (chunk: string) => {
      this.output += chunk
    })
    this.child.stderr?.setEncoding('utf8').on('data', (chunk: string) => {
      this.errors += chunk
    })
    onTestFinished(() => void this.child.kill('SIGKILL'))
  }

  /** Waits until it has said that. */
  async says(what: RegExp): Promise<void> {
    await until(() => {
      if (what.test(this.output + this.errors)) return true
      if (this.child.exitCode !== null) throw new Error(`It ended without: ${what}\n${this.output}${this.errors}`)
      return false
    }, `it says ${what}`)
  }

  async ended(): Promise<Ended> {
    await this.#closed
    return { code: this.child.exitCode, output: this.output, errors: this.errors }
  }
}

export function start(args: readonly string[], env: NodeJS.ProcessEnv = {}): PipelineProcess {
  return new PipelineProcess(process.execPath, [MAIN, ...args], env)
}

/** Runs it on a terminal of its own: what is written to the process is typed there. */
export function startOnTerminal(args: readonly string[], columns = 100): PipelineProcess {
  const quoted = [process.execPath, MAIN, ...args].map((each) => `'${each}'`).join(' ')
  return new PipelineProcess('script', ['-qec', `stty cols ${columns}; ${quoted}`, '/dev/null'], { SHELL: '/bin/sh' })
}

/** Runs it to a good end. */
export async function result(args: readonly string[], env: NodeJS.ProcessEnv = {}): Promise<Result> {
  const out = join(await temporaryFolder(), 'out')
  const ended = await start([...args, '--out', out], env).ended()
  if (ended.code !== 0) throw new Error(`It ended with ${ended.code}:\n${ended.errors}${ended.output}`)
  return { ...ended, ...(await resultIn(out)) }
}

export interface Result extends Ended {
  readonly out: string
  readonly report: RunReport
  readonly places: string
  readonly regions: string
  readonly bad: string
}

export async function resultIn(out: string): Promise<Omit<Result, keyof Ended>> {
  const read = (name: string) => readFile(join(out, name), 'utf8')
  return {
    out,
    report: JSON.parse(await read('report.json')) as RunReport,
    places: await read('places.ndjson'),
    regions: await read('regions.ndjson'),
    bad: await read('bad.ndjson'),
  }
}

/** The objects of a file of lines. */
export function linesOf<Line = Record<string, unknown>>(text: string): Line[] {
  return text
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as Line)
}

/** A copy of the plugins that a test may edit. */
export class Plugins {
  readonly folder: string

  private constructor(folder: string) {
    this.folder = folder
  }

  static async copy(): Promise<Plugins> {
    const folder = join(await temporaryFolder(), 'plugins')
    await cp(join(FOLDER, 'plugins'), folder, { recursive: true })
    return new Plugins(folder)
  }

  files(): Promise<string[]> {
    return readdir(this.folder).then((names) => names.filter((name) => name.endsWith('.ts')))
  }

  async edit(file: string, from: string, to: string): Promise<void> {
    const path = join(this.folder, file)
    const text = await readFile(path, 'utf8')
    if (!text.includes(from)) throw new Error(`${file} has no: ${from}`)
    await writeFile(
      path,
      text.replace(from, () => to),
    )
  }

  /** Each batch takes so long to be counted: time to do something meanwhile. */
  slow(ms: number): Promise<void> {
    return this.edit(
      'totals.ts',
      '(batch) => {\n        add(batch, 1)',
      `async (batch, { signal }) => {
        const { setTimeout: sleep } = await import('node:timers/promises')
        await sleep(${ms}, undefined, { signal })
        add(batch, 1)`,
    )
  }
}

/** A file like that of the package, of these records, or texts that are none. */
export async function inputOf(records: readonly (object | string)[]): Promise<string> {
  const file = join(await temporaryFolder(), 'input.json')
  const texts = records.map((each) => (typeof each === 'string' ? each : JSON.stringify(each)))
  await writeFile(file, `[${texts.join(',')}]`)
  return file
}

export async function temporaryFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'pipeline-test-'))
  onTestFinished(() => rm(folder, { recursive: true, force: true }))
  return folder
}

export async function until(isSo: () => boolean, what: string): Promise<void> {
  const end = performance.now() + PATIENCE_MS
  while (!isSo()) {
    if (performance.now() > end) throw new Error(`It is not so after ${PATIENCE_MS} ms that ${what}`)
    await delay(10)
  }
}
