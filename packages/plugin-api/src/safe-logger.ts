// A host's logger, made so that it hurts nobody.
import type { Logger } from './context.ts'

/**
 * The same logger, without what it throws: what becomes of plugins must not depend on whether the log can be written. Its
 * children are the logger's own.
 */
export function safeLogger(logger: Logger): Logger {
  const level =
    (name: 'debug' | 'info' | 'warn' | 'error') =>
    (...entry: [never, never?]): void => {
      try {
        logger[name](...entry)
      } catch {
        // There is no one left to tell.
      }
    }
  const levels = { debug: level('debug'), info: level('info'), warn: level('warn'), error: level('error') }
  return logger.child ? { ...levels, child: (bindings) => logger.child?.(bindings) ?? levels } : levels
}
