// The command, as a process, over contenders that are real processes with a known outcome.
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { describe, expect, it, onTestFinished, vi } from 'vitest'

const root = join(import.meta.dirname, '..')

// Each test is a run of many processes.
vi.setConfig({ testTimeout: 90_000 })

describe('a run', () => {
  it('tells each contender beside ours and beside the floor, and the goals', async () => {
    const { code, output } = await command('--only', 'good/timers')
    expect(output).toMatch(/^good\/timers: timers & <signs> \| "quotes"$/m)
    expect(output).toMatch(/^ +median +middle half +ours to it +it to the floor$/m)
    expect(output).toMatch(/^ {2}ours +1\d\.\d ms +[\d.]+ - [\d.]+ +1\.00 x +[12]\.\d+ x$/m)
    expect(output).toMatch(/^ {2}bare \(floor\) .* 1\.00 x$/m)
    expect(output).toMatch(/^ {2}half \(does less\) /m)
    expect(output).toMatch(/goal met: ours \/ best peer = 0\.\d+, at most 0\.6$/m)
    expect(output).toContain('half does half.')
    expect(output).toMatch(/^ {2}good\/timers +1\d\.\d ms +slow +0\.\d+ x +[12]\.\d+ x {2}2 met$/m)
    expect(output).toContain('2 goals met, 0 missed')
    expect(code).toBe(0)
  })

  it('takes samples in turn, forth and back, and lets each contender end', async () => {
    const { told } = await command('--only', 'called/in-turn')
    const lines = told()
    expect(lines.slice(0, 15).join(' ')).toBe('ours b c c b ours ours b c c b ours ours b c')
    expect(lines.slice(15).sort()).toEqual(['b ends', 'c ends', 'ours ends'])
  })

  it('starts a process for each cold sample, with its own options, and checks each', async () => {
    const { told } = await command('--only', 'called/cold')
    const lines = told()
    expect(new Set(lines.filter((line) => line.startsWith('cold ')).values()).size).toBe(3)
    expect(lines.filter((line) => line === 'checked')).toHaveLength(3)
  })

  it('measures a missed goal three times, tells it, and ends with 1', async () => {
    const { code, output } = await command('--only', 'missed/goal')
    expect(output).toContain('goal MISSED: ours / theirs = 3.00, at most 1')
    expect(output).toContain('MISSED: 3.00 of theirs, at most 1.00')
    expect(code).toBe(1)
  })

  it('for the gate takes the contenders that goals name, and records what it found', async () => {
    const { code, output, recorded } = await command('--goals', '--only', 'good/', '--only', 'missed/')
    expect(output).not.toContain('good/samples')
    expect(output).not.toMatch(/unasked|half \(/)
    expect(output).toContain('2 goals met, 1 missed')
    expect(recorded().map(({ title, goals }) => [title, goals.map(({ verdict }) => verdict)])).toEqual([
      ['timers & <signs> | "quotes"', ['met', 'met']],
      ['a case', ['missed']],
    ])
    expect(code).toBe(1)
  })

  it('for the gate takes only the cases that it asks for again', async () => {
    process.env.CF_BENCH_TITLES = '["samples of their own", "timers & <signs> | \\"quotes\\""]'
    onTestFinished(() => {
      delete process.env.CF_BENCH_TITLES
    })
    const { output } = await command('--goals')
    expect(output).toContain('2 goals met, 0 missed')
  })

  it('once calls each contender a single time, and judges nothing', async () => {
    const { code, output, told } = await command('--once', '--only', 'called/', '--only', 'missed/')
    expect(told().filter((line) => line === 'b')).toHaveLength(1)
    expect(output).not.toContain('MISSED')
    expect(code).toBe(0)
  })
})

describe('a contender that fails', () => {
  it('is named with what became of it, costs its own row only, and ends the run with 1', async () => {
    const { code, output, told, recorded } = await command('--only', 'failing/')
    const row = (name: string) => new RegExp(`^ {2}${name} +(.*)$`, 'm').exec(output)?.[1]
    expect(row('throws at once')).toBe('failed: Error: not installed')
    expect(row('throws later')).toBe('failed: Error: third time')
    expect(row('does not do it')).toBe('failed: Error: 1 is not 2')
    expect(row('exits')).toBe('failed: ended with 7: out of luck')
    expect(row('hangs')).toBe('failed: took longer than 4 s for a sample')
    expect(row('ours')).toContain('1.00 ms')
    expect(row('leaves a child')).toContain('1.00 ms')
    expect(output).toContain('0 goals met, 1 missed; 5 contenders failed')
    expect(recorded()[0]?.failures).toContain('hangs failed: took longer than 4 s for a sample')
    expect(code).toBe(1)
    const left = told().find((line) => line.startsWith('left '))
    await gone(Number(left?.slice(5)))
  })

  it('is a row of its own, and no failure of the run, where its case foresees it', async () => {
    const { code, output } = await command('--only', 'foreseen/')
    expect(output).toMatch(/^ {2}deep +overflows$/m)
    expect(code).toBe(0)
  })
})

describe('a signal', () => {
  it.each([
    ['SIGINT', 130],
    ['SIGTERM', 143],
  ] as const)('%s ends the run and all that it started', async (signal, status) => {
    const { child, ended, told } = await start('--only', 'endless/')
    const processes = () => told().map((line) => Number(/^process (\d+)$/.exec(line)?.[1]))
    while (processes().length < 2) await sleep(20)
    child.kill(signal)
    expect(await ended).toBe(status)
    for (const pid of processes()) await gone(pid)
  })
})

describe('what is saved', () => {
  it('is Markdown, JSON and a chart a group, in a folder that is made', async () => {
    const folder = join(await scratch(), 'not/yet')
    const { output } = await command('--only', 'good/', '--only', 'foreseen/', '--save', folder)
    expect(output).toContain('Saved: ')
    expect(readdirSync(folder).sort()).toEqual(['comparison.json', 'comparison.md', 'foreseen.svg', 'good.svg'])
    const { summary, cases, machine } = JSON.parse(readFileSync(join(folder, 'comparison.json'), 'utf8'))
    expect(machine.node).toBe(process.versions.node)
    expect(summary[0]).toMatchObject({ id: 'good/timers', bestPeer: 'slow', toBestPeer: expect.any(Number) })
    expect(cases[1].rows[0]).toMatchObject({ name: 'ours', role: 'ours', median: 1234, samples: 5 })
    const markdown = readFileSync(join(folder, 'comparison.md'), 'utf8')
    expect(markdown).toContain("![good: each contender's ratio to ours](good.svg)")
    expect(markdown).toContain('Timers \\& \\<signs\\> \\| "quotes".')
    expect(markdown).toContain('| deep | overflows |  |  |  |')
    const chart = readFileSync(join(folder, 'good.svg'), 'utf8')
    expect(chart).toContain('timers &amp; &lt;signs&gt; | &quot;quotes&quot;')
    expect(chart).not.toMatch(/NaN|Infinity|undefined/)
    expect(chart.match(/<rect /g)).toHaveLength(1 + 5 + 6 + 2)
  })

  it('is nothing where only some of the cases ran and no folder is given', async () => {
    const { output } = await command('--only', 'good/samples')
    expect(output).not.toContain('Saved')
    expect(existsSync(join(root, 'results/comparison.json'))).toBe(false)
  })
})

describe('an option that is wrong', () => {
  it.each([
    [['--nope'], "Unknown option '--nope'. See --help."],
    [['--only'], "Option '--only <value>' argument missing. See --help."],
    [['--only', 'nobody'], "Option '--only nobody' is in no case's id or title; ids begin with "],
    [['--save='], "Option '--save <value>' is given nothing. See --help."],
    [['--goals', '--once'], "Options '--goals' and '--once' exclude each other"],
    [['here'], "Unexpected argument 'here'."],
  ])('%j is refused in one line, before anything runs', async (args, message) => {
    const { code, output, errors } = await command(...args)
    expect(errors).toContain(message)
    expect(errors.trim().split('\n')).toHaveLength(1)
    expect(output).toBe('')
    expect(code).toBe(2)
  })

  it('--help tells them all', async () => {
    const { code, output } = await command('--help')
    expect(output).toMatch(/--only.*--quick.*--goals.*--once.*--save.*--cases/s)
    expect(code).toBe(0)
  })
})

interface Recorded {
  readonly title: string
  readonly goals: readonly { readonly verdict: string }[]
  readonly failures?: readonly string[]
}

async function start(...args: readonly string[]) {
  const folder = await scratch()
  const [told, recorded] = [join(folder, 'told'), join(folder, 'recorded')]
  const child = spawn(
    process.execPath,
    ['--import', 'tsx', join(root, 'src/index.ts'), '--cases', join(root, 'test/cases.ts'), ...args],
    { cwd: root, env: { ...process.env, TOLD: told, CF_BENCH_JSON: recorded, CF_BENCH_QUICK: '' } },
  )
  onTestFinished(() => void child.kill('SIGTERM'))
  let [output, errors] = ['', '']
  child.stdout.on('data', (data: Buffer) => {
    output += data
  })
  child.stderr.on('data', (data: Buffer) => {
    errors += data
  })
  const linesOf = (file: string) => (existsSync(file) ? readFileSync(file, 'utf8').trim().split('\n') : [])
  return {
    child,
    ended: once(child, 'close').then(([code]) => code as number),
    output: () => output,
    errors: () => errors,
    told: () => linesOf(told),
    recorded: () => linesOf(recorded).map((line) => JSON.parse(line) as Recorded),
  }
}

async function command(...args: readonly string[]) {
  const { ended, output, errors, told, recorded } = await start(...args)
  const code = await ended
  return { code, output: output(), errors: errors(), told, recorded }
}

async function scratch(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'compare-'))
  onTestFinished(() => rm(folder, { recursive: true, force: true }))
  return folder
}

/** Resolves when there is no such process any more; a zombie that nobody has waited for is none. */
async function gone(pid: number): Promise<void> {
  expect(pid).toBeGreaterThan(1)
  const stat = `/proc/${pid}/stat`
  while (existsSync(stat) && !/\) Z /.test(readFileSync(stat, 'utf8'))) await sleep(20)
}
