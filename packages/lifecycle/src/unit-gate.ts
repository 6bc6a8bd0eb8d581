// The gates of a unit, closed and opened as one.
import { HotReloadError, PluginError } from '@cf-plugins/plugin-api'
import { assertNotAborted } from './abort.ts'
import type { PluginSlot } from './plugin-slot.ts'

/** How many of a plugin's old versions may still run. */
const ZOMBIES_MAX = 2

/**
 * Closes every gate of a unit and waits until nothing is in flight behind any of them.
 *
 * @throws `CFP_RESTART_REQUIRED`, `CFP_DRAIN_TIMEOUT`, `CFP_OPERATION_ABORTED`; the gates are closed all the same
 */
export async function closeAndDrain(slots: readonly PluginSlot[], boundMs: number, signal: AbortSignal): Promise<void> {
  for (const slot of slots) assertReplaceable(slot)
  const names = new Set(slots.map((slot) => slot.name))
  let sealed = false
  // What a member has in flight may wait for another member: it passes until nothing is in flight any more.
  for (const slot of slots) slot.gate.close((source) => !sealed && names.has(source))
  const isBusy = (slot: PluginSlot) => slot.inFlight > 0
  const until = performance.now() + boundMs
  while (slots.some(isBusy) && performance.now() < until) {
    await Promise.all(slots.map((slot) => slot.drained(until - performance.now(), signal)))
    assertNotAborted(signal)
  }
  const busy = slots.filter(isBusy)
  sealed = true
  if (busy.length === 0) return
  const list = busy.map((slot) => `"${slot.name}" (${slot.inFlight} in flight)`).join(', ')
  throw new HotReloadError(
    'CFP_DRAIN_TIMEOUT',
    `Not reloaded: ${list} did not end within ${Math.round(boundMs)} ms what was under way. The old code serves on; save again to try again.`,
    { plugin: busy[0]?.name, phase: 'gate' },
  )
}

/** From here on nothing of the old generations answers any more, not even what cannot wait. */
export function tearGates(slots: readonly PluginSlot[]): void {
  for (const slot of slots) slot.gate.whole = false
}

/** Lets what waited through, to whoever serves now; where nobody does, events are kept and calls answered with the reason. */
export function openGates(slots: readonly PluginSlot[]): void {
  for (const slot of slots) {
    if (slot.serving) slot.openGate()
    else slot.keepParked(slot.error ?? notServing(slot), slot.state === 'stopped')
  }
}

function notServing({ name, state }: PluginSlot): PluginError {
  return new PluginError('CFP_NOT_ACTIVE', `Plugin "${name}" is not active, it is ${state}.`, { plugin: name })
}

/** @throws `CFP_RESTART_REQUIRED` */
export function assertReplaceable({ name, zombies }: PluginSlot): void {
  if (zombies < ZOMBIES_MAX) return
  throw new HotReloadError(
    'CFP_RESTART_REQUIRED',
    `Plugin "${name}" cannot be reloaded: two of its old versions still run. Restart the process.`,
    { plugin: name, phase: 'gate' },
  )
}
