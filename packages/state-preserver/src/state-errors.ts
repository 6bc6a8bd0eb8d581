// The errors of state that could not be taken or given back.
import {
  type PluginErrorDetails,
  type PluginInstance,
  type ResolvedPluginMeta,
  StatePreservationError,
} from '@cf-plugins/plugin-api'
import type { UncloneableState } from './clone-state.ts'
import type { StatePreserverErrorCode } from './error-codes.ts'

/** A plugin's instance, as far as its state is concerned. */
export interface StatefulPlugin {
  readonly name: string
  readonly meta: ResolvedPluginMeta
  readonly instance: PluginInstance
  /** What `open` gave for it, where it has asked for `context.state`. */
  readonly open?: object | undefined
}

export function stateError(
  { name }: Pick<StatefulPlugin, 'name'>,
  code: StatePreserverErrorCode,
  message: string,
  details: PluginErrorDetails,
): StatePreservationError {
  return new StatePreservationError(code, message, { plugin: name, ...details })
}

export function stateAborted(plugin: Pick<StatefulPlugin, 'name'>, cause: unknown): StatePreservationError {
  const message = `Saving the state of plugin "${plugin.name}" was given up.`
  return stateError(plugin, 'CFP_STATE_ABORTED', message, { phase: 'getReloadState', cause })
}

export function restoreMissing(plugin: StatefulPlugin): StatePreservationError {
  const message = `Plugin "${plugin.name}" has kept state and no setReloadState() to take it. Add one, or set reload.state to 'discard' in its metadata.`
  return stateError(plugin, 'CFP_STATE_RESTORE_MISSING', message, { phase: 'setReloadState' })
}

export function migrationMissing(plugin: StatefulPlugin, from: number): StatePreservationError {
  const message = `State of plugin "${plugin.name}" is kept in version ${from}, its stateVersion is ${plugin.meta.stateVersion}, and it has no migrateState(). Add one, or set reload.state to 'discard' in its metadata.`
  return stateError(plugin, 'CFP_STATE_MIGRATION_MISSING', message, { phase: 'migrateState' })
}

export function uncloneable(
  plugin: Pick<StatefulPlugin, 'name'>,
  problem: UncloneableState,
  maxBytes: number,
): StatePreservationError {
  const { path, what, cause } = problem
  const isTooLarge = problem.reason === 'size'
  const message = isTooLarge
    ? `State of plugin "${plugin.name}" takes more than ${sizeText(maxBytes)}, which is passed at ${path}. Keep less of it, or raise maxBytes.`
    : `State of plugin "${plugin.name}" cannot be kept: ${path} is ${what}. Return plain data from getReloadState().`
  const code = isTooLarge ? 'CFP_STATE_TOO_LARGE' : 'CFP_STATE_NOT_CLONEABLE'
  const details = { phase: 'getReloadState', issues: [{ path, message }] }
  return stateError(plugin, code, message, cause === undefined ? details : { ...details, cause })
}

export function sizeText(bytes: number): string {
  return bytes < 1024 * 1024 ? `${bytes} bytes` : `${Number((bytes / 1024 / 1024).toFixed(1))} MiB`
}
