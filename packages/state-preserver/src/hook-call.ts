// Calls one of a plugin's own state hooks, within its bound, and says who failed and how.
import { isThenable, messageOf } from '@cf-plugins/plugin-api'
import { within } from '@cf-plugins/plugin-api/host'
import type { StatePreserverErrorCode } from './error-codes.ts'
import { type StatefulPlugin, stateError } from './state-errors.ts'

/** The hooks that state goes through. */
export type StateHook = 'getReloadState' | 'migrateState' | 'setReloadState'

/** How long a hook may take. */
export interface HookBound {
  /** What is left for this call. */
  readonly ms: number
  /** What the option allows, for the message: an earlier hook may have used some of it. */
  readonly allowedMs: number
  readonly signal: AbortSignal | undefined
}

const ENDINGS = {
  getReloadState: { failed: 'CFP_STATE_SAVE_FAILED', late: 'CFP_STATE_SAVE_TIMEOUT', option: 'saveMs' },
  migrateState: { failed: 'CFP_STATE_MIGRATION_FAILED', late: 'CFP_STATE_RESTORE_TIMEOUT', option: 'restoreMs' },
  setReloadState: { failed: 'CFP_STATE_RESTORE_FAILED', late: 'CFP_STATE_RESTORE_TIMEOUT', option: 'restoreMs' },
} as const satisfies Record<
  StateHook,
  { failed: StatePreserverErrorCode; late: StatePreserverErrorCode; option: string }
>

/** What the hook returns or resolves to. */
export async function callHook(
  plugin: StatefulPlugin,
  hook: StateHook,
  args: unknown[],
  bound: HookBound,
): Promise<unknown> {
  const { failed, late, option } = ENDINGS[hook]
  const { signal } = bound
  const abort = () =>
    stateError(plugin, 'CFP_STATE_ABORTED', `${hook}() of plugin "${plugin.name}" was given up.`, {
      phase: hook,
      cause: signal?.reason,
    })
  const timeOut = () => {
    const message = `Plugin "${plugin.name}" did not finish ${hook}() within ${bound.allowedMs} ms. Raise timeouts.${option} in its metadata, or do less in ${hook}().`
    return stateError(plugin, late, message, { phase: hook })
  }
  const failure = (thrown: unknown) => {
    const message = `Plugin "${plugin.name}" failed in ${hook}(): ${messageOf(thrown)}`
    return stateError(plugin, failed, message, { phase: hook, cause: thrown })
  }
  if (signal?.aborted) throw abort()
  let result: unknown
  try {
    result = (plugin.instance[hook] as (...values: unknown[]) => unknown).apply(plugin.instance, args)
  } catch (thrown) {
    throw failure(thrown)
  }
  if (!isThenable(result)) return result
  const settled = Promise.resolve(result).catch((thrown) => {
    throw failure(thrown)
  })
  return within(settled, { ms: bound.ms, signal, late: timeOut, aborted: abort })
}
