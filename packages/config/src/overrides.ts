// Overrides from the environment: `CF_PLUGIN_<NAME>__<PATH>`, for what the plugin's schema knows.
import { nearest } from '@cf-plugins/plugin-api/host'
import { type OptionNode, optionsBelow } from './option-node.ts'
import type { Environment } from './variables.ts'

const PREFIX = 'CF_PLUGIN_'
/** What stands between a plugin's name and the keys of a path. */
const BETWEEN = '__'

/** One variable that is for a plugin. */
export interface Override {
  readonly variable: string
  readonly text: string
  readonly path: readonly string[]
  readonly node: OptionNode
}

/** One that cannot be used. */
export interface RefusedOverride {
  readonly variable: string
  readonly message: string
}

/** What each option of a plugin is called in the environment. Of two that are called the same, both. */
export type VariableNames = ReadonlyMap<string, readonly (readonly [path: readonly string[], node: OptionNode])[]>

/** The variable of an option: `CF_PLUGIN_AUTH__POOL__MAXSIZE` for `pool.maxSize` of `auth`. */
export function variableOf(plugin: string, path: readonly string[]): string {
  return PREFIX + [plugin, ...path].map(inCapitals).join(BETWEEN)
}

/** Every option below a plugin's settings that a variable can name: not what is in arrays, nor a record's keys. */
export function variableNames(plugin: string, tree: OptionNode): VariableNames {
  const names = new Map<string, (readonly [readonly string[], OptionNode])[]>()
  for (const { path, node } of optionsBelow(tree)) {
    if (path.includes('[]') || path.includes('*')) continue
    const name = variableOf(plugin, path)
    names.set(name, [...(names.get(name) ?? []), [path, node]])
  }
  return names
}

/**
 * The overrides of one plugin, outer options before inner ones, and what is refused.
 *
 * @param tree Nothing where the schema has no JSON Schema; `missing` says why
 * @param others Names of all plugins, for those that are called alike in the environment
 */
export function overridesOf(
  plugin: string,
  tree: OptionNode | undefined,
  missing: string,
  others: readonly string[],
  environment: Environment,
): { readonly overrides: readonly Override[]; readonly refused: readonly RefusedOverride[] } {
  const overrides: Override[] = []
  const refused: RefusedOverride[] = []
  const seen = new Map<string, string>()
  let names: VariableNames | undefined
  for (const [variable, text] of environment) {
    const name = variable.toUpperCase()
    const prefix = variableOf(plugin, [''])
    if (!name.startsWith(prefix)) continue
    const refuse = (message: string) => void refused.push({ variable, message })
    const alike = others.filter((other) => other !== plugin && name.startsWith(variableOf(other, [''])))
    const twin = seen.get(name)
    seen.set(name, variable)
    if (alike.length > 0) {
      refuse(
        `could be meant for ${[plugin, ...alike].map((each) => `"${each}"`).join(' or ')}: set it in a file instead`,
      )
    } else if (twin !== undefined) refuse(`is the same as ${twin}, for case does not count: unset one of them`)
    else if (isDangerous(name.slice(prefix.length))) refuse('is refused: no option is called so')
    else if (!tree) refuse(`cannot be used: ${missing}, so that its options are not known by name`)
    else {
      names ??= variableNames(plugin, tree)
      const [found, second] = names.get(name) ?? []
      if (found && !second) overrides.push({ variable, text, path: found[0], node: found[1] })
      else if (found && second) {
        refuse(`could be ${[found, second].map(([path]) => path.join('.')).join(' or ')}: set it in a file instead`)
      } else {
        const meant = nearest(name, [...names.keys()])
        refuse(`is no option of the plugin's schema${meant ? `; did you mean ${meant}?` : ''}`)
      }
    }
  }
  return { overrides: overrides.sort((one, other) => one.path.length - other.path.length), refused }
}

/** Variables that look like overrides, but of no plugin that is known, with the one that may be meant. */
export function strayOverrides(plugins: readonly string[], environment: Environment): readonly RefusedOverride[] {
  const prefixes = plugins.map((plugin) => variableOf(plugin, ['']))
  return [...environment.keys()].flatMap((variable) => {
    const name = variable.toUpperCase()
    const [, plugin] = new RegExp(`^${PREFIX}(.+?)${BETWEEN}.`).exec(name) ?? []
    if (plugin === undefined || prefixes.some((prefix) => name.startsWith(prefix))) return []
    const meant = nearest(plugin, plugins.map(inCapitals))
    const hint = meant ? `; did you mean ${PREFIX}${meant}${BETWEEN}...?` : ''
    return [{ variable, message: `is for no plugin of this host${hint}` }]
  })
}

function inCapitals(word: string): string {
  return word.toUpperCase().replace(/[^A-Z0-9]/g, '_')
}

/** `__PROTO__` is refused wherever it stands among the keys, and what leads from an object to its class. */
function isDangerous(path: string): boolean {
  return (
    /(^|__)__PROTO__(__|$)/.test(path) ||
    path.split(BETWEEN).some((key) => key === 'CONSTRUCTOR' || key === 'PROTOTYPE')
  )
}
