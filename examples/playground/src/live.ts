// Runs until somebody stops it: whoever edits a plugin sees what comes of it.
import { constants } from 'node:os'
import { join, relative } from 'node:path'
import {
  formatMs,
  graphOf,
  humanLogger,
  type OutputStream,
  renderReload,
  renderTimeline,
  renderTree,
  type Theme,
} from '@cf-plugins/cli'
import type { Logger, ReloadReport } from 'cf-plugins'
import { type Host, startHost } from './host.ts'

/** The width of a terminal that does not tell its own. */
const WIDTH = 80

/** Starts the plugins of `folder`, shows them, and reports each reload. Ends, with its exit code, on the first signal. */
export async function runLive({
  folder,
  stream,
  theme,
}: {
  readonly folder: string
  readonly stream: OutputStream
  readonly theme: Theme
}): Promise<number> {
  const print = (text: string) => stream.write(text)
  const stopped = stopRequest()
  let host: Host | undefined
  host = await startHost({
    folder,
    logger: pluginLogger(humanLogger({ stream, level: 'info', theme })),
    afterReload: async (report) => {
      const told = renderReload(report, { theme })
      if (told !== '') print(`\n${told}${host ? await statusOf(host, report, theme) : ''}`)
    },
  })
  const near = relative(process.cwd(), folder) || '.'
  const shown = near.startsWith('..') ? folder : near
  print(`\n${renderTimeline(host.report, { width: stream.columns || WIDTH, theme })}\n`)
  print(`${renderTree(graphOf(host.manager), theme)}\n`)
  print(`${theme.strong('Edit and save')}  ${theme.accent(join(shown, 'counter.ts'))}\n`)
  print(`${theme.strong('Ask')}            npx cf list ${shown} ${theme.faint('(from another terminal)')}\n`)
  print(`${theme.strong('Stop')}           Ctrl-C\n`)
  await stopped
  const { stopped: names, hung, problems, durationMs } = await host.stop()
  print(`\nStopped ${names.length} plugins in ${formatMs(durationMs)}.\n`)
  for (const name of hung) print(`${theme.bad(`${name} did not stop`)}\n`)
  return hung.length + problems.length > 0 ? 1 : 0
}

/** Resolves at the first signal; the second ends the process at once. */
function stopRequest(): Promise<void> {
  return new Promise((resolve) => {
    // Holds the process, whatever the plugins do.
    const hold = setInterval(() => {}, 60_000)
    let asked = false
    const ask = (signal: NodeJS.Signals) => {
      if (asked) process.exit(128 + constants.signals[signal])
      asked = true
      clearInterval(hold)
      resolve()
    }
    process.on('SIGINT', ask).on('SIGTERM', ask).on('SIGHUP', ask)
    // A terminal that was closed takes no more text.
    process.stdout.on('error', () => {})
  })
}

/** What the plugins that were replaced say of themselves now: there their new logic and their old state show. */
async function statusOf({ manager }: Host, { members, started }: ReloadReport, theme: Theme): Promise<string> {
  const lines = (await manager.hooks.call('status')) as { plugin: string; line: string }[]
  return lines
    .filter(({ plugin }) => members.includes(plugin) || started.includes(plugin))
    .map(({ plugin, line }) => `  ${theme.faint(`${plugin}:`)} ${line}\n`)
    .join('')
}

/** What plugins say, without what the framework says: that is what the reports are for. */
function pluginLogger(logger: Logger): Logger {
  const nothing = () => {}
  return {
    debug: nothing,
    info: nothing,
    warn: nothing,
    error: nothing,
    child: (bindings) => logger.child?.(bindings) ?? logger,
  }
}
