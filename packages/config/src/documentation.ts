// Every option that a plugin takes, as its schema has it.
import type { ResolvedPluginMeta } from '@cf-plugins/plugin-api'
import { childOf, type OptionNode, optionsBelow } from './option-node.ts'
import { variableNames, variableOf } from './overrides.ts'
import { SchemaTrees } from './schema-trees.ts'
import { MASK } from './secrets.ts'

/** One option. */
export interface ConfigOption {
  /** `pool.maxSize`; `servers[].host` in the items of an array, `labels.*` for a key of one's own. */
  readonly path: string
  /** `'number'`; several with ` | ` between them; `'any'` where nobody knows. */
  readonly type: string
  readonly required: boolean
  readonly description?: string
  /** What the schema puts where nothing is said. Of a secret it is not told. */
  readonly default?: unknown
  /** The values that it can have, where they are counted. Of a secret they are not told. */
  readonly values?: readonly unknown[]
  /** What else must hold: `at least 1`. */
  readonly rules: readonly string[]
  readonly secret: boolean
  readonly deprecated: boolean
  /** The environment variable that overrides it, where one can. */
  readonly variable?: string
}

/** What a plugin can be configured by. */
export interface ConfigDocumentation {
  readonly plugin: string
  readonly description: string
  /** In the schema's order, outer before inner. */
  readonly options: readonly ConfigOption[]
  /** Why there are no options to tell of, where that is so. */
  readonly missing?: string
}

/**
 * The options of a plugin, from its schema's JSON Schema. Where that cannot be had, `missing` says so.
 *
 * @example
 * console.log(documentationText(documentation(plugin.meta)))
 */
export function documentation({
  name,
  description,
  config,
}: Pick<ResolvedPluginMeta, 'name' | 'description' | 'config'>): ConfigDocumentation {
  const { tree, missing = '' } = new SchemaTrees().of(config)
  if (!tree) return { plugin: name, description, options: [], missing }
  const variables = variableNames(name, tree)
  const options = Array.from(optionsBelow(tree), ({ path, node, required, isSecret }): ConfigOption => {
    const variable = variableOf(name, path)
    return {
      path: path.join('.').replaceAll('.[]', '[]'),
      type: typeText(node),
      required: required && !node.hasDefault,
      ...(node.description !== undefined && { description: node.description }),
      ...(node.hasDefault && !isSecret && { default: shownDefault(node, node.default) }),
      ...(node.values && !isSecret && { values: node.values }),
      rules: isSecret ? [] : node.rules,
      secret: isSecret,
      deprecated: node.deprecated,
      // Of two that are called the same, neither can be set so.
      ...(variables.get(variable)?.length === 1 && { variable }),
    }
  })
  return { plugin: name, description, options }
}

/** What a schema puts in, without what is secret in it. */
function shownDefault(node: OptionNode | undefined, value: unknown): unknown {
  if (node?.secret) return MASK
  if (typeof value !== 'object' || value === null) return value
  if (Array.isArray(value)) return value.map((each, at) => shownDefault(childOf(node, `${at}`), each))
  return Object.fromEntries(Object.entries(value).map(([key, each]) => [key, shownDefault(childOf(node, key), each)]))
}

/** @param level How far inside lists and maps of lists and maps; one may be a list of itself. */
function typeText({ types, items, others, properties, values }: OptionNode, level = 0): string {
  const of = (node: OptionNode) => (level < 3 ? typeText(node, level + 1) : 'any')
  const names = Array.from(types, (type) => {
    if (type === 'array' && items) {
      const item = of(items)
      return item === 'any' ? 'array' : item.includes(' ') ? `(${item})[]` : `${item}[]`
    }
    return type === 'object' && others && properties.size === 0 ? `map of ${of(others)}` : type
  })
  if (names.length > 0) return names.join(' | ')
  return values ? 'one of the values' : 'any'
}
