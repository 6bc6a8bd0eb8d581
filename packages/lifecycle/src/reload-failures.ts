// The words for a reload that failed, where no plugin's hook says them.
import { HotReloadError, messageOf, PluginError } from '@cf-plugins/plugin-api'
import { located } from './failures.ts'
import type { PluginSlot } from './plugin-slot.ts'

/** Why a reload of `slots` failed: an error that names a plugin passes as it is. */
export function reloadFailure(
  thrown: unknown,
  slots: readonly { readonly name: string; readonly serving?: PluginSlot['serving'] }[],
  signal?: AbortSignal,
): PluginError {
  if (thrown instanceof PluginError && thrown.plugin !== undefined) {
    const { serving } = slots.find(({ name }) => name === thrown.plugin) ?? {}
    return serving ? located(thrown, serving.record) : thrown
  }
  const [slot] = slots
  const plugin = slot?.name
  const where = { plugin, file: slot?.serving?.record.source.file, generation: slot?.serving?.record.source.generation }
  if (signal?.aborted) {
    const message = `The reload of plugin "${plugin}" was cancelled.`
    return new HotReloadError('CFP_OPERATION_ABORTED', message, { ...where, cause: signal.reason })
  }
  return new HotReloadError('CFP_RELOAD_FAILED', `The reload of plugin "${plugin}" failed: ${messageOf(thrown)}`, {
    ...where,
    cause: thrown,
  })
}

/** The error of a plugin that is down: neither version came up. */
export function lostPlugin(
  { name, serving }: PluginSlot,
  cause: PluginError,
  failure: PluginError | undefined,
): PluginError {
  const why = failure?.message ?? 'what it needs did not come back'
  return new HotReloadError(
    'CFP_ROLLBACK_FAILED',
    `Plugin "${name}" is down: its new version failed (${cause.message}) and the old one did not come back (${why}). Its state is kept; save a good version.`,
    {
      plugin: name,
      phase: 'rollback',
      file: serving?.record.source.file,
      generation: serving?.record.source.generation,
      cause: failure ?? cause,
    },
  )
}
