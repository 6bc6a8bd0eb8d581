// What the tests of stored state have in common.
import { spawn } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type PluginInstance, type PluginMeta, StatePreservationError } from '@cf-plugins/plugin-api'
import { resolveMeta } from '@cf-plugins/plugin-api/host'
import { build } from 'esbuild'
import { expect, onTestFinished } from 'vitest'
import type { StatePreserver, StateSnapshot } from '../src/index.ts'

/** A folder that goes with the test. */
export async function temporaryFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'cf-state-'))
  onTestFinished(() => rm(folder, { recursive: true, force: true }))
  return folder
}

export const plugin = (
  name: string,
  instance: PluginInstance,
  meta: Omit<PluginMeta, 'name' | 'version'> = {},
  enabled = true,
) => ({ name, enabled, meta: resolveMeta({ name: 'any', version: '1.0.0', ...meta }), instance })

/** Saves this state as that plugin's. */
export function saveState(preserver: StatePreserver, name: string, state: unknown): Promise<StateSnapshot> {
  return preserver.save(plugin(name, { getReloadState: () => state }))
}

export async function failure(promise: Promise<unknown>): Promise<StatePreservationError> {
  const error = await promise.then(
    () => undefined,
    (thrown) => thrown,
  )
  expect(error).toBeInstanceOf(StatePreservationError)
  return error
}

/** Resolves when the condition holds. */
export async function until(holds: () => boolean): Promise<void> {
  const end = performance.now() + 5_000
  while (!holds()) {
    if (performance.now() > end) throw new Error('it never came about')
    await new Promise((resolve) => setTimeout(resolve, 2))
  }
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
  const child = spawn(program, args, { stdio: ['ignore', 'pipe', 'pipe'], timeout: 20_000 })
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
