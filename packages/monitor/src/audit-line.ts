// An audit entry as a line of JSON, whatever is in it: one line, of bounded length, without secrets.
import { messageOf } from '@cf-plugins/plugin-api'
import type { AuditEntry } from './audit-entry.ts'
import { safeText } from './safe-text.ts'

/** The most characters that a text may have; what is longer is cut. */
const TEXT_MAX = 1000
/** The most names that a list may have. */
const NAMES_MAX = 100

/** @param hide takes secrets out of a text */
export function auditLine(entry: AuditEntry, hide: ((text: string) => string) | undefined): string {
  const told: Record<string, unknown> = {}
  for (const [key, value] of Object.entries(entry)) {
    if (value === undefined) continue
    if (key === 'time') told[key] = value
    else if (Array.isArray(value)) told[key] = namesOf(value, hide)
    else told[key] = typeof value === 'number' ? value : textOf(value, hide)
  }
  // JSON itself escapes what is below U+0020; outside of its texts there is nothing that could be unsafe.
  return `${safeText(JSON.stringify(told))}\n`
}

function namesOf(names: readonly unknown[], hide: ((text: string) => string) | undefined): string[] {
  const shown = names.slice(0, NAMES_MAX).map((name) => textOf(name, hide))
  return names.length > NAMES_MAX ? [...shown, `(${names.length - NAMES_MAX} more)`] : shown
}

function textOf(value: unknown, hide: ((text: string) => string) | undefined): string {
  const whole = typeof value === 'string' ? value : messageOf(value)
  const text = hide ? hidden(whole, hide) : whole
  return text.length > TEXT_MAX ? `${text.slice(0, TEXT_MAX)}… (${text.length - TEXT_MAX} more)` : text
}

/** A text that could not be looked through must not be shown. */
function hidden(text: string, hide: (text: string) => string): string {
  try {
    return String(hide(text))
  } catch {
    return '(hidden: hideSecrets failed)'
  }
}
