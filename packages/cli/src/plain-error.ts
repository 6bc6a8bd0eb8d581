// Errors as plain data, and back: what goes over the control socket and into `--json`.
import { messageOf, PluginError, type PluginErrorDetails, type PluginIssue } from '@cf-plugins/plugin-api'

/** An error without its class. */
export interface PlainError extends Omit<PluginErrorDetails, 'cause' | 'issues'> {
  readonly code: string
  readonly message: string
  readonly issues?: readonly PluginIssue[] | undefined
  /** The cause's message. */
  readonly cause?: string | undefined
}

/** Nothing but what JSON has, whatever somebody hung on the error. */
export function plainError(error: PluginError): PlainError {
  const { code, message, plugin, phase, file, line, column, generation, issues, cause } = error
  return {
    code,
    message,
    plugin,
    phase,
    file,
    line,
    column,
    generation,
    issues: issues?.map((issue) => ({ path: issue.path, message: issue.message })),
    cause: cause === undefined ? undefined : messageOf(cause),
  }
}

/** The error that plain data tells. */
export function fromPlainError({ code, message, ...details }: PlainError): PluginError {
  return new PluginError(String(code), String(message), details)
}
