// A reload, for people.
import { basename } from 'node:path'
import type { ReloadReport } from 'cf-plugins'
import { planReasons } from './render-plan.ts'
import { formatMs } from './render-timeline.ts'
import type { Theme } from './theme.ts'

/** What is shown of a reload: its report, or that report as plain data. */
export interface ReloadView
  extends Pick<
    ReloadReport,
    'outcome' | 'plan' | 'members' | 'started' | 'unloaded' | 'kept' | 'phases' | 'durationMs' | 'startedOver'
  > {
  readonly error?: { readonly message: string } | null | undefined
  readonly slow?: ReloadReport['slow'] | null
  readonly problems: readonly { readonly code: string; readonly message: string }[]
}

/**
 * What happened to whom, in how long, and what was kept; the plan and each phase where `verbose`; what went wrong unless `reasons`
 * is false. Empty for a change that concerned nobody.
 */
export function renderReload(
  report: ReloadView,
  {
    theme,
    verbose = false,
    reasons = true,
  }: { readonly theme: Theme; readonly verbose?: boolean; readonly reasons?: boolean },
): string {
  const { outcome, plan, members, started, unloaded, kept, durationMs, error, phases, startedOver } = report
  if (outcome === 'nothing') return ''
  const time = theme.faint(`in ${formatMs(durationMs)}`)
  const lines: string[] = []
  if (outcome === 'committed' && members.length > 0) {
    const state = kept.length > 0 ? `, state of ${kept.join(', ')} kept` : ''
    lines.push(`${theme.good('reloaded')} ${theme.strong(members.join(', '))} ${time}${state}`)
  }
  if (started.length > 0) lines.push(`${theme.good('started')} ${theme.strong(started.join(', '))} ${time}`)
  if (unloaded.length > 0) lines.push(`${theme.warning('unloaded')} ${theme.strong(unloaded.join(', '))}, state kept`)
  if (error) lines.push(`${unhappy(report, theme)} ${theme.strong(concerned(report))} ${time}${AFTERWARDS[outcome]}`)
  if (reasons) for (const problem of report.problems) lines.push(`  ${problem.message} ${theme.faint(problem.code)}`)
  if (verbose) {
    const details = [...planReasons(plan), ...startedOver.map((why): [string, string] => ['again', why])]
    for (const [what, why] of details) lines.push(theme.faint(`  ${what.padEnd(9)} ${why}`))
    for (const { phase, durationMs: ms } of phases) lines.push(theme.faint(`  ${phase.padEnd(9)} ${formatMs(ms)}`))
  }
  return lines.map((line) => `${line}\n`).join('')
}

const AFTERWARDS: Readonly<Record<ReloadView['outcome'], string>> = {
  kept: ': the old code serves on',
  'rolled-back': ': the old code serves again, with its state',
  committed: ': some of it went wrong',
  failed: '',
  nothing: '',
  accepted: '',
}

function unhappy({ outcome, plan }: ReloadView, theme: Theme): string {
  if (outcome === 'kept') return theme.bad('not reloaded')
  if (outcome === 'rolled-back') return theme.bad('rolled back')
  if (outcome === 'committed') return theme.warning('not all of')
  return theme.bad(plan.reload.length > 0 ? 'failed' : 'not started')
}

/** Who a reload was about, where it changed nobody: plugins, or files that are none yet. */
function concerned({ members, plan }: ReloadView): string {
  if (members.length > 0) return members.join(', ')
  const planned = [...plan.reload, ...plan.unload].map(({ plugin }) => plugin)
  return [...planned, ...plan.start.map(({ found }) => basename(found.file))].join(', ')
}
