// What `npm start` does where there is no terminal.
import { spawnSync } from 'node:child_process'
import { join } from 'node:path'
import { expect, it } from 'vitest'

it('takes the tour, and every step does what it must', { timeout: 180_000 }, () => {
  const main = join(import.meta.dirname, '../dist/start.js')
  const { status, stdout, stderr } = spawnSync(process.execPath, [main], { encoding: 'utf8', timeout: 170_000 })
  expect(stdout + stderr).toMatch(/\n7 of 7 steps did what they must\n$/)
  expect(status).toBe(0)
})
