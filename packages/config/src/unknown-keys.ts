// Keys in a plugin's settings that its schema would drop without a word.
import { nearest } from '@cf-plugins/plugin-api/host'
import type { ConfigProblem } from './config-problem.ts'
import type { Located } from './located.ts'
import { childOf, type OptionNode } from './option-node.ts'
import type { ResolvedSettings } from './resolve-settings.ts'

/** Warnings, for the plugin would not notice; keys that the schema refuses are for it to tell. */
export function unknownKeys(plugin: string, { node, schema: { tree } }: ResolvedSettings): ConfigProblem[] {
  const problems: ConfigProblem[] = []
  const walk = (value: Located, option: OptionNode | undefined, path: readonly string[]) => {
    if (!option || value.kind === 'scalar') return
    if (value.kind === 'list') {
      for (const [at, item] of value.items.entries()) walk(item, option.items, [...path, `${at}`])
      return
    }
    for (const [key, { key: position, node: inner }] of value.entries) {
      const here = [...path, key]
      if (option.otherKeys === 'dropped' && !option.properties.has(key)) {
        const meant = nearest(key, [...option.properties.keys()])
        const message = `is not known to the plugin's schema${meant ? `; did you mean "${meant}"?` : ''}`
        const at = { plugin, path: here.join('.'), ...position }
        problems.push({ code: 'CFP_CONFIG_KEY', severity: 'warning', message, ...at })
      } else walk(inner, childOf(option, key), here)
    }
  }
  if (node) walk(node, tree, ['settings'])
  return problems
}
