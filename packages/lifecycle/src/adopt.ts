// The instance that `register` returned: checked, and what it declares by its shape staged.
import { hookMethodsOf, PluginError, type PluginInstance } from '@cf-plugins/plugin-api'
import type { Generation } from './generation.ts'

/**
 * Takes what `register` returned as the plugin's instance, and stages its `@hook` methods and its `handleEvent`.
 *
 * @throws `CFP_REGISTER_RESULT`
 */
export function adopt(generation: Generation, result: unknown): PluginInstance {
  if ((typeof result !== 'object' && typeof result !== 'function') || result === null)
    throw noInstance(generation, result)
  const instance: PluginInstance = result
  const prototype = Object.getPrototypeOf(instance)
  // A plain object has no decorated methods, and most instances are plain.
  if (prototype !== Object.prototype && prototype !== null) {
    for (const { hook, options, method } of hookMethodsOf(instance)) generation.stages.hooks.on(hook, method, options)
  }
  if (typeof instance.handleEvent === 'function') {
    for (const event of generation.record.meta.events) {
      generation.stages.events.on(event, (_payload, context) => instance.handleEvent?.(context.event, context))
    }
  }
  return instance
}

function noInstance({ name, record }: Generation, result: unknown): PluginError {
  const { file, generation } = record.source
  return new PluginError(
    'CFP_REGISTER_RESULT',
    `register() of plugin "${name}" returned ${result === null ? 'null' : typeof result}. Return the plugin's instance: an object with the hooks that it has.`,
    { plugin: name, phase: 'register', file, generation },
  )
}
