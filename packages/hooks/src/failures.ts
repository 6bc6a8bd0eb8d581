// How a handler's failure becomes an error that names who, what and what to do, and reaches somebody.
import { type HandlerFailure, messageOf, PluginError, type PluginErrorDetails } from '@cf-plugins/plugin-api'
import type { DispatchOptions, ReportedFailure } from './dispatch-options.ts'

/** A hook's handlers failed: all of them, of which `cause` is the first. */
export class HookError extends PluginError {
  readonly failures: readonly HandlerFailure[]

  constructor(code: string, message: string, failures: readonly HandlerFailure[], details: PluginErrorDetails = {}) {
    super(code, message, details)
    this.failures = failures
  }
}

export function handlerTimeout(plugin: string, name: string, timeoutMs: number): PluginError {
  return new PluginError(
    'CFP_HANDLER_TIMEOUT',
    `Plugin "${plugin}" did not finish its handler of "${name}" within ${inSeconds(timeoutMs)}. Raise the handler's timeoutMs, or move the work out of it.`,
    { plugin },
  )
}

export function hookAsync(plugin: string, hook: string): PluginError {
  return new PluginError(
    'CFP_HOOK_ASYNC',
    `Plugin "${plugin}" returned a promise from its handler of "${hook}", which is called with callSync. Make the handler sync, or call the hook with call.`,
    { plugin },
  )
}

export function pluginReloading(plugin: string, hook: string): PluginError {
  return new PluginError(
    'CFP_PLUGIN_RELOADING',
    `Plugin "${plugin}" is being reloaded, and callSync of "${hook}" cannot wait for it. Use call, or try again.`,
    { plugin },
  )
}

/** One error of all `failures`, of which there is at least one. */
export function hookFailed(hook: string, failures: readonly HandlerFailure[]): HookError {
  const [{ plugin, error }] = failures as readonly [HandlerFailure]
  // What this package itself refuses keeps its code, for that is what whoever calls callSync looks for.
  if (error instanceof PluginError && (error.code === 'CFP_HOOK_ASYNC' || error.code === 'CFP_PLUGIN_RELOADING')) {
    return new HookError(error.code, error.message, failures, { plugin, cause: error })
  }
  const others = failures.length > 1 ? ` (and ${failures.length - 1} more, see failures)` : ''
  const message = `Plugin "${plugin}" failed in its handler of "${hook}"${others}: ${messageOf(error)}`
  return new HookError('CFP_HOOK_FAILED', message, failures, { plugin, cause: error })
}

/** Tells of a failure that no caller hears of. Never throws. */
export function reportFailure(options: DispatchOptions, failure: ReportedFailure): void {
  const { event, plugin, error } = failure
  log(options, `Plugin "${plugin}" failed in "${event}": ${messageOf(error)}`, { event, plugin, err: error })
  const broken = (err: unknown) => log(options, `onFailure itself failed: ${messageOf(err)}`, { err })
  try {
    const told: unknown = options.onFailure?.(failure)
    // An async onFailure is not waited for, but its rejection would end the process.
    if (told instanceof Promise) told.catch(broken)
  } catch (thrown) {
    broken(thrown)
  }
}

function log({ logger }: DispatchOptions, message: string, details: object): void {
  try {
    logger?.error(details, message)
  } catch {
    // A logger that throws must not become the plugins' problem, and there is no one left to tell.
  }
}

function inSeconds(ms: number): string {
  return ms < 1000 ? `${ms} ms` : `${ms / 1000} s`
}
