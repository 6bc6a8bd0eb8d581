// What the process of `cf` ends with, for scripts.
import { PluginError } from '@cf-plugins/plugin-api'

/** The exit codes of `cf`. A second signal ends it with 128 and the signal's number. */
export const ExitCode = {
  /** All is well. */
  ok: 0,
  /** A plugin, a folder or an operation failed. */
  failed: 1,
  /** The command line is not understood. */
  usage: 2,
  /** No host runs on the folders. */
  noHost: 3,
} as const

/** One of the exit codes. */
export type ExitCode = (typeof ExitCode)[keyof typeof ExitCode]

const USAGE: ReadonlySet<string> = new Set(['CFP_CLI_USAGE', 'CFP_CLI_UNKNOWN_COMMAND', 'CFP_CLI_STATE_KEY'])

/** The exit code that an error leads to. */
export function exitCodeOf(error: unknown): ExitCode {
  if (!(error instanceof PluginError)) return ExitCode.failed
  if (USAGE.has(error.code)) return ExitCode.usage
  return error.code === 'CFP_CLI_NO_HOST' ? ExitCode.noHost : ExitCode.failed
}
