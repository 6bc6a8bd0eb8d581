// What threads of handlers mean for the process that they are in.
import { execFile } from 'node:child_process'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { expect, test } from 'vitest'

test('a process waits for its calls, and ends though nobody ended its threads', async () => {
  const child = join(import.meta.dirname, 'children/one-call.ts')
  const flags = ['-C', '@cf-plugins/source', '--import', 'tsx', '--no-warnings']
  const { stdout } = await promisify(execFile)(process.execPath, [...flags, child], { timeout: 25_000 })
  expect(stdout).toBe('42 waited for')
})
