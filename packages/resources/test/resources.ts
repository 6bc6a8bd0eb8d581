// What the tests of resources have in common.
import { spawn } from 'node:child_process'
import { mkdtemp, realpath, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { PluginError } from '@cf-plugins/plugin-api'
import { build } from 'esbuild'
import { expect, onTestFinished } from 'vitest'
import { ResourceManager, type ResourceManagerOptions } from '../src/index.ts'

/** A folder that goes with the test. */
export async function temporaryFolder(): Promise<string> {
  const folder = await realpath(await mkdtemp(join(tmpdir(), 'cf-resources-')))
  onTestFinished(() => rm(folder, { recursive: true, force: true }))
  return folder
}

/** A manager of a folder of its own. */
export async function newManager(options: Partial<ResourceManagerOptions> = {}): Promise<ResourceManager> {
  return new ResourceManager({ folder: await temporaryFolder(), ...options })
}

export async function failure(promise: Promise<unknown>): Promise<PluginError> {
  const error = await promise.then(
    () => undefined,
    (thrown) => thrown,
  )
  expect(error).toBeInstanceOf(PluginError)
  return error
}

/** Builds `children/<script>` with the package's sources, so that it runs, and starts fast, in a plain Node process. */
export async function buildChild(script: string): Promise<string> {
  const outfile = join(import.meta.dirname, '../node_modules/.cf-tests', script.replace(/\.ts$/, '.mjs'))
  await build({
    entryPoints: [join(import.meta.dirname, 'children', script)],
    outfile,
    bundle: true,
    platform: 'node',
    format: 'esm',
    conditions: ['@cf-plugins/source'],
    logLevel: 'silent',
  })
  return outfile
}

/** What a process of its own printed, which must end well by itself. */
export function run(command: readonly string[]): Promise<string> {
  const [program = '', ...args] = command
  const child = spawn(program, args, { stdio: ['ignore', 'pipe', 'pipe'], timeout: 25_000 })
  let out = ''
  let errors = ''
  child.stdout.on('data', (data) => {
    out += data
  })
  child.stderr.on('data', (data) => {
    errors += data
  })
  return new Promise((resolve, reject) => {
    child.on('error', reject)
    child.on('close', (status, signal) =>
      status === 0 ? resolve(out) : reject(new Error(`${command.join(' ')} ended with ${status ?? signal}: ${errors}`)),
    )
  })
}
