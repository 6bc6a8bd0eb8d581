// What somebody writes who runs single functions of his plugins in threads, in a host of his own making.
import assert from 'node:assert/strict'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { toPluginRecord } from '@cf-plugins/plugin-api/host'
import { PluginThreads } from '@cf-plugins/worker'

const PLUGIN = `
export const PLUGIN_META = { name: 'sums', version: '1.0.0' }
export function register() { return {} }
export function add(one, other) { return one + other }
`

async function main(): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'threaded-'))
  const file = join(folder, 'sums.mjs')
  await writeFile(file, PLUGIN)
  const namespace: { add(one: number, other: number): number } = await import(pathToFileURL(file).href)
  const record = toPluginRecord(namespace, { file, generation: 1, files: [file] })
  const threads = new PluginThreads({ threads: 1 })
  const { call } = threads.offload(record, {
    run: namespace.add,
    kind: 'hook',
    name: 'sum',
    host: 'mine',
    idempotent: true,
  })
  assert.deepEqual(await Promise.all([call(1, 2), call(3, 4)]), [3, 7])
  await threads.close(1000)
  await rm(folder, { recursive: true })
  console.log('worker works')
}

main().catch((error: unknown) => {
  console.error(error)
  process.exitCode = 1
})
