// How a handler's failure becomes an error that names who, what and what to do.
import {
  type HandlerFailure,
  type Logger,
  messageOf,
  PluginError,
  type PluginErrorDetails,
} from '@cf-plugins/plugin-api'

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

/** A hook's handlers failed: all of them, of which `cause` is the first. */
export class HookError extends PluginError {
  readonly failures: readonly HandlerFailure[]

  constructor(code: string, message: string, failures: readonly HandlerFailure[], details: PluginErrorDetails = {}) {
    super(code, message, details)
    this.failures = failures
  }
}

/** Tells of failures that no caller hears of. Never throws. */
export function reportFailure(options: DispatchOptions, failure: ReportedFailure): void {
  const { event, plugin, error } = failure
  try {
    options.logger?.error({ event, plugin, err: error }, `Plugin "${plugin}" failed in "${event}": ${messageOf(error)}`)
  } catch {
    // A logger that throws must not become the plugins' problem, and there is no one left to tell.
  }
  try {
    const told: unknown = options.onFailure?.(failure)
    // An async onFailure is not awaited, but its rejection would end the process.
    if (told instanceof Promise) told.catch((thrown) => logBrokenObserver(options, thrown))
  } catch (thrown) {
    logBrokenObserver(options, thrown)
  }
}

export function handlerTimeout(plugin: string, name: string, timeoutMs: number): PluginError {
  return new PluginError(
    'CFP_HANDLER_TIMEOUT',
    `Plugin "${plugin}" did not finish its handler of "${name}" within ${inSeconds(timeoutMs)}. Raise the handler's timeoutMs, or move the work out of it.`,
    { plugin },
  )
}

function inSeconds(ms: number): string {
  return ms < 1000 ? `${ms} ms` : `${ms / 1000} s`
}

function logBrokenObserver(options: DispatchOptions, thrown: unknown): void {
  try {
    options.logger?.error({ err: thrown }, `onFailure itself failed: ${messageOf(thrown)}`)
  } catch {
    // As above.
  }
}
