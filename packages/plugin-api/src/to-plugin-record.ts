// The only code that knows the forms of a plugin: it makes one record of each.

import { decorationOf } from './decorators.ts'
import { definitionReader, instanceOfDefinition, isDefinition } from './define-plugin.ts'
import { PluginError } from './errors.ts'
import type { PluginInstance } from './instance.ts'
import type { PluginRecord, PluginSource, RegisterPlugin } from './record.ts'
import { metaReader, resolveWith } from './resolve-meta.ts'
import { entriesOf, shown, valueAt } from './safe-values.ts'
import { shownFile } from './shown-file.ts'

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
  const { file, generation } = source
  // Twice `default`: that is where a module is that `tsc` compiled to CommonJS, and Node imported.
  const exported = valueAt(moduleNamespace, 'default')
  for (const value of [moduleNamespace, exported, valueAt(exported, 'default')]) {
    const read = readForm(value, file)
    if (read) return Object.freeze({ ...read, source })
  }
  throw new PluginError(
    'CFP_NOT_A_PLUGIN',
    `${file === undefined ? 'This' : shownFile(file)} is not a plugin. Looked for: PLUGIN_META and register; ` +
      `a default export by definePlugin(); one of a class with @plugin. Found: ${found(moduleNamespace)}.` +
      (file === undefined ? '' : ' The name of a file that is none begins with _.'),
    { phase: 'validate', file, generation },
  )
}

function readForm(value: unknown, file: string | undefined): Omit<PluginRecord, 'source'> | undefined {
  if (isDefinition(value)) {
    return {
      meta: resolveWith(definitionReader, value, file),
      register: (_app, context) => instanceOfDefinition(value, context),
      form: 'definition',
    }
  }
  const decoration = decorationOf(value)
  if (decoration) {
    const Plugin = value as PluginClass
    const meta = resolveWith(metaReader, decoration.meta, file, decoration.injected)
    return { meta, register: (app, context) => new Plugin(app, context), form: 'class' }
  }
  const register = valueAt(value, 'register') as RegisterPlugin
  const meta = valueAt(value, 'PLUGIN_META')
  return typeof register === 'function' && meta !== undefined
    ? { meta: resolveWith(metaReader, meta, file), register, form: 'module' }
    : undefined
}

/** What a module exports, or what a value is. */
function found(value: unknown): string {
  const what = shown(value)
  const told = what === 'an object' && entriesOf(value, '', () => {})?.map(([key, each]) => `${key} (${shown(each)})`)
  return told ? `exports: ${told.slice(0, 10).join(', ') || 'none'}` : what
}
