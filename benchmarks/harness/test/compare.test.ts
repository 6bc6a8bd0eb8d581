// How the harness measures, judges and reports, on work whose ratio is known.
import { execFile } from 'node:child_process'
import { mkdtemp, readFile, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { pathToFileURL } from 'node:url'
import { afterEach, describe, expect, it } from 'vitest'
import { compare } from '../src/index.ts'

const source = pathToFileURL(join(import.meta.dirname, '../src/index.ts')).href

let printed = ''
const write = (text: string): void => {
  printed += text
}
const quick = { write, warmup: 1, rounds: 5 }

afterEach(() => {
  printed = ''
  delete process.env.CF_BENCH_JSON
})

describe('measuring', () => {
  it('tells nanoseconds a call, for calls far below the resolution of a sample', async () => {
    const list = Array.from({ length: 1_000 }, (_, index) => index)
    const sum = (length: number) => () => {
      let total = 0
      for (let index = 0; index < length; index++) total += list[index] ?? 0
      return total
    }
    const { medians } = await compare('sums', { ten: sum(10), thousand: sum(1_000) }, quick)
    expect(medians.ten).toBeGreaterThan(0.5)
    expect(medians.ten).toBeLessThan(20_000)
    expect((medians.thousand ?? 0) / (medians.ten ?? 1)).toBeGreaterThan(8)
  })

  it('waits for what a contender returns when that is a thenable', async () => {
    const { medians } = await compare('timers', { five: () => delay(5), ten: () => delay(10) }, quick)
    expect(medians.five).toBeGreaterThan(4e6)
    expect(medians.ten).toBeGreaterThan(9e6)
  })

  it('waits for each call before it makes the next', async () => {
    let running = 0
    let most = 0
    const call = async () => {
      most = Math.max(most, ++running)
      await Promise.resolve()
      running--
    }
    await compare('overlap', { call }, quick)
    expect(most).toBe(1)
  })

  it('divides by the operations in one call', async () => {
    const { medians } = await compare('a hundred in one', { wait: () => delay(10) }, { ...quick, perCall: 100 })
    expect(medians.wait).toBeGreaterThan(0.9e5)
    expect(medians.wait).toBeLessThan(9e6)
  })

  it('takes contenders in turn, forth and back', async () => {
    const order: string[] = []
    const spin = (name: string) => () => {
      if (order.at(-1) !== name) order.push(name)
      const end = performance.now() + 2.5
      while (performance.now() < end);
    }
    await compare('turns', { a: spin('a'), b: spin('b'), c: spin('c') }, { ...quick, warmup: 0 })
    // Warming up: a, b, c. Then c,b,a and a,b,c meet at their ends, where the same name twice is noted once.
    expect(order.slice(3, 12).join('')).toBe('abcbabcba')
  })

  it('calls setup before each sample, outside of what is timed', async () => {
    const names = new Set<string>()
    const setup = async (name: string) => {
      names.add(name)
      await delay(10)
    }
    const spin = () => {
      const end = performance.now() + 2.5
      while (performance.now() < end);
    }
    const { medians } = await compare('with setup', { spin, again: spin }, { ...quick, setup })
    expect([...names]).toEqual(['spin', 'again'])
    expect(medians.spin).toBeLessThan(9e6)
  })
})

describe('what is printed', () => {
  it('is an aligned table with medians, their spread and ratios', async () => {
    await compare('two timers', { 'a long name': () => delay(5), b: () => delay(10) }, { ...quick, unit: 'ms' })
    const [title, head, long, short] = printed.split('\n')
    expect(title).toBe('two timers')
    expect(head).toMatch(/median +middle half +to fastest$/)
    expect(long).toMatch(/^ {2}a long name +[\d.]+ ms +[\d.]+ - [\d.]+ +1\.00 x$/)
    expect(short).toMatch(/^ {2}b {11}/)
    expect(short?.length).toBe(long?.length)
  })

  it('tells the ratio of one contender to each, where it is asked for', async () => {
    await compare('two timers', { ours: () => delay(5), theirs: () => delay(20) }, { ...quick, ours: 'ours' })
    const [, head, ours, theirs] = printed.split('\n')
    expect(head).toMatch(/to fastest +ours to it$/)
    expect(ours).toMatch(/ 1\.00 x +1\.00 x$/)
    expect(theirs).toMatch(/ [2-5]\.\d+ x +0\.[2-4]\d+ x$/)
    await expect(compare('nobody', { ours: () => {} }, { ...quick, ours: 'theirs' })).rejects.toThrow(
      '"theirs", which is not among the contenders: ours.',
    )
  })

  it('goes to CF_BENCH_JSON too, a line a comparison', async () => {
    const file = join(await mkdtemp(join(tmpdir(), 'harness-')), 'bench.jsonl')
    process.env.CF_BENCH_JSON = file
    await compare('first', { wait: () => delay(3) }, quick)
    await compare('second', { wait: () => delay(3) }, quick)
    const lines = (await readFile(file, 'utf8')).trim().split('\n')
    expect(lines.map((line) => JSON.parse(line).title)).toEqual(['first', 'second'])
    expect(JSON.parse(lines[0] ?? '').medians.wait).toBeGreaterThan(2e6)
  })
})

describe('goals', () => {
  it('are met by a ratio that is at most what they say', async () => {
    const result = await compare(
      'goal',
      { fast: () => delay(2), slow: () => delay(20) },
      { ...quick, goals: [{ of: 'fast', against: 'slow', atMost: 0.5 }] },
    )
    expect(result.ok).toBe(true)
    expect(result.goals[0]?.verdict).toBe('met')
    expect(printed).toContain('goal met: fast / slow = ')
  })

  it('say what they should be, where that is not reached, and are judged by what they may be', async () => {
    const contenders = { fast: () => delay(2), slow: () => delay(20) }
    const goals = [
      { of: 'fast', against: 'slow', atMost: 0.5, aim: 0.01 },
      { of: 'fast', against: 'slow', atMost: 0.5, aim: 0.4 },
    ]
    const result = await compare('aim', contenders, { ...quick, goals })
    expect(result.ok).toBe(true)
    expect(printed.match(/at most 0.5, and 0.010 is the aim$/gm)).toHaveLength(1)
    expect(printed.match(/at most 0.5$/gm)).toHaveLength(1)
  })

  it('may be over by what noise explains', async () => {
    const contender = () => delay(20)
    const goals = [{ of: 'one', against: 'same', atMost: 0.95 }]
    const result = await compare('noise', { one: contender, same: contender }, { ...quick, goals })
    expect(result.goals[0]?.verdict).toBe('within noise')
    expect(result.ok).toBe(true)
  })

  it('are measured again when missed, and the better try counts', async () => {
    const calls = { of: 0, against: 0 }
    const of = () => delay(calls.of++ < 9 ? 40 : 4)
    const against = () => {
      calls.against++
      return delay(8)
    }
    const goals = [{ of: 'of', against: 'against', atMost: 0.8 }]
    const result = await compare('slow at first', { of, against }, { ...quick, warmup: 0, goals })
    expect(result.ok).toBe(true)
    expect(calls.against).toBeGreaterThan(7)
  })

  it('fail the process when three tries missed them, and are told', async () => {
    const { code, stdout, samples } = await runMiss()
    expect(code).toBe(1)
    expect(stdout).toContain('goal MISSED: slow / fast = ')
    expect(stdout).toContain('at most 1 (because)')
    expect(samples).toBe(15)
  })

  it('that name no contender are refused before anything runs', async () => {
    let called = false
    const touch = () => {
      called = true
    }
    const goals = [{ of: 'a', against: 'missing', atMost: 1 }]
    await expect(compare('wrong', { a: touch }, { ...quick, goals })).rejects.toThrow('"missing"')
    expect(called).toBe(false)
  })
})

describe('contenders that fail', () => {
  it('are named, with what they threw as the cause', async () => {
    const cause = new Error('boom')
    const fail = () => {
      throw cause
    }
    await expect(compare('fails', { fail }, quick)).rejects.toMatchObject({
      message: 'Contender "fail" failed: boom',
      cause,
    })
    await expect(compare('rejects', { reject: () => Promise.reject(cause) }, quick)).rejects.toMatchObject({ cause })
  })

  it('by being none are refused', async () => {
    await expect(compare('nothing', {}, quick)).rejects.toThrow('compares nothing')
  })
})

// In a process of its own, because a miss sets the exit code of the one it happens in.
async function runMiss(): Promise<{ code: number; stdout: string; samples: number }> {
  const folder = await mkdtemp(join(tmpdir(), 'harness-'))
  const script = join(folder, 'miss.mts')
  await writeFile(
    script,
    `import { compare } from ${JSON.stringify(source)}
const delay = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms))
let setups = 0
await compare('miss', { fast: () => delay(3), slow: () => delay(15) }, {
  rounds: 5, warmup: 0,
  setup: (name) => { if (name === 'slow') setups++ },
  goals: [{ of: 'slow', against: 'fast', atMost: 1, why: 'because' }],
})
console.log('samples', setups - 2)
`,
  )
  return new Promise((resolve) => {
    execFile(process.execPath, ['--import', 'tsx', script], { cwd: import.meta.dirname }, (error, stdout) => {
      const samples = Number(/^samples (\d+)$/m.exec(stdout)?.[1])
      resolve({ code: typeof error?.code === 'number' ? error.code : 0, stdout, samples })
    })
  })
}
