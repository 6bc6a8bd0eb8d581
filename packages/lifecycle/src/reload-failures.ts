// The words for a reload that failed, where no plugin's hook says them.
import { HotReloadError, messageOf, PluginError } from '@cf-plugins/plugin-api'
import { located } from './failures.ts'
import type { PluginSlot } from './plugin-slot.ts'
import type { ReloadUnit } from './reload-unit.ts'

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

/** The error of a reload that gave way to a newer change. */
export function reloadSuperseded({ records, superseded }: ReloadUnit): PluginError {
  const { meta, source } = records[0] ?? {}
  return new HotReloadError(
    'CFP_RELOAD_SUPERSEDED',
    `The reload of plugin "${meta?.name}" gave way to a newer change. Nothing was touched.`,
    {
      plugin: meta?.name,
      phase: 'stage',
      file: source?.file,
      generation: source?.generation,
      cause: superseded?.reason,
    },
  )
}

/** The failure itself, where two generations wanted something that the system gives to one only. */
export function clashIn(failure: unknown): PluginError | undefined {
  return failure instanceof PluginError && isClash(failure) ? failure : undefined
}

/** What is said where a unit was stopped before it was started, although it asked to overlap. */
export function overlapImpossible({ plugin, message, file, generation, cause }: PluginError): PluginError {
  return new HotReloadError(
    'CFP_OVERLAP_IMPOSSIBLE',
    `The old and the new version of plugin "${plugin}" cannot overlap, and so the old one was stopped first: ${message} Have the host hold what both need: context.hold('port:8080', open). Or take reload.strategy out of its metadata.`,
    { plugin, phase: 'stage', file, generation, cause },
  )
}

/** What the system says where something is taken already. */
const CLASHES: ReadonlySet<unknown> = new Set(['EADDRINUSE', 'EEXIST'])

function isClash(thrown: unknown, depth = 0): boolean {
  if (!(thrown instanceof Error) || depth > 16) return false
  if (CLASHES.has((thrown as { readonly code?: unknown }).code) || isClash(thrown.cause, depth + 1)) return true
  return thrown instanceof AggregateError && thrown.errors.some((each) => isClash(each, depth + 1))
}
