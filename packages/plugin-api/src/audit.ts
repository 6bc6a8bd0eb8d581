// What is done to plugins, and what they are denied, as an observer is told it.
import { channel } from 'node:diagnostics_channel'
import type { AuditNote } from './context.ts'

/** Something that somebody may want to account for later. */
export interface AuditMessage {
  /** Which host it happened in: `Lifecycle.id`. */
  readonly host: string
  /** What was done or tried: `access`, `config.change`, `handler.switch-off`, `handler.switch-on`, `resource.create`, `stray-error`, `quarantine`, ... */
  readonly action: string
  readonly outcome: 'done' | 'denied' | 'failed'
  /** Who did it, or, of a handler, whose it is; nothing where it was the host. */
  readonly plugin?: string | undefined
  /** For whom the plugin did it: the user who asked. */
  readonly by?: string | undefined
  /** What it was done to: a service, an event, a path. */
  readonly subject?: string | undefined
  /** Why, or what went wrong. Without secrets. */
  readonly reason?: string | undefined
}

/** `cf-plugins:audit`. Transitions of plugins are not among it: they are on `cf-plugins:state`. */
export const auditChannel = channel('cf-plugins:audit')

/** Publishes where anybody listens. */
export function audit(message: AuditMessage): void {
  if (auditChannel.hasSubscribers) auditChannel.publish(message)
}

/** What `context.audit` does, for the plugin of a context. @param host nothing where a context has none; then nobody is told */
export function auditNote(host: string | undefined, plugin: string, note: AuditNote): void {
  if (host === undefined) return
  const { action, outcome = 'done', subject, by, reason } = note
  audit({ host, action, outcome, plugin, subject, by, reason })
}

/** What `isAuditNote` wants, for the error of whoever gave something else. */
export const AUDIT_NOTE = "an action, an outcome of 'done', 'denied' or 'failed', and texts besides"

/** Whether it can be told: who listens takes what is there for text. */
export function isAuditNote(note: unknown): note is AuditNote {
  const { action, outcome = 'done', subject = '', by = '', reason = '' } = (note ?? {}) as Partial<AuditNote>
  const isText = [action, subject, by, reason].every((each) => typeof each === 'string')
  return isText && action !== '' && ['done', 'denied', 'failed'].includes(outcome)
}
