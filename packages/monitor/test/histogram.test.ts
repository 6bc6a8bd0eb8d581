import { expect, test } from 'vitest'
import { Histogram } from '../src/histogram.ts'

/** What a sorted list would say. */
function exact(values: readonly number[], share: number): number {
  const sorted = [...values].sort((a, b) => a - b)
  return sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)] ?? 0
}

/** Numbers that are the same each time. */
function* numbers(seed: number): Generator<number> {
  for (let state = seed; ; ) {
    state = (state * 1_103_515_245 + 12_345) % 2_147_483_648
    yield state / 2_147_483_648
  }
}

test.each([1, 2, 3, 4, 5])('percentiles are at most a tenth off, whatever the scale (%i)', (seed) => {
  const histogram = new Histogram()
  const random = numbers(seed)
  const next = () => random.next().value as number
  const values = Array.from({ length: 5000 }, () => 0.002 * 10 ** (next() * 7))
  for (const value of values) histogram.record(value)
  const { p50Ms, p95Ms, p99Ms, maxMs, count, sumMs, meanMs } = histogram.snapshot()
  for (const [share, estimate] of [
    [0.5, p50Ms],
    [0.95, p95Ms],
    [0.99, p99Ms],
  ] as const) {
    expect(Math.abs(estimate / exact(values, share) - 1)).toBeLessThan(0.1)
  }
  expect(maxMs).toBe(Math.max(...values))
  expect(count).toBe(5000)
  expect(sumMs).toBeCloseTo(
    values.reduce((sum, value) => sum + value, 0),
    3,
  )
  expect(meanMs).toBe(sumMs / 5000)
})

test('nothing recorded is all zeros, and what is no duration counts as none', () => {
  const histogram = new Histogram()
  const zero = { sumMs: 0, meanMs: 0, p50Ms: 0, p95Ms: 0, p99Ms: 0, maxMs: 0 }
  expect(histogram.snapshot()).toEqual({ count: 0, ...zero })
  for (const value of [0, -5, Number.NaN]) histogram.record(value)
  expect(histogram.snapshot()).toEqual({ count: 3, ...zero })
})

test('what is longer than any bucket is known by its maximum', () => {
  const histogram = new Histogram()
  histogram.record(1e9)
  expect(histogram.snapshot()).toMatchObject({ count: 1, maxMs: 1e9 })
  expect(histogram.percentile(0.99)).toBeGreaterThan(1e6)
})

test('percentiles weigh by what was said to weigh: of a thousand short ones and two long ones the long ones are most of the time', () => {
  const byNumber = new Histogram()
  const byTime = new Histogram()
  for (const ms of [...Array.from({ length: 1000 }, () => 1), 1000, 10_000]) {
    byNumber.record(ms)
    byTime.record(ms, ms)
  }
  expect(byNumber.percentile(0.99)).toBeLessThan(1.2)
  expect(byTime.percentile(0.05)).toBeLessThan(1.2)
  expect(byTime.percentile(0.15)).toBeGreaterThan(900)
  expect(byTime.percentile(0.15)).toBeLessThan(1100)
  expect(byTime.percentile(0.99)).toBeGreaterThan(9000)
})
