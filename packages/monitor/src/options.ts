// Options are checked where they enter, all with one error.
import { PluginError } from '@cf-plugins/plugin-api'

/** @throws `CFP_MONITOR_OPTIONS` where `value` is no whole number from `least` on, and not infinite where that is allowed */
export function wholeNumber(
  of: string,
  name: string,
  value: number,
  least: number,
  most = Number.MAX_SAFE_INTEGER,
): number {
  if (Number.isSafeInteger(value) && value >= least && value <= most) return value
  if (value === Number.POSITIVE_INFINITY && most === value) return value
  const upTo = most >= Number.MAX_SAFE_INTEGER ? '' : ` to ${most}`
  throw invalid(of, `${name} must be a whole number from ${least}${upTo}, not ${shown(value)}`)
}

/** @throws `CFP_MONITOR_OPTIONS` where `value` is no text, or blank */
export function text(of: string, name: string, value: unknown): string {
  if (typeof value === 'string' && value.trim() !== '' && !value.includes('\0')) return value
  throw invalid(of, `${name} must be a text, not ${shown(value)}`)
}

/** @throws `CFP_MONITOR_OPTIONS` where `value` is given and no function */
export function callable<T>(of: string, name: string, value: T): T {
  if (value === undefined || typeof value === 'function') return value
  throw invalid(of, `${name} must be a function, not ${shown(value)}`)
}

export function invalid(of: string, what: string): PluginError {
  return new PluginError('CFP_MONITOR_OPTIONS', `${of} cannot be used: ${what}.`)
}

function shown(value: unknown): string {
  if (typeof value === 'string') return JSON.stringify(value.slice(0, 60))
  return typeof value === 'object' || typeof value === 'function'
    ? `a${typeof value === 'object' ? 'n object' : ' function'}`
    : String(value)
}
