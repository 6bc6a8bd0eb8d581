// The cases themselves: that each is whole, and that one of each group does its work.
import { execFile } from 'node:child_process'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { describe, expect, it } from 'vitest'
import { BEST_PEER } from '../src/case.ts'
import { cases } from '../src/cases/index.ts'

const program = join(import.meta.dirname, '../dist/index.js')

it('have ids and titles of their own', () => {
  expect(new Set(cases.map(({ id }) => id)).size).toBe(cases.length)
  expect(new Set(cases.map(({ title }) => title)).size).toBe(cases.length)
  for (const { id } of cases) expect(id).toMatch(/^[a-z]+\/[a-z0-9-]+$/)
})

it.each(cases.map((case_) => [case_.id, case_] as const))('%s names contenders that it has', (_, case_) => {
  const { ours, alsoOurs = [], floor = ours, doLess = [], goals = [] } = case_
  const judged = goals.flatMap(({ of, against }) => [of, against]).filter((name) => name !== BEST_PEER)
  expect(Object.keys(case_.contenders)).toEqual(
    expect.arrayContaining([ours, ...alsoOurs, floor, ...doLess, ...judged]),
  )
  for (const { atMost } of goals) expect(atMost).toBeGreaterThan(0)
})

// As it is built: handlers for threads are functions of files, which the loader of TypeScript would change.
describe.skipIf(!existsSync(program))('every contender does the work of', () => {
  // One of each group: all of them are the command's `--once`, which takes minutes.
  it.each([
    'graph/order-1k',
    'graph/affected-1k',
    'start/five-50ms',
    'memory/plugins-1k',
    'dispatch/async-10-mixed-deadline',
    'worker/round-trip',
    'reload/edit-1',
  ])(
    '%s',
    async (id) => {
      expect(cases.map((case_) => case_.id)).toContain(id)
      const { stdout } = await promisify(execFile)(process.execPath, [program, '--once', '--only', id])
      expect(stdout).toMatch(/ours to it/)
    },
    120_000,
  )
})
