// How a handler's failure becomes an error that names who, what and what to do.
import { type HandlerFailure, messageOf, PluginError, type PluginErrorDetails } from '@cf-plugins/plugin-api'
import type { HandlerOwner } from './delivery-gate.ts'
import type { HooksErrorCode } from './error-codes.ts'

/** A hook's handlers failed: all of them, of which `cause` is the first. */
export class HookError extends PluginError {
  readonly failures: readonly HandlerFailure[]

  constructor(code: string, message: string, failures: readonly HandlerFailure[], details: PluginErrorDetails = {}) {
    super(code, message, details)
    this.failures = failures
  }
}

export function handlerTimeout(owner: HandlerOwner, name: string, timeoutMs: number): PluginError {
  const what = `did not finish its handler of "${name}" within ${inSeconds(timeoutMs)}`
  return failure('CFP_HANDLER_TIMEOUT', owner, what, "Raise the handler's timeoutMs, or move the work out of it.")
}

export function hookAsync(owner: HandlerOwner, hook: string): PluginError {
  const what = `returned a promise from its handler of "${hook}", called with callSync`
  return failure('CFP_HOOK_ASYNC', owner, what, 'Make the handler sync, or use call.')
}

/** The innermost function of a hook that wraps returned a promise to a caller who cannot wait. */
export function innerAsync(hook: string): PluginError {
  return new PluginError(
    'CFP_HOOK_ASYNC',
    `The function given to callSync of "${hook}" returned a promise. Make it sync, or use call.`,
    { phase: 'handler' },
  )
}

/** A handler called what it wraps when nobody waited for it any more. */
export function wrapOver(owner: HandlerOwner, hook: string): PluginError {
  const what = `called next() in its handler of "${hook}" after it was given up`
  return failure('CFP_HANDLER_TIMEOUT', owner, what, "Raise the handler's timeoutMs, or call next() sooner.")
}

export function pluginReloading(owner: HandlerOwner, hook: string): PluginError {
  const what = `is being reloaded, and callSync of "${hook}" cannot wait for it`
  return failure('CFP_PLUGIN_RELOADING', owner, what, 'Use call, or try again.')
}

export function hookRedeclared(
  name: string,
  known: string,
  kind: string,
  handlers: readonly { readonly owner: HandlerOwner }[],
): PluginError {
  const others = [...new Set(handlers.map(({ owner }) => `"${owner.name}"`))].join(', ')
  const what = known === kind ? 'with other options' : `as ${known}, and now as ${kind}`
  return new PluginError(
    'CFP_HOOK_REDECLARED',
    `Hook "${name}" was declared before ${what}, and has handlers of ${others}. Export one hookRef for all, or give the hook another name.`,
    { phase: 'handler' },
  )
}

export function handlerUnknown(kind: string, id: string): PluginError {
  return new PluginError(
    'CFP_HANDLER_UNKNOWN',
    `No handler has the id "${id}". handlers() of the host's ${kind}s lists all there are.`,
  )
}

/** One error of all `failures`, of which there is at least one. */
export function hookFailed(hook: string, failures: readonly HandlerFailure[]): HookError {
  const [{ plugin, error }] = failures as readonly [HandlerFailure]
  // What this package itself refuses keeps its code, for that is what whoever calls callSync looks for.
  const own = error instanceof PluginError && /^CFP_(HOOK_ASYNC|PLUGIN_RELOADING)$/.test(error.code)
  const others = failures.length > 1 ? ` (and ${failures.length - 1} more, see failures)` : ''
  const message = `Plugin "${plugin}" failed in its handler of "${hook}"${others}: ${messageOf(error)}`
  return new HookError(own ? error.code : 'CFP_HOOK_FAILED', own ? error.message : message, failures, {
    plugin,
    cause: error,
  })
}

function failure(code: HooksErrorCode, { name, source }: HandlerOwner, what: string, remedy: string): PluginError {
  return new PluginError(code, `Plugin "${name}" ${what}. ${remedy}`, { plugin: name, phase: 'handler', ...source })
}

function inSeconds(ms: number): string {
  return ms < 1000 ? `${ms} ms` : `${ms / 1000} s`
}
