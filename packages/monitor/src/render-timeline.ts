// The timeline as plain text: a line a start, with a bar where on the whole it lay.
import { safeText } from './safe-text.ts'
import type { TimelineReport, TimelineStart } from './timeline.ts'

/**
 * @param width how many characters the bars have
 * @example
 * database     0.2 ms    50.4 ms  active  |==========          |  register 0.1 ms, setup 50.1 ms
 */
export function renderTimeline(
  { starts, dropped }: TimelineReport,
  { width = 40 }: { readonly width?: number } = {},
): string {
  const before = dropped > 0 ? [`(${dropped} earlier ones are not kept)`] : []
  if (starts.length === 0) return [...before, 'No plugin was started.'].join('\n')
  const from = Math.min(...starts.map(({ startedMs }) => startedMs))
  const until = Math.max(...starts.map(({ startedMs, endedMs }) => endedMs ?? startedMs))
  const perCharacter = Math.max(until - from, 0.001) / width
  const names = starts.map(({ plugin }) => safeText(plugin))
  const outcomes = starts.map(({ outcome = 'under way' }) => safeText(outcome))
  const [nameWidth, outcomeWidth] = [longest(names), longest(outcomes)]
  const lines = starts.map((start, at) => {
    const { startedMs, endedMs } = start
    const first = Math.min(width - 1, Math.floor((startedMs - from) / perCharacter))
    const after = Math.min(width, Math.max(first + 1, Math.ceil(((endedMs ?? until) - from) / perCharacter)))
    const bar = `${' '.repeat(first)}${'='.repeat(after - first)}`.padEnd(width)
    const columns = [
      names[at]?.padEnd(nameWidth),
      ms(startedMs - from).padStart(11),
      (endedMs === undefined ? '' : ms(endedMs - startedMs)).padStart(11),
      outcomes[at]?.padEnd(outcomeWidth),
      `|${bar}|`,
      details(start),
    ]
    return columns.join('  ').trimEnd()
  })
  return [...before, ...lines].join('\n')
}

function details({ threadMs, registerMs, setupMs }: TimelineStart): string {
  const thread = threadMs === undefined ? '' : ` (its thread ${ms(threadMs)})`
  const parts = [
    registerMs !== undefined && `register ${ms(registerMs)}${thread}`,
    setupMs !== undefined && `setup ${ms(setupMs)}`,
  ]
  return parts.filter(Boolean).join(', ')
}

function ms(duration: number): string {
  return `${duration.toFixed(1)} ms`
}

function longest(texts: readonly string[]): number {
  return Math.max(...texts.map(({ length }) => length))
}
