// The instance that `register` returned: checked, and what it declares by its shape staged.
import { PluginError, type PluginInstance, type PluginRecord } from '@cf-plugins/plugin-api'
import { hookMethodsOf, type PluginAccess } from '@cf-plugins/plugin-api/host'
import type { HandlerStages } from './handler-stages.ts'
import type { OffloadedHandlers } from './offloaded-handlers.ts'

/** Whose instance it will be. */
export interface Adopter {
  readonly name: string
  readonly record: PluginRecord
  readonly stages: HandlerStages
  readonly offloaded: OffloadedHandlers
  /** What it may listen to. */
  readonly access: PluginAccess
}

/**
 * Takes what `register` returned as the plugin's instance, and stages its `@hook` methods and its `handleEvent`.
 *
 * @throws `CFP_REGISTER_RESULT`, `CFP_ACCESS_DENIED`
 */
export function adopt(adopter: Adopter, result: unknown): PluginInstance {
  if ((typeof result !== 'object' && typeof result !== 'function') || result === null) throw noInstance(adopter, result)
  const instance: PluginInstance = result
  const prototype = Object.getPrototypeOf(instance)
  // A plain object has no decorated methods, and most instances are plain.
  if (prototype !== Object.prototype && prototype !== null) {
    for (const { hook, options, method } of hookMethodsOf(instance)) {
      const name = typeof hook === 'string' ? hook : hook.name
      adopter.access.allow('hook', name)
      // A method is none of the file's exports, and so the host's threads refuse it.
      adopter.offloaded.register({ kind: 'hook', name }, { method }, options, (given, rest) =>
        adopter.stages.hooks.on(hook, given.method, rest),
      )
    }
  }
  if (typeof instance.handleEvent === 'function') {
    const { events } = adopter.record.meta
    for (const event of events) {
      // An event that two of the names stand for is still told once.
      if (events.some((other) => other !== event && covers(other, event))) continue
      adopter.access.allow('event', event)
      adopter.stages.events.on(event, (_payload, context) => instance.handleEvent?.(context.event, context))
    }
  }
  return instance
}

/** Whether the pattern `user.*` stands for an event, or for a narrower pattern. */
function covers(pattern: string, event: string): boolean {
  return (pattern === '*' || pattern.endsWith('.*')) && event.startsWith(pattern.slice(0, -1))
}

function noInstance({ name, record }: Adopter, result: unknown): PluginError {
  const { file, generation } = record.source
  return new PluginError(
    'CFP_REGISTER_RESULT',
    `register() of plugin "${name}" returned ${result === null ? 'null' : typeof result}. Return the plugin's instance: an object with the hooks that it has.`,
    { plugin: name, phase: 'register', file, generation },
  )
}
