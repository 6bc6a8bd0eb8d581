// The memory that a run takes does not grow with the records.
import { expect, it } from 'vitest'
import { result } from './pipeline-process.ts'

/** In megabytes: all records at once would not fit in there. What is young has a limit, too: newer Nodes let that alone grow by 100. */
const HEAP = { NODE_OPTIONS: '--max-old-space-size=40 --max-semi-space-size=2' }

it('needs no more for 171,075 records than for 20,000', { timeout: 300_000 }, async () => {
  const few = await result(['--run', 'sync', '--limit', '20000'], HEAP)
  const all = await result(['--run', 'sync'], HEAP)
  expect(all.report.records).toBe(171_075)
  expect(all.report.places).toBeGreaterThan(8 * few.report.places)
  expect(all.report.peakMb - few.report.peakMb, `${few.report.peakMb} and ${all.report.peakMb} MB`).toBeLessThan(40)
})
