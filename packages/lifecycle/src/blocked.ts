// Why a plugin cannot start: what it needs is not there, told down to what is really wrong.
import { messageOf, PluginError } from '@cf-plugins/plugin-api'
import type { PluginRegistry } from '@cf-plugins/registry'
import type { PluginSlot } from './plugin-slot.ts'

/** The error of a plugin that needs another one, which is not active. */
export function blockedBy(
  registry: PluginRegistry,
  { name }: PluginSlot,
  { name: dependency, state, error: cause }: PluginSlot,
): PluginError {
  const why = cause ? whyNot(cause) : `which is ${state}.`
  return new PluginError('CFP_DEPENDENCY_FAILED', `${notStarted(name)}it needs "${dependency}", ${why}`, {
    plugin: name,
    phase: 'resolve',
    file: registry.get(name)?.source.file,
    cause,
  })
}

/** A dependency's error as the end of a sentence: `which failed in setup(): connect ECONNREFUSED`. */
function whyNot({ code, plugin, phase, cause, message }: PluginError): string {
  const opening = notStarted(plugin ?? '')
  if (message.startsWith(opening)) return `which was not started: ${message.slice(opening.length)}`
  const isHook = code.endsWith('_FAILED') && phase !== undefined && cause !== undefined
  return isHook ? `which failed in ${phase}(): ${messageOf(cause)}` : `which failed: ${message}`
}

function notStarted(name: string): string {
  return `Plugin "${name}" was not started: `
}
