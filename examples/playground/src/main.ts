// The playground: on a terminal it runs until it is stopped; without one, or with --once, it makes its tour and ends.
import { statSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { parseArgs } from 'node:util'
import { createTheme } from '@cf-plugins/cli'
import { messageOf, PluginError } from 'cf-plugins'
import { runLive } from './live.ts'
import { runTour } from './tour.ts'

const HELP = `Usage: npm start -- [--once] [--plugins <folder>]

  --once              make five edits on a copy of the plugins, and say whether each did what it must
  --plugins <folder>  plugins to run, instead of those of the playground
`
/** How long the tour may take, in milliseconds. */
const TOUR_MS = 60_000
/** How long what a plugin left open may hold the process after its end, in milliseconds. */
const LINGER_MS = 1000

class UsageError extends Error {}

process.exitCode = await main()
setTimeout(() => process.exit(), LINGER_MS).unref()

async function main(): Promise<number> {
  const theme = createTheme(process.stdout)
  try {
    const { once, help, plugins } = readArguments()
    if (help) {
      process.stdout.write(HELP)
      return 0
    }
    const folder = plugins === undefined ? join(import.meta.dirname, '../plugins') : resolve(plugins)
    if (!statSync(folder, { throwIfNoEntry: false })?.isDirectory()) throw new UsageError(`${folder} is no folder`)
    if (!once && process.stdout.isTTY) return await runLive({ folder, stream: process.stdout, theme })
    const isDone = await runTour({
      folder,
      theme,
      width: process.stdout.columns || 80,
      signal: AbortSignal.any([AbortSignal.timeout(TOUR_MS), interrupted()]),
      print: (text) => process.stdout.write(text),
    })
    return isDone ? 0 : 1
  } catch (error) {
    const code = error instanceof PluginError ? ` ${error.code}` : ''
    process.stderr.write(`${createTheme(process.stderr).bad(`error${code}`)}: ${messageOf(error)}\n`)
    return error instanceof UsageError ? 2 : 1
  }
}

function readArguments() {
  try {
    const options = {
      once: { type: 'boolean' },
      plugins: { type: 'string' },
      help: { type: 'boolean', short: 'h' },
    } as const
    return parseArgs({ options }).values
  } catch (error) {
    throw new UsageError(`${messageOf(error)}\n\n${HELP}`)
  }
}

function interrupted(): AbortSignal {
  const controller = new AbortController()
  for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
    process.once(name, () => controller.abort(new Error(`ended by ${name}`)))
  }
  // As in `npm start | head`.
  process.stdout.on('error', (error) => controller.abort(error))
  return controller.signal
}
