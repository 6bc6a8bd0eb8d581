// The loggers of a host and its plugins.
import type { Logger } from '@cf-plugins/plugin-api'

const nothing = () => {}

/** A logger that says nothing: what packages use until a host gives one. */
export const silentLogger: Logger = { debug: nothing, info: nothing, warn: nothing, error: nothing }

/**
 * A logger whose every entry carries `bindings`, such as a plugin's own: a child where the host's logger makes them, else one that adds them.
 * It makes children in any case.
 */
export function childLogger(logger: Logger, bindings: Record<string, unknown>): Logger {
  const child = childOf(logger, bindings)
  return child?.child ? child : binding(child ?? logger, child ? {} : bindings)
}

function childOf(logger: Logger, bindings: Record<string, unknown>): Logger | undefined {
  try {
    return logger.child?.(bindings)
  } catch {
    // What becomes of a plugin must not depend on whether the log can be written.
    return undefined
  }
}

function binding(logger: Logger, bindings: Record<string, unknown>): Logger {
  const level = (name: 'debug' | 'info' | 'warn' | 'error') => (first: string | object, message?: string) => {
    if (typeof first === 'string') logger[name](bindings, first)
    // An error's own message is not among what is spread of it.
    else if (first instanceof Error) logger[name]({ ...bindings, err: first }, message ?? first.message)
    else logger[name]({ ...bindings, ...first }, message)
  }
  return {
    debug: level('debug'),
    info: level('info'),
    warn: level('warn'),
    error: level('error'),
    child: (more) => childLogger(logger, { ...bindings, ...more }),
  }
}
