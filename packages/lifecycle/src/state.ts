// The state of plugins, on its way through the host's keeper.

import { PluginError } from '@cf-plugins/plugin-api'
import { within } from '@cf-plugins/plugin-api/host'
import { onAbort } from './abort.ts'
import type { LifecycleCore } from './core.ts'
import { failureOf, timeoutOf } from './failures.ts'
import type { Generation } from './generation.ts'
import { boundOf, isThreaded } from './host.ts'
import { PluginCode } from './plugin-code.ts'
import { KEEPER_FACTOR, type StatefulPlugin } from './state-keeper.ts'

/** Makes ready what a plugin shares with others; nothing to wait for where it is. @throws `CFP_STATE_TIMEOUT` */
export function prepareState(
  { keeper }: LifecycleCore,
  { host, record: { meta }, name }: Generation,
  limitMs: number = Number.POSITIVE_INFINITY,
): void | PromiseLike<void> {
  if (meta.state.shared.length === 0) return
  const ms = Math.min(limitMs, KEEPER_FACTOR * boundOf(host, meta, 'restoreMs'))
  const message = `What plugin "${name}" shares was not found within ${Math.round(ms)} ms.`
  const late = () => new PluginError('CFP_STATE_TIMEOUT', message, { plugin: name, phase: 'readState' })
  return within(keeper?.prepare?.(meta), { ms, late })
}

/** Takes a plugin's state; nothing where no keeper is. @throws what the keeper threw, said whose state it is */
export async function saveState(
  { keeper }: LifecycleCore,
  generation: Generation,
  options: { readonly limitMs?: number; readonly signal?: AbortSignal } = {},
): Promise<unknown> {
  if (!keeper) return undefined
  const { limitMs = Number.POSITIVE_INFINITY, signal } = options
  const ms = Math.min(limitMs, KEEPER_FACTOR * boundOf(generation.host, generation.record.meta, 'saveMs'))
  const late = () => timeoutOf(generation, 'getReloadState', 'saveMs', ms)
  const controller = new AbortController()
  const undo = onAbort([signal], (reason) => controller.abort(reason))
  try {
    const save = () => keeper.save(stateful(generation), { signal: controller.signal })
    return await within(measured(generation, 'getReloadState', save), { ms, late })
  } catch (error) {
    // What was given up must not make the plugin's changes wait any more.
    controller.abort(error)
    throw failureOf(generation, 'getReloadState', error)
  } finally {
    undo()
  }
}

/** Gives a new instance the state of an earlier one. @throws what the keeper threw, said whose state it is */
export async function restoreState(
  { keeper }: LifecycleCore,
  generation: Generation,
  snapshot: unknown,
  limitMs: number = Number.POSITIVE_INFINITY,
  signal?: AbortSignal,
): Promise<void> {
  // Back from a rollback, a plugin is as it was, also one that gives its state up in a reload.
  const isWelcome = generation.reason === 'rollback' || generation.record.meta.reload.state === 'keep'
  if (!keeper || snapshot === undefined || !isWelcome) return
  const ms = Math.min(limitMs, KEEPER_FACTOR * boundOf(generation.host, generation.record.meta, 'restoreMs'))
  const late = () => timeoutOf(generation, 'setReloadState', 'restoreMs', ms)
  try {
    const restore = () => keeper.restore(stateful(generation), snapshot, signal ? { signal } : {})
    await within(measured(generation, 'setReloadState', restore), { ms, late })
  } catch (error) {
    throw failureOf(generation, 'setReloadState', error)
  }
}

/** Whether a keeper's snapshot holds anything. */
export function hasState(snapshot: unknown): boolean {
  if (snapshot === undefined) return false
  return !(typeof snapshot === 'object' && snapshot !== null && 'hasState' in snapshot && snapshot.hasState === false)
}

/** What the keeper does at once, it does to the plugin's state, or the plugin's own hook does it. */
function measured<T>(generation: Generation, hook: 'getReloadState' | 'setReloadState', task: () => T): T {
  const isHere = !isThreaded(generation.host, generation.record.meta)
  return isHere ? new PluginCode(generation, 'lifecycle', hook, true).run(task) : task()
}

/** The plugin, as the keeper of its state sees it. */
function stateful({ name, record, instance, slot, kept }: Generation): StatefulPlugin {
  return { name, meta: record.meta, instance, open: kept.open, enabled: slot.wanted ?? record.meta.enabled }
}
