// The state of plugins, on its way through the host's keeper.

import { within } from '@cf-plugins/plugin-api/host'
import type { LifecycleCore } from './core.ts'
import { failureOf, timeoutOf } from './failures.ts'
import type { Generation } from './generation.ts'
import { boundOf, type StatefulPlugin } from './host.ts'

/** How much longer than the plugin's own bound the keeper may take, so that the hook is blamed and not the keeper. */
export const KEEPER_FACTOR = 3

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
  try {
    return await within(keeper.save(stateful(generation), signal ? { signal } : {}), { ms, late })
  } catch (error) {
    throw failureOf(generation, 'getReloadState', error)
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
    await within(keeper.restore(stateful(generation), snapshot, signal ? { signal } : {}), { ms, late })
  } catch (error) {
    throw failureOf(generation, 'setReloadState', error)
  }
}

/** Whether a keeper's snapshot holds anything. */
export function hasState(snapshot: unknown): boolean {
  if (snapshot === undefined) return false
  return !(typeof snapshot === 'object' && snapshot !== null && 'hasState' in snapshot && snapshot.hasState === false)
}

/** The plugin, as the keeper of its state sees it. */
function stateful({ name, record, instance, slot }: Generation): StatefulPlugin {
  return { name, meta: record.meta, instance, enabled: slot.wanted ?? record.meta.enabled }
}
