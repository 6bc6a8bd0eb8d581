// Runs the server until somebody stops it; with --load, edits its plugins under requests, and tells what became of those.
import { once } from 'node:events'
import { constants } from 'node:os'
import { join, relative, resolve } from 'node:path'
import { parseArgs } from 'node:util'
import {
  createTheme,
  formatMs,
  humanLogger,
  type LogLevel,
  renderError,
  renderReload,
  renderTimeline,
} from '@cf-plugins/cli'
import { type Logger, messageOf, PluginError } from 'cf-plugins'
import { startServer } from './host.ts'
import { load } from './load/index.ts'

const HELP = `Usage: npm start -- [--plugins <folder>] [--config <file>] [--data <folder>] [--verbose]
       npm run load -- [--edits <n>] [--connections <n>] [--seed <n>]

  --plugins <folder>  the plugins to run, instead of those beside this
  --config <file>     their configuration, instead of plugins.yaml beside them
  --data <folder>     where they keep their data, instead of .cf-plugins beside them
  --verbose           tell each request

PORT, HOST, DATABASE_URL, REDIS_URL and what else plugins.yaml names are taken from the environment.
`
/** How long what a plugin left open may hold the process after its end, in milliseconds. */
const LINGER_MS = 1000
const WIDTH = 80

class UsageError extends Error {}

const theme = createTheme(process.stdout)
const errorTheme = createTheme(process.stderr)

process.exitCode = await main(process.argv.slice(2))
setTimeout(() => process.exit(), LINGER_MS).unref()

async function main(args: readonly string[]): Promise<number> {
  try {
    return args.includes('--load') ? await load(args) : await serve(args)
  } catch (error) {
    process.stderr.write(
      error instanceof PluginError
        ? renderError(error, { theme: errorTheme })
        : `${errorTheme.bad('error')}: ${messageOf(error)}\n`,
    )
    return error instanceof UsageError ? 2 : 1
  }
}

async function serve(args: readonly string[]): Promise<number> {
  const { help, verbose, ...options } = optionsOf(args)
  const print = (text: string) => void process.stdout.write(text)
  if (help) {
    print(HELP)
    return 0
  }
  const end = endRequest()
  const server = await startServer({
    ...options,
    signal: end.signal,
    logger: loggerOf(verbose),
    // Why something went wrong is in the log.
    afterReload: (report) => print(renderReload(report, { theme, reasons: false })),
    afterConfigChange: ({ error, plugins }) => {
      if (!error) print(`${theme.good('configured')} ${theme.strong(plugins.join(', '))}\n`)
    },
  }).catch((error) => {
    if (!end.signal.aborted) throw error
    print('Stopped before everything was up.\n')
  })
  if (!server) return 0
  print(renderTimeline(server.report, { width: process.stdout.columns || WIDTH, theme, reasons: false }))
  print(`\n${theme.strong('Open')}  ${theme.accent(server.url)}\n`)
  print(`${theme.strong('Edit')}  ${near(options.plugins)} while it runs\n`)
  print(`${theme.strong('Stop')}  Ctrl-C\n\n`)
  await end.asked
  const { stopped: names, hung, durationMs } = await server.stop()
  print(`Stopped ${names.length} plugins in ${formatMs(durationMs)}.\n`)
  for (const name of hung) print(`${theme.bad(`${name} did not stop`)}\n`)
  return hung.length > 0 ? 1 : 0
}

function optionsOf(args: readonly string[]) {
  const text = { type: 'string' } as const
  const flag = { type: 'boolean' } as const
  try {
    const { values } = parseArgs({
      args: [...args],
      options: { plugins: text, config: text, data: text, verbose: flag, help: { ...flag, short: 'h' } },
    })
    const plugins = resolve(values.plugins ?? join(import.meta.dirname, '../plugins'))
    return {
      plugins,
      config: resolve(values.config ?? join(plugins, '../plugins.yaml')),
      dataFolder: resolve(values.data ?? join(plugins, '../.cf-plugins')),
      help: values.help ?? false,
      verbose: values.verbose ?? false,
    }
  } catch (error) {
    throw new UsageError(`${messageOf(error)}\n\n${HELP}`)
  }
}

/** What plugins say, and what is wrong; what the host says besides is in the reports that are printed anyway. */
function loggerOf(verbose: boolean): Logger {
  const log = (level: LogLevel) => humanLogger({ stream: process.stderr, level, theme: errorTheme })
  if (verbose) return log('debug')
  const plugins = log('info')
  return { ...log('warn'), child: (bindings) => plugins.child?.(bindings) ?? plugins }
}

/** A folder as one would write it here. */
function near(folder: string): string {
  const path = relative(process.cwd(), folder)
  return path === '' || path.startsWith('..') ? folder : path
}

/** Resolves, and aborts, at the first signal; the second ends the process at once. */
function endRequest(): { readonly asked: Promise<void>; readonly signal: AbortSignal } {
  const controller = new AbortController()
  const { signal } = controller
  const ask = (name: NodeJS.Signals) => {
    if (signal.aborted) process.exit(128 + constants.signals[name])
    controller.abort(new Error(`${name} was received`))
  }
  process.on('SIGINT', ask).on('SIGTERM', ask).on('SIGHUP', ask)
  // A terminal that was closed takes no more text.
  process.stdout.on('error', () => {
    if (!signal.aborted) ask('SIGHUP')
  })
  return { signal, asked: once(signal, 'abort').then(() => {}) }
}
