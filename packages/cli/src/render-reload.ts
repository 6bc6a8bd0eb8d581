// A reload, for people.
import type { ReloadReport } from 'cf-plugins'
import { formatMs } from './render-timeline.ts'
import type { Theme } from './theme.ts'

/** What happened to whom, in how long, and what was kept; each phase where `verbose`. Empty for a change that concerned nobody. */
export function renderReload(
  report: ReloadReport,
  { theme, verbose = false }: { readonly theme: Theme; readonly verbose?: boolean },
): string {
  const { outcome, members, started, unloaded, kept, durationMs, error, phases } = report
  if (outcome === 'nothing') return ''
  const time = theme.faint(`in ${formatMs(durationMs)}`)
  const lines: string[] = []
  if (outcome === 'committed' && members.length > 0) {
    const state = kept.length > 0 ? `, state of ${kept.join(', ')} kept` : ''
    lines.push(`${theme.good('reloaded')} ${theme.strong(members.join(', '))} ${time}${state}`)
  }
  if (started.length > 0) lines.push(`${theme.good('started')} ${theme.strong(started.join(', '))} ${time}`)
  if (unloaded.length > 0) lines.push(`${theme.warning('unloaded')} ${theme.strong(unloaded.join(', '))}, state kept`)
  if (error) {
    const names = members.length > 0 ? members.join(', ') : report.plan.reload.map(({ plugin }) => plugin).join(', ')
    if (outcome === 'kept')
      lines.push(`${theme.bad('not reloaded')} ${theme.strong(names)} ${time}: the old code serves on`)
    if (outcome === 'rolled-back')
      lines.push(
        `${theme.bad('rolled back')} ${theme.strong(names)} ${time}: the old code serves again, with its state`,
      )
    if (outcome === 'failed') lines.push(`${theme.bad('failed')} ${theme.strong(names)} ${time}`)
  }
  for (const problem of report.problems) lines.push(`  ${problem.message} ${theme.faint(problem.code)}`)
  if (verbose)
    for (const { phase, durationMs: ms } of phases) lines.push(theme.faint(`  ${phase.padEnd(9)} ${formatMs(ms)}`))
  return `${lines.join('\n')}\n`
}
