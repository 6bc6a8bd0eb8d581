// The gate, over packages whose benches are real processes with a known outcome.
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, it, onTestFinished } from 'vitest'
import { findBenches } from '../src/find-benches.ts'
import { gate } from '../src/gate.ts'
import { runBench } from '../src/run-bench.ts'

/** A bench that appends a line to `runs` each time, and records what `verdicts` says of that run. */
const bench = (verdicts: readonly string[]) => `
import { appendFileSync, existsSync, readFileSync } from 'node:fs'
const run = existsSync('runs') ? readFileSync('runs', 'utf8').length : 0
appendFileSync('runs', '.')
appendFileSync('asked', (process.env.CF_BENCH_TITLES ?? 'all') + '\\n')
const verdict = ${JSON.stringify(verdicts)}[run] ?? 'met'
if (verdict === 'crash') throw new Error('the peer is gone')
if (verdict === 'hang') setInterval(() => {}, 1000)
const record = (found) => appendFileSync(process.env.CF_BENCH_JSON, JSON.stringify({ title: 'sums', medians: {}, ...found }) + '\\n')
if (verdict.startsWith('growth ')) {
  const goal = { of: '10,000', against: '1,000', atMost: 12, ratio: verdict === 'growth missed' ? 98.7 : 10, verdict: verdict.slice(7) }
  record({ kind: 'growth', goals: [goal] })
} else if (verdict === 'gone') {
  const goal = { of: 'ours', against: 'theirs', atMost: 1, ratio: Number.NaN, verdict: 'missed' }
  record({ goals: [goal], failures: ['theirs failed: took longer than 60 s to be ready'] })
} else {
  record({ goals: [{ of: 'ours', against: 'theirs', atMost: 1, ratio: verdict === 'missed' ? 2 : 0.5, verdict }] })
}
if (/missed|gone/.test(verdict)) process.exitCode = 1
`

async function judged(packages: Readonly<Record<string, readonly string[]>>, timeoutMs = 30_000) {
  const root = await mkdtemp(join(tmpdir(), 'cf-plugins-gate-'))
  onTestFinished(() => rm(root, { recursive: true }))
  for (const [name, verdicts] of Object.entries(packages)) {
    const folder = join(root, 'packages', name)
    await mkdir(folder, { recursive: true })
    const scripts = verdicts.length > 0 ? { bench: 'node bench.mjs' } : {}
    await writeFile(join(folder, 'package.json'), JSON.stringify({ name, scripts }))
    await writeFile(join(folder, 'bench.mjs'), bench(verdicts))
  }
  await mkdir(join(root, 'benchmarks'))
  const report = await gate(await findBenches(root), (each, titles) => runBench(each, timeoutMs, titles))
  const runs = async (name: string) => (await readFile(join(root, 'packages', name, 'runs'), 'utf8')).length
  const asked = async (name: string) =>
    (await readFile(join(root, 'packages', name, 'asked'), 'utf8')).trim().split('\n')
  return { report, runs, asked }
}

it('runs every bench once where all goals hold, and passes over packages that have none', async () => {
  const { report, runs } = await judged({ a: ['met'], b: ['within noise'], none: [] })
  expect(report).toEqual({ met: 2, metGrowth: 0, missed: [] })
  expect(await Promise.all(['a', 'b'].map(runs))).toEqual([1, 1])
})

it('runs one that missed again, twice at most, and nobody else', async () => {
  const { report, runs } = await judged({
    a: ['met'],
    late: ['missed', 'missed', 'met'],
    slow: ['missed', 'missed', 'missed'],
  })
  expect(report.met).toBe(2)
  expect(report.missed).toEqual([{ bench: 'slow', what: 'sums: ours / theirs = 2.00, at most 1' }])
  expect(await Promise.all(['a', 'late', 'slow'].map(runs))).toEqual([1, 3, 3])
})

it('asks a bench again for what it missed, and for all of it where that has no title', async () => {
  const { asked } = await judged({ late: ['missed', 'met'], mended: ['crash', 'gone', 'met'] })
  expect(await asked('late')).toEqual(['all', '["sums"]'])
  expect(await asked('mended')).toEqual(['all', 'all', '["sums"]'])
})

it('names growth that was missed, like any goal, and counts what held', async () => {
  const { report, runs } = await judged({
    grows: ['growth missed', 'growth met'],
    explodes: ['growth missed', 'growth missed', 'growth missed'],
  })
  const what = 'sums: growth, 10,000 cost 98.7 x what 1,000 do, at most 12'
  expect(report).toEqual({ met: 1, metGrowth: 1, missed: [{ bench: 'explodes', what }] })
  expect(await Promise.all(['grows', 'explodes'].map(runs))).toEqual([2, 3])
})

it('names a contender that could not be measured, and the goal that depends on it', async () => {
  const { report } = await judged({ lost: ['gone', 'gone', 'gone'], found: ['gone', 'met'] })
  expect(report.met).toBe(1)
  expect(report.missed).toEqual([
    { bench: 'lost', what: 'sums: ours / theirs = not measured, at most 1' },
    { bench: 'lost', what: 'sums: theirs failed: took longer than 60 s to be ready' },
  ])
})

it('tells a bench that fails by itself, or does not end', async () => {
  const { report } = await judged({ broken: ['crash', 'crash', 'crash'], mended: ['crash', 'met'] })
  expect(report.met).toBe(1)
  expect(report.missed).toEqual([{ bench: 'broken', what: 'exit code 1' }])
  const endless = await judged({ endless: ['hang', 'hang', 'hang'] }, 3_000)
  expect(endless.report.missed).toEqual([{ bench: 'endless', what: 'longer than 3 s' }])
})
