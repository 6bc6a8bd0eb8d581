// A start as bars: when each plugin began, how long it took, and what it waited for.
import type { StartReport, TimelineEntry } from 'cf-plugins'
import type { Theme } from './theme.ts'

/** A duration for people. */
export function formatMs(ms: number): string {
  if (ms >= 10_000) return `${(ms / 1000).toFixed(0)} s`
  if (ms >= 1000) return `${(ms / 1000).toFixed(1)} s`
  return ms >= 10 ? `${ms.toFixed(0)} ms` : `${ms.toFixed(1)} ms`
}

/** A line a plugin, in the order in which they began; then who is not active, and why. */
export function renderTimeline(
  report: StartReport,
  { width = 80, theme }: { readonly width?: number; readonly theme: Theme },
): string {
  const { timeline, active, failed, disabled, durationMs } = report
  const longest = Math.max(0, ...timeline.map(({ plugin }) => plugin.length))
  const room = Math.max(10, width - longest - 12)
  const total = Math.max(durationMs, 0.001)
  const lines = timeline.map((entry) => `  ${entry.plugin.padEnd(longest)} ${bar(entry, room / total, theme)}`)
  const summary = [
    `${active.length} active`,
    ...(failed.length > 0 ? [theme.bad(`${failed.length} not`)] : []),
    ...(disabled.length > 0 ? [`${disabled.length} disabled`] : []),
  ]
  lines.push(`  ${theme.strong(summary.join(', '))} in ${formatMs(durationMs)}`)
  for (const { plugin, state, error } of failed)
    lines.push(`  ${theme.bad(`${plugin} is ${state}`)}: ${error.message} ${theme.faint(error.code)}`)
  for (const plugin of disabled) lines.push(`  ${theme.faint(`${plugin} is disabled`)}`)
  return `${lines.join('\n')}\n`
}

function bar({ startedMs, endedMs, outcome, waitedFor }: TimelineEntry, perMs: number, theme: Theme): string {
  const before = Math.round(startedMs * perMs)
  const length = Math.max(1, Math.round((endedMs - startedMs) * perMs))
  const paint = outcome === 'active' ? theme.good : theme.bad
  const after = waitedFor === undefined ? '' : theme.faint(` after ${waitedFor}`)
  return `${' '.repeat(before)}${paint('█'.repeat(length))} ${formatMs(endedMs - startedMs)}${after}`
}
