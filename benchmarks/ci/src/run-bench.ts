// One run of one package's benches, in a process of its own.
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { RecordedGoals } from '@cf-plugins/bench-harness'
import type { Bench } from './find-benches.ts'

/** What a run came to. */
export interface BenchRun {
  /** Of every comparison, in the order in which they ended. */
  readonly recorded: readonly RecordedGoals[]
  /** How the process ended, where that was for another reason than what it recorded: `exit code 1`, `longer than 600 s`. */
  readonly failure: string | undefined
}

/**
 * Runs `npm run bench` of a package. What it prints goes to this process's output.
 *
 * @param timeoutMs after that its process group is killed, and the run has failed
 * @param titles what is asked for again, in `CF_BENCH_TITLES`; a bench may run all the same
 */
export async function runBench({ folder }: Bench, timeoutMs: number, titles?: readonly string[]): Promise<BenchRun> {
  const scratch = await mkdtemp(join(tmpdir(), 'cf-plugins-bench-'))
  const file = join(scratch, 'goals.jsonl')
  try {
    const child = spawn('npm', ['run', '--silent', 'bench'], {
      cwd: folder,
      env: { ...process.env, CF_BENCH_JSON: file, ...(titles && { CF_BENCH_TITLES: JSON.stringify(titles) }) },
      stdio: ['ignore', 'inherit', 'inherit'],
      // A group of its own, so that what the bench started goes with it.
      detached: true,
    })
    const kill = () => {
      if (child.pid !== undefined) process.kill(-child.pid, 'SIGKILL')
    }
    process.once('exit', kill)
    let isLate = false
    const timer = setTimeout(() => {
      isLate = true
      kill()
    }, timeoutMs)
    const [code, signal] = (await once(child, 'exit').finally(() => {
      clearTimeout(timer)
      process.off('exit', kill)
    })) as [number | null, string | null]
    const recorded = await readRecorded(file)
    const isTold = code === 1 && recorded.some(isMissed)
    if (isLate) return { recorded, failure: `longer than ${timeoutMs / 1000} s` }
    if (code === 0 || isTold) return { recorded, failure: undefined }
    return { recorded, failure: code === null ? `ended by ${signal}` : `exit code ${code}` }
  } finally {
    await rm(scratch, { recursive: true })
  }
}

/** By a goal, or a contender that has no figures. */
function isMissed({ goals, failures = [] }: RecordedGoals): boolean {
  return failures.length > 0 || goals.some(({ verdict }) => verdict === 'missed')
}

async function readRecorded(file: string): Promise<RecordedGoals[]> {
  try {
    const lines = (await readFile(file, 'utf8')).split('\n').filter((line) => line !== '')
    return lines.map((line) => JSON.parse(line) as RecordedGoals)
  } catch (error) {
    // A bench that compares nothing, or ended before it had anything to tell.
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return []
    throw error
  }
}
