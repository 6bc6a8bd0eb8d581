// Calls handlers in threads, and then has nothing to do, though nobody ended the threads.
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { resolveMeta } from '@cf-plugins/plugin-api/host'
import { PluginThreads } from '../../src/index.ts'

const file = join(import.meta.dirname, '../fixtures/tasks.mjs')
const exported = createRequire(import.meta.url)(file) as Record<'double' | 'work', () => unknown>
const record = {
  meta: resolveMeta({ name: 'tasks', version: '1.0.0' }),
  register: () => ({}),
  source: { file, generation: 1, files: [file] },
}
const threads = new PluginThreads()
const offloaded = (name: 'double' | 'work') =>
  threads.offload(record, { run: exported[name], kind: 'hook', name, host: 'tests', idempotent: false }).call
process.stdout.write(`${await offloaded('double')(21)} `)
// Nothing but this call keeps the process by now.
void offloaded('work')({ ms: 1_000, answer: 'waited for' }).then((answer) => process.stdout.write(String(answer)))
