// `cf health`: how well a host and each of its plugins are.
import type { HealthReport } from 'cf-plugins'
import { askOrStart, type BriefHostOptions } from '../brief-host.ts'
import { ExitCode } from '../exit-code.ts'
import type { Output } from '../output.ts'
import { markOf } from '../render-tree.ts'

/** Asks the running host, or starts the plugins for it. Fails unless the host is ready and not unhealthy. */
export async function health(folders: readonly string[], options: BriefHostOptions, output: Output): Promise<ExitCode> {
  const { fromHost, answer } = await askOrStart(folders, 'health', options, output)
  const report = answer as HealthReport
  output.result(
    () => ({ host: fromHost, ...report }),
    () => rendered(report, output),
  )
  return report.ready && report.status !== 'unhealthy' ? ExitCode.ok : ExitCode.failed
}

function rendered({ status, live, ready, plugins, problems }: HealthReport, { theme }: Output): string {
  const paint = { healthy: theme.good, degraded: theme.warning, unhealthy: theme.bad }
  const entries = Object.entries(plugins)
  const width = Math.max(0, ...entries.map(([name]) => name.length))
  const lines = entries.map(([name, plugin]) => {
    const why = [plugin.message, plugin.blocked && blockedText(plugin.blocked)].filter(Boolean).join(' ')
    const status = paint[plugin.status](plugin.status)
    return `${markOf(plugin.state, theme)} ${name.padEnd(width)}  ${status}${why === '' ? '' : `  ${why}`}`
  })
  const stand = `${live ? 'live' : 'not live'}, ${ready ? 'ready' : 'not ready'}`
  return [`${paint[status](status)} (${stand})`, ...problems.map(theme.warning), ...lines, ''].join('\n')
}

function blockedText({ count, longestMs }: NonNullable<HealthReport['plugins'][string]['blocked']>): string {
  const how = count === 1 ? `for ${longestMs} ms` : `${count} times, for ${longestMs} ms at most`
  return `It blocked the event loop ${how}; the log says where.`
}
