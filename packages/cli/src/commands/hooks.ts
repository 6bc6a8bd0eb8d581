// `cf hooks`: who listens to what, in which order, and how long they take.
import { askOrStart, type BriefHostOptions } from '../brief-host.ts'
import { ExitCode } from '../exit-code.ts'
import type { Output } from '../output.ts'
import type { HandlerLine } from '../plain-handlers.ts'
import { formatMs } from '../render-timeline.ts'

/** Asks the running host, or starts the plugins for it. */
export async function hooks(folders: readonly string[], options: BriefHostOptions, output: Output): Promise<ExitCode> {
  const { fromHost, answer } = await askOrStart(folders, 'hooks', options, output)
  const handlers = answer as readonly HandlerLine[]
  output.result(
    () => ({ host: fromHost, handlers }),
    () => rendered(handlers, output),
  )
  return ExitCode.ok
}

/** A name, and below it those who are called for it, in order. */
function rendered(handlers: readonly HandlerLine[], { theme }: Output): string {
  if (handlers.length === 0) return 'nobody listens to anything\n'
  const width = Math.max(...handlers.map(({ plugin }) => plugin.length))
  const lines: string[] = []
  let before = ''
  for (const { kind, name, plugin, priority, on, reason, calls, failures, lastMs, duration } of handlers) {
    const head = `${theme.faint(kind)} ${theme.strong(name)}`
    if (head !== before) lines.push(head)
    before = head
    const times = duration
      ? `p50 ${formatMs(duration.p50Ms)}, p99 ${formatMs(duration.p99Ms)}`
      : lastMs === undefined
        ? ''
        : `last ${formatMs(lastMs)}`
    const count = calls === 0 ? 'not called' : `${calls} ${calls === 1 ? 'call' : 'calls'}`
    const failed = failures > 0 ? theme.bad(`${failures} failed`) : ''
    const off = on ? '' : theme.warning(`off: ${reason ?? 'by hand'}`)
    const facts = [`priority ${priority}`, count, failed, times, off].filter((fact) => fact !== '')
    lines.push(`  ${on ? theme.good('●') : theme.faint('○')} ${plugin.padEnd(width)}  ${facts.join(', ')}`)
  }
  return `${lines.join('\n')}\n`
}
