// State that outlives the process: given to a plugin when it starts, taken from it before it stops.
import { messageOf, PluginError, type PluginRecord, StatePreservationError } from '@cf-plugins/plugin-api'
import { shownFile, within } from '@cf-plugins/plugin-api/host'
import type { LifecycleCore } from './core.ts'
import type { Generation } from './generation.ts'
import { boundOf } from './host.ts'
import type { PluginSlot } from './plugin-slot.ts'
import { hasState, saveState } from './state.ts'
import type { StateKeeper } from './state-keeper.ts'
import { KEEPER_FACTOR } from './state-keeper.ts'

/** Whether state is kept for the next process. */
export function isLasting(keeper: StateKeeper | undefined): keeper is StateKeeper {
  return keeper?.isLasting === true
}

/** Whether an earlier process may have left state for a plugin that starts now. */
export function mayBeLeft({ keeper }: LifecycleCore, slot: PluginSlot, { meta }: PluginRecord): boolean {
  return isLasting(keeper) && keeper.load !== undefined && slot.kept === undefined && meta.reload.state === 'keep'
}

/** Puts what an earlier process left of a plugin's state into its slot. Never rejects: gives why it is not there though it may be. */
export async function loadState(
  { keeper, host, left }: LifecycleCore,
  slot: PluginSlot,
  record: PluginRecord,
  signal: AbortSignal,
): Promise<PluginError | undefined> {
  const ms = KEEPER_FACTOR * boundOf(host, record.meta, 'restoreMs')
  const late = () => new PluginError('CFP_STATE_TIMEOUT', `it was not found within ${ms} ms.`, { phase: 'readState' })
  try {
    const snapshot = await within(keeper?.load?.(slot.name, { signal }), { ms, late, signal })
    if (typeof snapshot !== 'object' || snapshot === null || !hasState(snapshot)) return undefined
    left.add(snapshot)
    slot.kept = snapshot
    return undefined
  } catch (cause) {
    // Whoever cancels a start has no use for its state, and nothing is wrong with that.
    if (signal.aborted) return undefined
    return leftOut(keeper, record, cause)
  }
}

/** Whether the state in a plugin's slot is that of an earlier process: then the plugin may start without it. */
export function isLeft({ left }: LifecycleCore, { kept }: PluginSlot): boolean {
  return typeof kept === 'object' && kept !== null && left.has(kept)
}

/** Drops the state of an earlier process, which the plugin could not be given; it is set aside where it was found. */
export function dropLeft(core: LifecycleCore, slot: PluginSlot, record: PluginRecord, cause: unknown): PluginError {
  slot.kept = undefined
  return leftOut(core.keeper, record, cause)
}

/** Whether a generation has anything to do with state. */
export function usesState({ instance, kept }: Generation): boolean {
  return (
    kept.open !== undefined ||
    typeof instance.getReloadState === 'function' ||
    typeof instance.setReloadState === 'function'
  )
}

/**
 * What saves the state of plugins that are stopped, once each, before its teardown. What fails is among `problems`, and
 * what was saved before stays kept.
 */
export function stopSaver(
  core: LifecycleCore,
  problems: PluginError[],
): (generation: Generation, limitMs: number) => Promise<void> | undefined {
  const saves = new Map<Generation, Promise<void>>()
  return (generation, limitMs) => {
    const { instance, record, kept } = generation
    const hasAny = kept.open !== undefined || typeof instance.getReloadState === 'function'
    const isAsked = record.meta.reload.state === 'keep' && hasAny
    if (!isAsked || !isLasting(core.keeper)) return undefined
    const save = saves.get(generation) ?? saveInto(core, generation, limitMs, problems)
    saves.set(generation, save)
    return save
  }
}

/** Resolves when the next process finds all that was saved, or at the bound. What fails is among `problems`. */
export async function flushState({ keeper }: LifecycleCore, ms: number, problems: PluginError[]): Promise<void> {
  if (!isLasting(keeper) || !keeper.flush) return
  const late = () => new PluginError('CFP_STATE_TIMEOUT', notWritten(`it took over ${Math.round(ms)} ms`), WRITE)
  try {
    // A keeper that knows its bound knows better what is not written.
    await within(keeper.flush({ timeoutMs: ms }), { ms: ms + KEEPER_GRACE_MS, late })
  } catch (cause) {
    const error = () => new PluginError('CFP_STATE_FAILED', notWritten(messageOf(cause)), { ...WRITE, cause })
    problems.push(cause instanceof PluginError ? cause : error())
  }
}

const KEEPER_GRACE_MS = 50
const WRITE = { phase: 'writeState' }

async function saveInto(
  core: LifecycleCore,
  generation: Generation,
  limitMs: number,
  problems: PluginError[],
): Promise<void> {
  try {
    await saveState(core, generation, { limitMs })
  } catch (error) {
    problems.push(error as PluginError)
  }
}

function leftOut(keeper: StateKeeper | undefined, { meta, source }: PluginRecord, cause: unknown): PluginError {
  const { name } = meta
  const isKept = isSetAside(keeper, name)
  const where = source.file === undefined ? '' : ` (${shownFile(source.file)})`
  const kept = isKept ? ' What was left is kept aside when the plugin is saved next.' : ''
  const message = `Plugin "${name}"${where} starts without the state that an earlier process left: ${messageOf(cause)}${kept}`
  const { code, phase } = cause instanceof PluginError ? cause : { code: 'CFP_STATE_FAILED', phase: 'readState' }
  return new StatePreservationError(code, message, {
    plugin: name,
    phase,
    file: cause instanceof PluginError && cause.file !== undefined ? cause.file : source.file,
    generation: source.generation,
    cause,
  })
}

function isSetAside(keeper: StateKeeper | undefined, name: string): boolean {
  try {
    return keeper?.setAside?.(name) === true
  } catch {
    // Its plugin starts all the same, and is told why without its state.
    return false
  }
}

function notWritten(why: string): string {
  return `State could not be written for the next process: ${why}. The one before is kept.`
}
