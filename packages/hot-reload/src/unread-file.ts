// A file that keeps a reload from coming: it cannot be read, or never rests.
import { HotReloadError } from '@cf-plugins/plugin-api'
import type { WatcherError } from '@cf-plugins/watcher'
import type { ReloadCause, ReloadPlan } from './reload-plan.ts'
import { plainReport, type ReloadReport } from './reload-report.ts'

const CODES = new Set<string>(['CFP_WATCH_NEVER_SETTLES', 'CFP_WATCH_UNREADABLE'])

/** The report of the reload that does not come; nothing where no plugin waits for the file. */
export function unreadReport(
  error: WatcherError,
  planOf: (cause: ReloadCause) => ReloadPlan,
  generationOf: (plugin: string | undefined) => number | undefined,
): ReloadReport | undefined {
  const { file, code, message } = error
  if (!file || !CODES.has(code)) return undefined
  try {
    const plan = planOf({ changes: [{ kind: 'change', file }], names: [] })
    const { reload, start } = plan
    if (reload.length + start.length === 0) return undefined
    const serves = reload.length > 0 ? ' The old code serves on.' : ''
    const plugin = reload[0]?.plugin
    const details = { plugin, phase: 'settle', file, generation: generationOf(plugin), cause: error }
    return plainReport(reload.length > 0 ? 'kept' : 'failed', plan, {
      error: new HotReloadError(code, message + serves, details),
    })
  } catch {
    // Nobody can say whose it is.
    return undefined
  }
}
