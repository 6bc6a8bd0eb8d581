// The only code that knows the forms of a plugin: it makes one record of each.

import { injectedInto, pluginMetaOf } from './decorators.ts'
import { type AnyDefinition, instanceOfDefinition, isDefinition, metaOfDefinition } from './define-plugin.ts'
import { PluginError } from './errors.ts'
import type { PluginInstance } from './instance.ts'
import type { PluginRecord, PluginSource, RegisterPlugin } from './record.ts'
import { readMeta, resolveMeta, resolveWith } from './resolve-meta.ts'
import { entriesOf, shown, valueAt } from './safe-values.ts'

type PluginClass = new (app: never, context: Parameters<RegisterPlugin>[1]) => PluginInstance

/**
 * Reduces a plugin of any form to its record. Takes a module's exports, or the plugin itself as a value:
 *
 * 1. `PLUGIN_META` and `register`,
 * 2. what `definePlugin` returned, as the default export,
 * 3. a class with `@plugin`, as the default export.
 *
 * @throws `CFP_NOT_A_PLUGIN` with the forms that were looked for, and what was there instead.
 * @throws `CFP_META_INVALID` with every problem of the metadata.
 */
export function toPluginRecord(moduleNamespace: unknown, source: PluginSource): PluginRecord {
  // Twice `default`: that is where a module is that `tsc` compiled to CommonJS, and Node imported.
  let value = moduleNamespace
  for (let depth = 0; depth < 3 && isObject(value); depth++) {
    const record = recordOf(value, source)
    if (record) return Object.freeze(record)
    value = valueAt(value, 'default')
  }
  const { file, generation } = source
  throw new PluginError(
    'CFP_NOT_A_PLUGIN',
    `${file ?? 'The value'} is not a plugin. Looked for: exports \`PLUGIN_META\` and \`register\`; a default export made by ` +
      `definePlugin(); a default export that is a class with @plugin. Found: ${found(moduleNamespace)}.`,
    { phase: 'validate', file, generation },
  )
}

function recordOf(value: object, source: PluginSource): PluginRecord | undefined {
  const { file } = source
  if (isDefinition(value)) {
    const register: RegisterPlugin = (_app, context) => instanceOfDefinition(value as AnyDefinition, context)
    return { meta: metaOfDefinition(value, file), register, source }
  }
  const decorated = pluginMetaOf(value)
  if (decorated) {
    const Plugin = value as PluginClass
    const meta = resolveWith(readMeta, (read) => read, decorated.meta, file, injectedInto(Plugin))
    return { meta, register: (app, context) => new Plugin(app, context), source }
  }
  const register = valueAt(value, 'register')
  const given = valueAt(value, 'PLUGIN_META')
  if (typeof register !== 'function' || given === undefined) return undefined
  return { meta: resolveMeta(given, { file }), register: register as RegisterPlugin, source }
}

/** What a module exports, or what a value is. */
function found(value: unknown): string {
  if (shown(value) !== 'an object') return kindOf(value)
  const told = (entriesOf(value, '', () => {}) ?? []).map(([key, each]) =>
    ['default', 'register', 'PLUGIN_META'].includes(key) ? `${key} (${kindOf(each)})` : key,
  )
  const more = told.length > 10 ? ` and ${told.length - 10} more` : ''
  return told.length > 0 ? `exports: ${told.slice(0, 10).join(', ')}${more}` : 'no exports'
}

function kindOf(value: unknown): string {
  if (typeof value !== 'function') return shown(value)
  return /^class\b/.test(Function.prototype.toString.call(value)) ? 'a class without @plugin' : 'a function'
}

function isObject(value: unknown): value is object {
  return (typeof value === 'object' && value !== null) || typeof value === 'function'
}
