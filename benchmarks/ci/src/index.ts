// `pnpm bench:gate`: exit status 0 only where every goal of every bench held.
import { join } from 'node:path'
import { findBenches } from './find-benches.ts'
import { gate } from './gate.ts'
import { runBench } from './run-bench.ts'

/** How long one package's benches may take, in milliseconds. */
const BENCH_MS = 600_000

// Ends what runs, which has a group of its own, too.
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => process.exit(1))

const benches = await findBenches(join(import.meta.dirname, '../../..'))
const { met, metGrowth, missed } = await gate(benches, (bench, titles) => {
  process.stdout.write(`\n::: ${bench.name}\n\n`)
  return runBench(bench, BENCH_MS, titles)
})
process.stdout.write(`\n${met} goals met, ${metGrowth} of them about growth; ${missed.length} missed\n`)
for (const { bench, what } of missed) process.stdout.write(`  ${bench}: ${what}\n`)
if (missed.length > 0) process.exitCode = 1
