// Growth, on work that grows in a known way.
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, describe, expect, it, onTestFinished } from 'vitest'
import { growth } from '../src/index.ts'

let printed = ''
const quick = {
  write: (text: string): void => {
    printed += text
  },
  warmup: 1,
  rounds: 5,
}

/** Spins for so many milliseconds, so that its cost is known. */
const spin = (ms: number) => () => {
  const end = performance.now() + ms
  while (performance.now() < end);
}

afterEach(() => {
  printed = ''
  process.exitCode = undefined
})

describe('work that grows', () => {
  it('in step with its size is within what it may cost', async () => {
    const result = await growth('linear', { 10: spin(1), 100: spin(10), 1000: spin(100) }, quick)
    expect(result.ok).toBe(true)
    expect(result.goals.map(({ of, against, atMost }) => [of, against, atMost])).toEqual([
      ['100', '10', 12],
      ['1,000', '100', 12],
    ])
    expect(process.exitCode).toBeUndefined()
  })

  it('faster than its size is a miss, after three tries, at the step where it does', async () => {
    let calls = 0
    const quadratic = () => {
      calls++
      spin(150)()
    }
    const result = await growth('quadratic', { 10: spin(1), 100: quadratic }, { ...quick, warmup: 0, why: 'all wait' })
    expect(result.ok).toBe(false)
    expect(process.exitCode).toBe(1)
    expect(calls).toBe(2 + 3 * 5)
    expect(printed).toMatch(/growth MISSED: 100 cost [\d.]+ x what 10 do, at most 12 \(all wait\)$/m)
  })

  it('may cost as much for each factor of ten, whatever the steps are', async () => {
    const work = { 10000: spin(8), 100: spin(4), 1000: spin(4) }
    const { goals } = await growth('steps', { ...work, 2000: spin(4) }, { ...quick, atMost: 100 })
    expect(goals.map(({ of }) => of)).toEqual(['1,000', '2,000', '10,000'])
    expect(goals.map(({ atMost }) => Math.round(atMost))).toEqual([100, 4, 25])
  })
})

describe('what is told', () => {
  it('is what each size costs, in all and for each piece, and beside the size before', async () => {
    await growth('told', { 1000: spin(4), 10000: spin(20) }, { ...quick, unit: 'ms' })
    const [title, head, small, large, step] = printed.split('\n')
    expect(title).toBe('told')
    expect(head).toMatch(/median +middle half +for each +to the size before$/)
    expect(small).toMatch(/^ {2}1,000 +[\d.]+ ms +[\d.]+ - [\d.]+ +[\d.]+ ns$/)
    expect(large).toMatch(/^ {2}10,000 +[\d.]+ ms +[\d.]+ - [\d.]+ +[\d.]+ ns +[\d.]+ x$/)
    expect(step).toMatch(/^ {2}growth met: 10,000 cost [\d.]+ x what 1,000 do, at most 12$/)
  })

  it('goes to CF_BENCH_JSON too, as growth', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'harness-'))
    process.env.CF_BENCH_JSON = join(folder, 'bench.jsonl')
    onTestFinished(() => {
      delete process.env.CF_BENCH_JSON
      return rm(folder, { recursive: true })
    })
    await growth('recorded', { 1: spin(2), 10: spin(4) }, quick)
    const line = JSON.parse(await readFile(process.env.CF_BENCH_JSON, 'utf8'))
    expect(line).toMatchObject({
      title: 'recorded',
      kind: 'growth',
      goals: [{ of: '10', against: '1', verdict: 'met' }],
    })
  })

  it('of each sample is its size, to what is set up before', async () => {
    const sizes = new Set<number>()
    await growth('set up', { 1: spin(2), 10: spin(2) }, { ...quick, setup: (size) => sizes.add(size) })
    expect([...sizes]).toEqual([1, 10])
  })
})

it('needs two sizes that are positive integers', async () => {
  await expect(growth('one', { 1000: spin(1) }, quick)).rejects.toThrow(
    '"one" shows no growth: give at least two sizes.',
  )
  await expect(growth('half', { 1: spin(1), 1.5: spin(1) }, quick)).rejects.toThrow('no positive integer: 1.5')
})
