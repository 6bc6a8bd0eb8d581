// `cf audit`: what was done to plugins, and what they were denied.
import { type AuditEntry, readAudit } from 'cf-plugins'
import { askRunning } from '../ask-running.ts'
import { auditFile } from '../audit-file.ts'
import { ExitCode } from '../exit-code.ts'
import type { Output } from '../output.ts'
import type { StatePlaceOptions } from '../state-place.ts'

/** Which entries are wanted. */
export interface AuditOptions extends Pick<StatePlaceOptions, 'stateFolder'> {
  /** The file that they are in. @default that of the running host, or else of the folders */
  readonly file?: string | undefined
  readonly plugin?: string | undefined
  readonly action?: string | undefined
  readonly since?: string | undefined
  /** The last so many. @default 100 */
  readonly limit?: number | undefined
}

/** Reads the audit trail of the host of some folders, whether or not it runs. */
export async function audit(folders: readonly string[], options: AuditOptions, output: Output): Promise<ExitCode> {
  const { plugin, action, since, limit = 100 } = options
  const running =
    options.file ?? ((await askRunning(folders, 'audit')) as { readonly file: string | null } | undefined)?.file
  const { entries, unreadable } = await readAudit(running ?? auditFile(folders, options), {
    limit,
    ...(plugin !== undefined && { plugin }),
    ...(action !== undefined && { action }),
    ...(since !== undefined && { since }),
  })
  for (const entry of entries) {
    output.result(
      () => entry,
      () => lineOf(entry, output),
    )
  }
  if (unreadable > 0) output.logger().warn(`${unreadable} lines of the audit trail are no entries.`)
  return ExitCode.ok
}

function lineOf(entry: AuditEntry, { theme }: Output): string {
  const { time, action, outcome, plugin, plugins = [], by, subject, from, to, result, reason, code } = entry
  const paint = outcome === 'done' ? theme.good : outcome === 'denied' ? theme.warning : theme.bad
  const who = [...(plugin === undefined ? [] : [plugin]), ...plugins].join(', ')
  const move = to === undefined ? '' : `${from} -> ${to}`
  const user = by === undefined ? '' : `for ${oneLine(by)}`
  const facts = [who && theme.strong(who), user, move, subject, result, code, reason && oneLine(reason)]
  return `${theme.faint(time)} ${paint(outcome.padEnd(6))} ${action}  ${facts.filter((fact) => fact).join('  ')}\n`
}

/** What a plugin says must not look like an entry of its own, nor move the cursor. */
function oneLine(text: string): string {
  return text.replaceAll(/\p{Cc}+\s*/gu, ' ')
}
