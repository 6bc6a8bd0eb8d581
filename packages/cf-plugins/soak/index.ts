// The soak: `pnpm soak [--reloads N] [--seed S]`. Ends with status 0 only when nothing was lost.
import { setFlagsFromString } from 'node:v8'
import { LONG, printFigures } from './figures.ts'
import { kill } from './kills.ts'
import { readOptions } from './options.ts'
import { soak } from './soak.ts'

/** One process is killed for each so many reloads. */
const RELOADS_A_KILL = 100

// Node keeps what it reads of source maps for the errors of the host's own files.
process.setSourceMapsEnabled(false)
const options = readOptions(process.argv.slice(2))
// What the optimiser keeps about a process that has just begun would be most of what a short soak measures.
if (options.reloads < LONG) setFlagsFromString('--no-opt')
const print = (line: string) => console.log(line)
print(`soak: ${options.reloads} reloads, seed ${options.seed}, Node ${process.version}`)
const result = await soak(options, print)
const kills = await kill(Math.max(1, Math.round(options.reloads / RELOADS_A_KILL)), print)
const isGood = printFigures(options, result, kills, print)
// What has leaked is told, and must not keep it.
process.exit(isGood ? 0 : 1)
