// Nothing of the house holds an old generation.
import { execFile } from 'node:child_process'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { expect, test } from 'vitest'

const run = promisify(execFile)
const FLAGS = ['--expose-gc', '--conditions=@cf-plugins/source', '--import', 'tsx']

async function measure(mix: 'good' | 'mixed') {
  const child = join(import.meta.dirname, 'heap-child.ts')
  const { stdout } = await run(process.execPath, [...FLAGS, child, '2000', mix], { timeout: 170_000 })
  return JSON.parse(stdout)
}

const what =
  '2,000 reloads of a plugin of 20 files, with state, events, timers, services and a dependent, keep the heap flat'

test(what, { timeout: 180_000 }, async () => {
  const { bytesPerReload, made, alive, outcomes, count } = await measure('good')
  expect(outcomes).toEqual({ committed: 2000 })
  expect(count).toBe(2500)
  expect(bytesPerReload).toBeLessThan(1024)
  expect(made).toBe(400)
  expect(alive).toBeLessThan(10)
})

test(`${what}, also where a third of them fail`, { timeout: 180_000 }, async () => {
  const { bytesPerReload, made, alive, outcomes, count } = await measure('mixed')
  expect(outcomes).toEqual({ committed: 1400, kept: 400, 'rolled-back': 200 })
  expect(count).toBe(2500)
  expect(bytesPerReload).toBeLessThan(1024)
  expect(made).toBe(400)
  expect(alive).toBeLessThan(10)
})
