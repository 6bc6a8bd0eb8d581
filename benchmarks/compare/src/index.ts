// `pnpm bench:compare`: every case, measured, told and saved. Exit status 0 only where all did their work and all goals held.
import { extname, join } from 'node:path'
import { recordGoals } from '@cf-plugins/bench-harness'
import { BEST_PEER, type Case } from './case.ts'
import { chosen, type Options, readOptions, USAGE } from './options.ts'
import { packageRoot } from './package-root.ts'
import { renderCase } from './report/table.ts'
import { Children } from './run/children.ts'
import { type CaseResult, failuresOf, roleOf } from './run/result.ts'
import { mediansOf, runCase } from './run/run-case.ts'

/** `.ts` from source, `.js` when built. */
const extension = extname(import.meta.filename)

const children = new Children()
process.once('exit', () => children.killAll())
for (const [signal, code] of [
  ['SIGINT', 130],
  ['SIGTERM', 143],
  ['SIGHUP', 129],
] as const) {
  process.once(signal, () => process.exit(code))
}

try {
  const options = readOptions(process.argv.slice(2), join(packageRoot, 'results'))
  if (options.isHelp) process.stdout.write(USAGE)
  else process.exitCode = await compareAll(options)
} catch (error) {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n\n${USAGE}`)
  process.exitCode = 2
}

/** The exit status. */
async function compareAll(options: Options): Promise<number> {
  const casesModule = options.casesModule ?? new URL(`./cases/index${extension}`, import.meta.url).href
  const { cases } = (await import(casesModule)) as { cases: readonly Case[] }
  const wanted = chosen(cases, options.only).filter(({ goals = [] }) => !options.isGoals || goals.length > 0)
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
  for (const case_ of wanted) {
    const result = await runCase(
      case_,
      options.isGoals ? namedByGoals(case_) : Object.keys(case_.contenders),
      measuring,
    )
    results.push(result)
    process.stdout.write(`${renderCase(result)}\n\n`)
    recordGoals({ title: result.title, medians: Object.fromEntries(mediansOf(result.rows)), goals: result.goals })
  }
  const isMissed = ({ goals }: CaseResult) => goals.some(({ verdict }) => verdict === 'missed')
  return results.some((result) => isMissed(result) || failuresOf(result).length > 0) ? 1 : 0
}

/** Those whose ratio is judged; all peers, where it is the best of them that counts. */
function namedByGoals(case_: Case): string[] {
  const named = new Set((case_.goals ?? []).flatMap(({ of, against }) => [of, against]))
  return Object.keys(case_.contenders).filter(
    (name) => named.has(name) || (named.has(BEST_PEER) && roleOf(case_, name) === 'peer'),
  )
}
