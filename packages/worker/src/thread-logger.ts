// The logger of a plugin in a thread: what it writes goes home.
import type { Logger } from '@cf-plugins/plugin-api'
import type { LogLine } from './context-ops.ts'
import { logDetails } from './log-details.ts'

/** A logger that tells its host, which writes by its own. It throws nothing, whatever it is given. */
export function threadLogger(tell: (line: LogLine) => void, bindings?: Record<string, unknown>): Logger {
  const level =
    (level: LogLine['level']) =>
    (...entry: [string | object, string?]): void => {
      try {
        const args = entry.map((part) => (typeof part === 'object' && part !== null ? logDetails(part) : part))
        tell({ level, args, ...(bindings && { bindings }) })
      } catch {
        // There is no one left to tell.
      }
    }
  return {
    debug: level('debug'),
    info: level('info'),
    warn: level('warn'),
    error: level('error'),
    child: (more) => threadLogger(tell, { ...bindings, ...(logDetails(more) as Record<string, unknown>) }),
  }
}
