// A plugin's raw settings: the file's values, typed by the schema where variables made them, under the environment's overrides.
import type { ConfigProblem } from './config-problem.ts'
import { type Located, type LocatedScalar, plainValue } from './located.ts'
import { childOf, type OptionNode, optionAt, optionsBelow } from './option-node.ts'
import { overridesOf } from './overrides.ts'
import type { SchemaTree } from './schema-trees.ts'
import type { Secrets } from './secrets.ts'
import type { ConfigurablePlugin, SnapshotParts } from './snapshot-parts.ts'
import { plainText, typedText } from './typed-text.ts'

export interface ResolvedSettings {
  readonly value: unknown
  /** Of types and overrides; what is wrong with the files is the snapshot's. */
  readonly problems: readonly ConfigProblem[]
  readonly schema: SchemaTree
  /** Where the files have the settings. */
  readonly node: Located | undefined
  /** Paths of which something wrong is told already: what follows from it need not be. */
  readonly told: readonly string[]
  /** By path: the variable that a value is from. */
  readonly overridden: ReadonlyMap<string, string>
}

/** Lays everything that a plugin's settings are from over each other, and keeps what is secret of it so. */
export function resolveSettings(
  { entries, environment, problems: known, schemas, secrets }: SnapshotParts,
  { name: plugin, config }: ConfigurablePlugin,
  among: readonly ConfigurablePlugin[],
): ResolvedSettings {
  const problems: ConfigProblem[] = []
  const schema = schemas.of(config)
  const { tree, missing = '' } = schema
  const node = entries.get(plugin)?.settings
  const inFiles = known.filter((each) => each.plugin === plugin && each.severity === 'error').map(({ path }) => path)
  const read = ({ value, from, position }: LocatedScalar, path: readonly string[]) => {
    if (!from || typeof value !== 'string') return value
    const types = tree && optionAt(tree, path).node?.types
    // Where nothing is known of it, the quotes tell whether it is a text.
    if (!types?.size) return from.quoted ? value : plainText(value)
    const typed = typedText(value, types)
    if ('value' in typed) return typed.value
    const at = ['settings', ...path].join('.')
    if (inFiles.includes(at)) return value
    const [variable] = from.variables
    const message = `${variable === undefined ? 'the default' : `the variable ${variable}`} ${typed.problem}`
    problems.push({ code: 'CFP_CONFIG_VALUE', severity: 'error', plugin, path: at, message, ...position, variable })
    return value
  }
  let value = node?.kind === 'map' ? plainValue(node, read) : {}
  const names = among.map(({ name }) => name)
  const overridden = new Map<string, string>()
  const { overrides, refused } = overridesOf(plugin, tree, missing, names, environment)
  const refuse = (variable: string, message: string, path: readonly string[] = []) => {
    const at = { path: ['settings', ...path].join('.'), variable }
    problems.push({
      code: 'CFP_CONFIG_OVERRIDE',
      severity: 'error',
      plugin,
      message: `the variable ${variable} ${message}`,
      ...at,
    })
  }
  for (const { variable, message } of refused) refuse(variable, message)
  for (const { variable, text, path, node: option } of overrides) {
    const typed = typedText(text, option.types)
    // What is wrong is kept out of the errors that follow from it, but its text is a secret all the same.
    if (optionAt(tree as OptionNode, path).isSecret) secrets.add(text)
    if ('problem' in typed) refuse(variable, typed.problem, path)
    else {
      const changed = withValue(value, path, typed.value)
      if (changed === undefined)
        refuse(variable, 'cannot be put in: what it would be a part of is no map in the file', path)
      else {
        value = changed
        overridden.set(path.join('.'), variable)
      }
    }
  }
  if (tree) {
    keepSecrets(tree, value, secrets)
    for (const { node: option, isSecret } of optionsBelow(tree)) {
      if (!option.hasDefault) continue
      if (isSecret) secrets.add(option.default)
      else keepSecrets(option, option.default, secrets)
    }
  }
  // A variable that is refused says nothing of the settings as they are.
  const told = [...inFiles, ...problems.map(({ path }) => path).filter((path) => path !== 'settings')]
  return { value, problems, schema, node, told, overridden }
}

/** The same with one value changed, the maps around it made where they are missing; nothing where something else is there. */
function withValue(within: unknown, [key, ...rest]: readonly string[], value: unknown): unknown {
  if (key === undefined) return value
  if (within !== undefined && (typeof within !== 'object' || within === null || Array.isArray(within))) return undefined
  const own = within !== undefined && Object.hasOwn(within, key) ? (within as Record<string, unknown>)[key] : undefined
  const inner = withValue(own, rest, value)
  return inner === undefined ? undefined : { ...within, [key]: inner }
}

/** Keeps what a schema marks. */
export function keepSecrets(node: OptionNode, value: unknown, secrets: Secrets): void {
  if (node.secret) secrets.add(value)
  else if (typeof value === 'object' && value !== null) {
    for (const [key, each] of Object.entries(value)) {
      const option = childOf(node, key)
      if (option) keepSecrets(option, each, secrets)
    }
  }
}
