// The table of faults in docs/reload.md tells the truth.
import { readFileSync } from 'node:fs'
import { expect, it } from 'vitest'
import { FAULT_GROUPS } from './rows.ts'
import { faultTests, GUIDE, withTable } from './table.ts'

const tests = faultTests()
const rows = FAULT_GROUPS.flatMap(({ rows }) => Object.keys(rows).map(Number))

it('has every fault once, and tests name no other', () => {
  expect(rows).toEqual(Array.from({ length: 81 }, (_, index) => index + 1))
  expect(tests.flatMap(({ faults }) => faults).filter((fault) => !rows.includes(fault))).toEqual([])
})

it('has a test for each fault', () => {
  const proven = new Set(tests.flatMap(({ faults }) => faults))
  expect(rows.filter((fault) => !proven.has(fault))).toEqual([])
})

it('is in docs/reload.md as the tests are now: if not, run pnpm --filter @cf-plugins/hot-reload faults-table', () => {
  const guide = readFileSync(GUIDE, 'utf8')
  expect(guide).toBe(withTable(guide, tests))
})
