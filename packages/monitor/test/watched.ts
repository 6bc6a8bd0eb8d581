// What the tests share: a host that publishes, a folder of their own, processes of their own.
import { spawn } from 'node:child_process'
import { channel } from 'node:diagnostics_channel'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { audit } from '@cf-plugins/plugin-api/host'
import { build } from 'esbuild'
import { onTestFinished } from 'vitest'
import type { ObservedBlock, ObservedHandler, ObservedReload, ObservedState, ObservedThread } from '../src/index.ts'

/** A folder that goes with the test. */
export async function temporaryFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'cf-monitor-'))
  onTestFinished(() => rm(folder, { recursive: true, force: true }))
  return folder
}

let hosts = 0

/** Publishes as a host of that id does; no two have the same. */
export function publisher(host = `test-${process.pid}-${++hosts}`) {
  return {
    host,
    state: (plugin: string, from: string, to: string, error?: unknown) =>
      channel('cf-plugins:state').publish({ host, plugin, from, to, error } satisfies ObservedState),
    reload: (message: Omit<ObservedReload, 'host'>) => channel('cf-plugins:reload').publish({ host, ...message }),
    handler: (message: Partial<ObservedHandler>) =>
      channel('cf-plugins:handler').publish({
        ...{ host, kind: 'event', name: 'user.login', plugin: 'auth', syncMs: 1, durationMs: 2, outcome: 'ok' },
        ...message,
      } satisfies ObservedHandler),
    block: (message: Partial<ObservedBlock>) =>
      channel('cf-plugins:blocked').publish({
        host,
        plugin: 'auth',
        blockedMs: 60,
        ...message,
      } satisfies ObservedBlock),
    thread: (message: Partial<ObservedThread>) =>
      channel('cf-plugins:worker').publish({
        ...{ host, plugin: 'auth', generation: 1, kind: 'started', role: 'offload', threadId: 1 },
        ...message,
      } satisfies ObservedThread),
    audit: (message: Omit<Parameters<typeof audit>[0], 'host'>) => audit({ host, ...message }),
  }
}

/** Keeps the event loop for so long. */
export function block(ms: number): void {
  const until = performance.now() + ms
  while (performance.now() < until);
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
    external: ['@opentelemetry/*'],
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
