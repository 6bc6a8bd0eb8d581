// A start as bars: when each plugin began, how long it took, and what it waited for.
import type { StartReport, TimelineEntry } from 'cf-plugins'
import type { Theme } from './theme.ts'

/** A duration for people. */
export function formatMs(ms: number): string {
  if (ms >= 10_000) return `${(ms / 1000).toFixed(0)} s`
  if (ms >= 1000) return `${(ms / 1000).toFixed(1)} s`
  return ms >= 10 ? `${ms.toFixed(0)} ms` : `${ms.toFixed(1)} ms`
}

/** A line a plugin, in the order in which they began: what it waited, `register` and `setup`; then who is not active, and why. */
export function renderTimeline(
  report: StartReport,
  { width = 80, theme, reasons = true }: { readonly width?: number; readonly theme: Theme; readonly reasons?: boolean },
): string {
  const { timeline, active, failed, disabled, durationMs } = report
  const longest = Math.max(0, ...timeline.map(({ plugin }) => plugin.length))
  const asides = timeline.map(asideOf)
  const room = Math.max(10, width - longest - 4 - Math.max(0, ...asides.map((aside) => aside.length)))
  const perMs = room / Math.max(durationMs, 0.001)
  const lines = timeline.map(
    (entry, at) => `  ${entry.plugin.padEnd(longest)} ${bar(entry, perMs, theme)} ${theme.faint(asides[at] ?? '')}`,
  )
  const summary = [
    `${active.length} active`,
    ...(failed.length > 0 ? [theme.bad(`${failed.length} not`)] : []),
    ...(disabled.length > 0 ? [`${disabled.length} disabled`] : []),
  ]
  lines.push(`  ${theme.strong(summary.join(', '))} in ${formatMs(durationMs)}`)
  if (reasons) {
    for (const { plugin, state, error } of failed)
      lines.push(`  ${theme.bad(`${plugin} is ${state}`)}: ${error.message} ${theme.faint(error.code)}`)
  }
  for (const plugin of disabled) lines.push(`  ${theme.faint(`${plugin} is disabled`)}`)
  return `${lines.join('\n')}\n`
}

function bar({ startedMs, endedMs, registerMs, outcome }: TimelineEntry, perMs: number, theme: Theme): string {
  const before = Math.round(startedMs * perMs)
  const length = Math.max(1, Math.round((endedMs - startedMs) * perMs))
  const registering = Math.min(length - 1, Math.round(registerMs * perMs))
  const paint = outcome === 'active' ? theme.good : theme.bad
  return `${theme.faint('·'.repeat(before))}${paint('▒'.repeat(registering) + '█'.repeat(length - registering))}`
}

function asideOf({ startedMs, endedMs, outcome, waitedFor }: TimelineEntry): string {
  const failed = outcome === 'active' ? '' : ' failed'
  return `${formatMs(endedMs - startedMs)}${failed}${waitedFor === undefined ? '' : ` after ${waitedFor}`}`
}
