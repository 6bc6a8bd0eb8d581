// One run of some test files, and what failed in it.
import { spawn } from 'node:child_process'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { TestFiles } from './planted-bug.ts'

/** How long one run may take, in milliseconds. */
const RUN_MS = 180_000

/** A test that failed. */
export interface Failure {
  readonly title: string
  readonly message: string
}

/** How a run of tests ended. */
export interface TestRun {
  readonly passed: number
  readonly failures: readonly Failure[]
  /** Files that could not even be collected, and what else went wrong. */
  readonly broken: readonly string[]
  readonly seconds: number
}

interface Report {
  readonly numPassedTests: number
  readonly testResults: readonly {
    readonly name: string
    readonly status: string
    readonly message: string
    readonly assertionResults: readonly {
      readonly fullName: string
      readonly status: string
      readonly failureMessages: readonly string[]
    }[]
  }[]
}

/** Runs tests in a copy of the workspace, until one fails. */
export async function runTests(
  folder: string,
  tests: TestFiles,
  label: string,
  variables: Readonly<Record<string, string>> = {},
): Promise<TestRun> {
  const from = performance.now()
  const output = join(folder, `report-${label}.json`)
  const vitest = join(folder, 'node_modules', 'vitest', 'vitest.mjs')
  const reporting = ['--bail', '1', '--reporter', 'json', '--outputFile', output]
  const args = [vitest, 'run', '--project', tests.project, ...tests.files, ...reporting]
  const text = await ended(folder, args, variables)
  const seconds = (performance.now() - from) / 1000
  const report = await reportOf(output)
  if (!report) return { passed: 0, failures: [], broken: [text.trim().slice(-2000)], seconds }
  const failures = report.testResults.flatMap(({ assertionResults }) =>
    assertionResults
      .filter(({ status }) => status === 'failed')
      .map(({ fullName, failureMessages }) => ({ title: fullName.trim(), message: failureMessages.join('\n') })),
  )
  const broken = report.testResults
    .filter(({ status, assertionResults }) => status === 'failed' && assertionResults.length === 0)
    .map(({ name, message }) => `${name}: ${message}`)
  return { passed: report.numPassedTests, failures, broken, seconds }
}

/** Whether a test noticed what is wrong, rather than breaking over it or waiting for ever. */
export function isAssertion({ message }: Failure): boolean {
  return !/^(?:SyntaxError|ReferenceError|Error: (?:Test|Hook) timed out)/.test(message)
}

/** What the assertion said, in one line. */
export function saidBy({ message }: Failure): string {
  // A model's report begins with its seed, and has what was wrong behind it.
  const line = /^(?:Got |AssertionError: )(.*)$/m.exec(message)?.[1] ?? message.split('\n')[0] ?? ''
  return line.replace(/^(?:error: )?AssertionError: /, '').slice(0, 160)
}

async function reportOf(file: string): Promise<Report | undefined> {
  try {
    return JSON.parse(await readFile(file, 'utf8')) as Report
  } catch {
    return undefined
  }
}

/** What the process wrote, once it has ended. */
function ended(folder: string, args: readonly string[], variables: Readonly<Record<string, string>>): Promise<string> {
  return new Promise((resolve, reject) => {
    // A test that only fails now and then is given a second try in CI; what is planted here must be found at once.
    const { CI: _ci, ...env } = process.env
    const child = spawn(process.execPath, args, {
      cwd: folder,
      env: { ...env, ...variables },
      timeout: RUN_MS,
      killSignal: 'SIGKILL',
    })
    let text = ''
    child.stdout.on('data', (chunk) => {
      text += chunk
    })
    child.stderr.on('data', (chunk) => {
      text += chunk
    })
    child.on('error', reject)
    child.on('close', () => resolve(text))
  })
}
