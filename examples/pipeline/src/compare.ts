// Every way to run the steps, one after the other: the results have to be the same, byte by byte.
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Way } from '../plugins/_shared/ways.ts'
import type { Options } from './options.ts'
import type { Progress } from './progress.ts'
import { runImport } from './run-import.ts'
import { table } from './table.ts'

interface Trial {
  readonly way: Way
  readonly threads: number
  readonly batch: number
  readonly atOnce: number
}

const TRIALS: readonly Trial[] = [
  { way: 'sync', threads: 1, batch: 1000, atOnce: 1 },
  { way: 'async', threads: 1, batch: 700, atOnce: 4 },
  { way: 'threads', threads: 1, batch: 1000, atOnce: 2 },
  { way: 'threads', threads: 4, batch: 1500, atOnce: 8 },
  { way: 'mixed', threads: 2, batch: 333, atOnce: 4 },
]

export async function compare(
  options: Options,
  progress: Progress,
  signal: AbortSignal,
): Promise<{ readonly text: string; readonly isSame: boolean }> {
  const scratch = await mkdtemp(join(tmpdir(), 'pipeline-compare-'))
  try {
    const rows: string[][] = [['run', 'threads', 'batch', 'at once', 'places', 'bad', 'time', 'checksum']]
    const checksums = new Set<string>()
    for (const trial of TRIALS) {
      progress.note(`--run ${trial.way} --batch ${trial.batch}`)
      const report = await runImport({ ...options, ...trial, out: join(scratch, 'out') }, progress, signal)
      progress.end()
      checksums.add(report.sha256)
      const usesThreads = trial.way === 'threads' || trial.way === 'mixed'
      rows.push([
        trial.way,
        usesThreads ? String(trial.threads) : 'none',
        String(trial.batch),
        String(trial.atOnce),
        report.places.toLocaleString('en'),
        String(report.rejected),
        `${(report.totalMs / 1000).toFixed(1)} s`,
        `${report.sha256.slice(0, 16)}...`,
      ])
    }
    const isSame = checksums.size === 1
    return { text: `\n${table(rows)}\n${isSame ? 'The same result' : 'NOT the same result'} each time.\n`, isSame }
  } finally {
    await rm(scratch, { recursive: true, force: true })
  }
}
