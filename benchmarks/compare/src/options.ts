// What the command is asked for.
import { pathToFileURL } from 'node:url'
import { parseArgs } from 'node:util'

/** An option that is wrong; the message says which. */
export class UsageError extends Error {}

/** The command's options. */
export interface Options {
  /** Cases whose id or title contains one of these, in any case; all, where there are none. */
  readonly only: readonly string[]
  readonly isQuick: boolean
  /** Only cases that have goals, and of those only the contenders that the goals name. */
  readonly isGoals: boolean
  /** Each contender once, for its check. */
  readonly isOnce: boolean
  /** Where tables and chart go; nowhere without. */
  readonly save?: string
  /** URL of a module that exports other `cases`. */
  readonly casesModule?: string
  readonly isHelp: boolean
}

export const USAGE = `Usage: pnpm bench:compare [options]

  --only <text>    cases whose id or title contains the text; may be given several times
  --quick          a third of the rounds in a quarter of the time (also: CF_BENCH_QUICK=1)
  --goals          cases that have goals, and of those the contenders that the goals name; with --quick, no long ones; saves nothing
  --once           every contender once, to check that it does the work; judges and saves nothing
  --save <folder>  where tables (Markdown, JSON) and chart (SVG) go; by default benchmarks/compare/results, and nowhere with --only
  --cases <file>   a module that exports other cases
  --help           this text

Exit status 0 only where every contender did its work and every goal held.
`

/**
 * Reads the options.
 *
 * @param results the folder where results go by default
 * @throws UsageError
 */
export function readOptions(args: readonly string[], results: string): Options {
  const values = parsed(args)
  for (const name of ['only', 'save', 'cases'] as const) {
    if ([values[name]].flat().includes('')) throw new UsageError(`Option '--${name} <value>' is given nothing.`)
  }
  if (values.goals && values.once)
    throw new UsageError("Options '--goals' and '--once' exclude each other: --once judges nothing.")
  const savesAll = !values.goals && !values.once && values.only.length === 0
  const save = values.save ?? (savesAll ? results : undefined)
  return {
    only: values.only,
    isQuick: values.quick || process.env.CF_BENCH_QUICK === '1',
    isGoals: values.goals,
    isOnce: values.once,
    isHelp: values.help,
    ...(save === undefined ? {} : { save }),
    ...(values.cases === undefined ? {} : { casesModule: pathToFileURL(values.cases).href }),
  }
}

/** The cases that `only` asks for. @throws UsageError where one of its texts is in no case */
export function chosen<T extends { readonly id: string; readonly title: string }>(
  cases: readonly T[],
  only: readonly string[],
): readonly T[] {
  if (only.length === 0) return cases
  const matches = (case_: T, text: string) => `${case_.id}\n${case_.title}`.toLowerCase().includes(text.toLowerCase())
  for (const text of only) {
    if (!cases.some((case_) => matches(case_, text))) {
      const groups = [...new Set(cases.map(({ id }) => id.replace(/\/.*/, '/')))]
      throw new UsageError(`Option '--only ${text}' is in no case's id or title; ids begin with ${groups.join(', ')}.`)
    }
  }
  return cases.filter((case_) => only.some((text) => matches(case_, text)))
}

function parsed(args: readonly string[]) {
  try {
    return parseArgs({
      args: [...args],
      options: {
        only: { type: 'string', multiple: true, default: [] },
        quick: { type: 'boolean', default: false },
        goals: { type: 'boolean', default: false },
        once: { type: 'boolean', default: false },
        save: { type: 'string' },
        cases: { type: 'string' },
        help: { type: 'boolean', default: false },
      },
    }).values
  } catch (error) {
    if (!(error instanceof TypeError)) throw error
    // Node goes on with advice that is about another kind of command.
    throw new UsageError(`${error.message.split(/\. (?=To specify)/)[0]?.replace(/\.?$/, '.')}`)
  }
}
