// The words and codes for a hook that failed or took too long.
import { messageOf, PluginError, type PluginTimeouts } from '@cf-plugins/plugin-api'
import { shownFile } from '@cf-plugins/plugin-api/host'
import type { LifecycleErrorCode } from './error-codes.ts'
import type { SecretFilter } from './secret-filter.ts'

/** Whose hook it was. */
export interface HookOwner {
  readonly name: string
  readonly record: { readonly source: { readonly file?: string | undefined; readonly generation: number } }
  readonly host?: { readonly secrets: SecretFilter | undefined }
}

const CODES = {
  register: ['CFP_REGISTER_FAILED', 'CFP_REGISTER_TIMEOUT'],
  setup: ['CFP_SETUP_FAILED', 'CFP_SETUP_TIMEOUT'],
  teardown: ['CFP_TEARDOWN_FAILED', 'CFP_TEARDOWN_TIMEOUT'],
  onEnable: ['CFP_ENABLE_FAILED', 'CFP_ENABLE_TIMEOUT'],
  onDisable: ['CFP_DISABLE_FAILED', 'CFP_DISABLE_TIMEOUT'],
  onReload: ['CFP_RELOAD_HOOK_FAILED', 'CFP_RELOAD_HOOK_TIMEOUT'],
  health: ['CFP_RELOAD_HOOK_FAILED', 'CFP_RELOAD_HOOK_TIMEOUT'],
  onConfigChange: ['CFP_CONFIG_CHANGE_FAILED', 'CFP_CONFIG_CHANGE_TIMEOUT'],
  getReloadState: ['CFP_STATE_FAILED', 'CFP_STATE_TIMEOUT'],
  setReloadState: ['CFP_STATE_FAILED', 'CFP_STATE_TIMEOUT'],
  migrateState: ['CFP_STATE_FAILED', 'CFP_STATE_TIMEOUT'],
} as const satisfies Record<string, readonly [failed: LifecycleErrorCode, late: LifecycleErrorCode]>

/** The hooks that fail under a code of their own. */
export type FailingHook = keyof typeof CODES

/** The error of a hook that threw or rejected; one that names this very plugin passes as it is. */
export function failureOf(owner: HookOwner, hook: FailingHook, given: unknown): PluginError {
  const thrown = told(owner, given)
  // An error that a service of another plugin threw is that plugin's; that this hook let it through is this one's.
  if (thrown instanceof PluginError && thrown.plugin === owner.name) return located(thrown, owner.record, hook)
  // Reading a stack once frees the generation that its frames would keep alive.
  readStack(thrown)
  const message = `Plugin "${owner.name}" failed in ${hook}()${where(owner)}: ${messageOf(thrown)}`
  return new PluginError(CODES[hook][0], message, { ...details(owner, hook), cause: thrown })
}

/** The error itself, with the file, the generation and the phase where it does not tell them. */
export function located(error: PluginError, { source }: HookOwner['record'], hook?: FailingHook): PluginError {
  if (!Object.isExtensible(error)) return error
  const { file = source.file, generation = source.generation, phase = hook } = error
  return Object.assign(error, { generation }, file === undefined ? {} : { file }, phase === undefined ? {} : { phase })
}

/** The error of a hook that did not end in time. */
export function timeoutOf(owner: HookOwner, hook: FailingHook, bound: keyof PluginTimeouts, ms: number): PluginError {
  const time = ms >= 1000 ? `${Math.round(ms / 100) / 10} s` : `${Math.round(ms)} ms`
  const message = `Plugin "${owner.name}" did not finish ${hook}() within ${time}${where(owner)}. Raise timeouts.${bound} in its PLUGIN_META, or move the work out of ${hook}().`
  return new PluginError(CODES[hook][1], message, details(owner, hook))
}

/** The error of something that a plugin acquired and that did not end. @param what what the plugin did with it */
export function releaseFailure(owner: HookOwner, what: string, given: unknown): PluginError {
  const thrown = told(owner, given)
  const message = `Plugin "${owner.name}" ${what}: ${messageOf(thrown)}.`
  return new PluginError('CFP_RELEASE_FAILED', message, { ...details(owner, 'teardown'), cause: thrown })
}

/** The error of a plugin whose start was cancelled. */
export function startCancelled(name: string, reason: unknown): PluginError {
  const message = `Plugin "${name}" was not started: the start was cancelled.`
  return new PluginError('CFP_OPERATION_ABORTED', message, { plugin: name, cause: reason })
}

/** What is told of events that waited for a plugin which will not come back by itself. */
export function undeliveredTo(name: string, how: 'stopped' | 'unloaded', count: number): PluginError {
  const events = count === 1 ? 'an event' : `${count} events`
  const message = `Plugin "${name}" was ${how} while ${events} waited for it: not delivered.`
  return new PluginError('CFP_EVENTS_UNDELIVERED', message, { plugin: name })
}

/** What was thrown, without secrets. */
function told({ host }: HookOwner, thrown: unknown): unknown {
  return host?.secrets ? host.secrets.value(thrown) : thrown
}

function details({ name, record }: HookOwner, phase: string) {
  return { plugin: name, phase, file: record.source.file, generation: record.source.generation }
}

function where({ record }: HookOwner): string {
  const { file } = record.source
  return file === undefined ? '' : ` (${shownFile(file)})`
}

function readStack(thrown: unknown): void {
  try {
    if (thrown instanceof Error) void thrown.stack
  } catch {
    // Its own getter, or somebody's `Error.prepareStackTrace`, may throw.
  }
}
