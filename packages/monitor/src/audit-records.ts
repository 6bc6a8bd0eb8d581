// From what a host publishes to what its audit trail keeps.
import { messageOf } from '@cf-plugins/plugin-api'
import type { AuditMessage } from '@cf-plugins/plugin-api/host'
import type { AuditRecord } from './audit-entry.ts'
import type { HostListeners } from './host-messages.ts'
import type { ObservedReport } from './messages.ts'

/** Each message is one record; plans of reloads are none, for their reports follow. */
export function auditListeners(record: (record: AuditRecord) => void): HostListeners {
  return {
    state: ({ host, plugin, from, to, error }) =>
      record({
        host,
        action: 'transition',
        outcome: to === 'failed' ? 'failed' : 'done',
        plugin,
        from,
        to,
        ...whyOf(error),
      }),
    reload: (message) => {
      if ('report' in message) record(reloadRecord(message.host, message.report))
    },
    thread: ({ host, plugin, generation, kind, role, threadId, error }) => {
      if (kind !== 'terminated' && kind !== 'crashed') return
      const subject = `thread ${threadId} of generation ${generation}, ${role === 'plugin' ? 'its own' : 'for offload'}`
      record({ host, action: `thread.${kind}`, outcome: 'failed', plugin, subject, ...whyOf(error) })
    },
    audit: ({ host, action, outcome, plugin, by, subject, reason }: AuditMessage) =>
      record({
        ...{ host, action, outcome },
        ...(plugin !== undefined && { plugin }),
        ...(by !== undefined && { by }),
        ...(subject !== undefined && { subject }),
        ...(reason !== undefined && { reason }),
      }),
  }
}

const UNDONE: ReadonlySet<string> = new Set(['kept', 'rolled-back', 'failed'])

function reloadRecord(host: string, report: ObservedReport): AuditRecord {
  const { outcome: result, members, started, unloaded, rolledBack, durationMs, error } = report
  const plugins = [...new Set([...members, ...rolledBack, ...started, ...unloaded])]
  const outcome = UNDONE.has(result) ? 'failed' : 'done'
  return {
    host,
    action: 'reload',
    outcome,
    result,
    plugins,
    durationMs: Math.round(durationMs * 1000) / 1000,
    ...whyOf(error),
  }
}

function whyOf(error: unknown): Pick<AuditRecord, 'reason' | 'code'> {
  if (error === undefined || error === null) return {}
  const { code } = error as { readonly code?: unknown }
  return { reason: messageOf(error), ...(typeof code === 'string' && { code }) }
}
