// What an audit trail is made with, and how it tells that it fares.
import type { Logger, PluginError } from '@cf-plugins/plugin-api'

export interface AuditTrailOptions {
  /** Where the entries go. Made with mode 0600 where it is not there; one that others may write to is refused. */
  readonly file: string
  /** The id of the host that is listened to: `lifecycle.id`. @default every host in the process */
  readonly host?: string
  /** How large the file may become, in bytes; then it is put aside as `<file>.1`, and the ones before it one further. @default 16 MiB */
  readonly maxBytes?: number
  /** How many of those are kept. @default 5 */
  readonly keep?: number
  /** How many entries are kept in memory while they cannot be written. What comes after that is counted, and lost. @default 10000 */
  readonly maxWaiting?: number
  /** Whether an entry counts as written only when the disk has it, which costs milliseconds each. @default false: a crash of the system may take the last ones, one of the process not */
  readonly durable?: boolean
  /** How long `stop()` and `flush()` wait at most, in milliseconds. @default 5000 */
  readonly timeoutMs?: number
  /** Takes secrets out of each text, before it is kept anywhere. */
  readonly hideSecrets?: (text: string) => string
  /** Told once when entries cannot be written, and once when the first of them is lost. @default the logger is told */
  readonly onError?: (error: PluginError) => void
  /** @default silent */
  readonly logger?: Logger
}

/** How a trail fares. */
export interface AuditTrailStatus {
  readonly file: string
  /** Entries that are in the file. */
  readonly written: number
  /** Entries that are not in it yet. */
  readonly waiting: number
  /** Entries that never will be. */
  readonly lost: number
  /** Why nothing can be written, while that is so. */
  readonly error: PluginError | undefined
}
