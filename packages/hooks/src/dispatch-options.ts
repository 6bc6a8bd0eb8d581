// What `PluginEvents` and `PluginHooks` are made with.
import type { HandlerFailure, Logger } from '@cf-plugins/plugin-api'
import { checkTimeout } from './handler-entry.ts'

/** A failure that no caller is told of. */
export interface ReportedFailure extends HandlerFailure {
  /** The event's or the hook's name. */
  readonly event: string
}

/** What the constructors of `PluginEvents` and `PluginHooks` take. */
export interface DispatchOptions {
  /** Silent where there is none. */
  readonly logger?: Logger | undefined
  /** How long a handler without a time of its own may take, in milliseconds. @default 30000 */
  readonly timeoutMs?: number | undefined
  /** Gets each failure that no caller is told of. What it throws is logged. */
  readonly onFailure?: ((failure: ReportedFailure) => void) | undefined
}

/** Whose handlers `on` adds, and who calls where no plugin is named. */
export const HOST = 'host'

const DEFAULT_TIMEOUT_MS = 30_000

/** @throws `CFP_HANDLER_INVALID` */
export function usualTimeout({ timeoutMs = DEFAULT_TIMEOUT_MS }: DispatchOptions): number {
  checkTimeout(timeoutMs, 'timeoutMs')
  return timeoutMs
}
