// `pnpm bench:compare`: every case, measured, told and saved. Exit status 0 only where all did their work and all goals held.
import { extname, join, relative } from 'node:path'
import { recordGoals } from '@cf-plugins/bench-harness'
import { BEST_PEER, type Case } from './case.ts'
import { chosen, type Options, readOptions, USAGE, UsageError } from './options.ts'
import { packageRoot } from './package-root.ts'
import { save } from './report/save.ts'
import { renderSummary, verdictOf } from './report/summary.ts'
import { renderCase } from './report/table.ts'
import { Children } from './run/children.ts'
import { type CaseResult, failuresOf, roleOf } from './run/result.ts'
import { mediansOf, runCase } from './run/run-case.ts'

/** `.ts` from source, `.js` when built. */
const extension = extname(import.meta.filename)

/** What a shell expects of a program that a signal ended. */
const SIGNALS = { SIGINT: 130, SIGTERM: 143, SIGHUP: 129 } as const

const children = new Children()
process.once('exit', () => children.killAll())
for (const [signal, code] of Object.entries(SIGNALS)) process.once(signal, () => process.exit(code))

try {
  const options = readOptions(process.argv.slice(2), join(packageRoot, 'results'))
  if (options.isHelp) process.stdout.write(USAGE)
  else if (!(await compareAll(options))) process.exitCode = 1
} catch (error) {
  if (!(error instanceof UsageError)) throw error
  process.stderr.write(`${error.message} See --help.\n`)
  process.exitCode = 2
}

/** Whether all did their work, and all goals held. */
async function compareAll(options: Options): Promise<boolean> {
  const casesModule = options.casesModule ?? new URL(`./cases/index${extension}`, import.meta.url).href
  const { cases } = (await import(casesModule)) as { cases: readonly Case[] }
  const measuring = {
    program: {
      casesModule,
      path: join(import.meta.dirname, `contender-process${extension}`),
      nodeOptions: process.execArgv,
    },
    children,
    isQuick: options.isQuick,
    isOnce: options.isOnce,
  }
  const results: CaseResult[] = []
  for (const case_ of chosen(cases, options.only)) {
    if (options.isGoals && !isForGate(case_, options.isQuick)) continue
    const names = options.isGoals ? namedByGoals(case_) : Object.keys(case_.contenders)
    const result = await runCase(case_, names, measuring)
    results.push(result)
    process.stdout.write(`${renderCase(result)}\n\n`)
    recordGoals({
      title: result.title,
      medians: Object.fromEntries(mediansOf(result.rows)),
      goals: result.goals,
      failures: failuresOf(result),
    })
  }
  // Where not all peers took part, nobody is the best of them.
  if (!options.isOnce) process.stdout.write(`${options.isGoals ? verdictOf(results) : renderSummary(results)}\n`)
  if (options.save !== undefined) {
    const files = await save(results, options.save, options.isQuick)
    process.stdout.write(`\nSaved: ${files.map((file) => relative(process.cwd(), file)).join(', ')}\n`)
  }
  return results.every(
    (result) => failuresOf(result).length === 0 && result.goals.every(({ verdict }) => verdict !== 'missed'),
  )
}

/** Whether it has goals, and is not too long for a quick run; of the cases that a gate asks for again, where it does: `CF_BENCH_TITLES`, as JSON. */
function isForGate({ title, goals = [], isLong = false }: Case, isQuick: boolean): boolean {
  const asked = process.env.CF_BENCH_TITLES
  if (asked !== undefined && !(JSON.parse(asked) as string[]).includes(title)) return false
  return goals.length > 0 && !(isQuick && isLong)
}

/** Ours, and those whose ratio is judged; all peers, where it is the best of them that counts. */
function namedByGoals(case_: Case): string[] {
  const named = new Set([case_.ours, ...(case_.goals ?? []).flatMap(({ of, against }) => [of, against])])
  return Object.keys(case_.contenders).filter(
    (name) => named.has(name) || (named.has(BEST_PEER) && roleOf(case_, name) === 'peer'),
  )
}
