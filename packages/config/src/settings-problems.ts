// What a plugin's schema has against its settings, told where they stand and without a secret.
import { messageOf, type StandardIssue } from '@cf-plugins/plugin-api'
import { within } from '@cf-plugins/plugin-api/host'
import type { ConfigPosition, ConfigProblem } from './config-problem.ts'
import { type OptionNode, optionAt } from './option-node.ts'
import { settingPlace } from './plugin-entry.ts'
import { keepSecrets, type ResolvedSettings } from './resolve-settings.ts'
import type { ConfigurablePlugin, SnapshotParts } from './snapshot-parts.ts'

export interface ValidateOptions {
  readonly boundMs: number
  readonly signal: AbortSignal | undefined
}

/** Validates, synchronously or not as the schema does. @throws the signal's reason */
export async function settingsProblems(
  parts: SnapshotParts,
  { name: plugin, config }: ConfigurablePlugin,
  resolved: ResolvedSettings,
  { boundMs, signal }: ValidateOptions,
): Promise<ConfigProblem[]> {
  if (!config) return []
  const problem = (message: string, path: readonly string[] = []): ConfigProblem => ({
    code: 'CFP_CONFIG_SETTINGS',
    severity: 'error',
    plugin,
    path: ['settings', ...path].join('.'),
    message: said(message, path, resolved, parts),
    ...whence(parts, plugin, path, resolved),
  })
  const isTold = ({ path }: ConfigProblem) => resolved.told.some((each) => each === path || path.startsWith(`${each}.`))
  try {
    const late = () => new Error(`the schema did not answer within ${boundMs} ms`)
    const answer = await within(config['~standard'].validate(resolved.value), { ms: boundMs, late, signal })
    // What the schema made of a secret, a trimmed one say, is what the plugin gets and may tell.
    if (!answer.issues && resolved.schema.tree) keepSecrets(resolved.schema.tree, answer.value, parts.secrets)
    const issues = (answer.issues ?? []).flatMap(spread).map(({ message, path }) => problem(message, path))
    return issues.filter((issue) => !isTold(issue))
  } catch (error) {
    signal?.throwIfAborted()
    return [problem(`the schema threw: ${messageOf(error)}`)]
  }
}

interface Issue {
  readonly message: string
  readonly path: readonly string[]
}

/** An issue as one a place: zod tells all keys that it does not know by one, at what they are in. */
function spread({ message, path = [], ...rest }: StandardIssue & { readonly keys?: unknown }): Issue[] {
  const at = path.map((part) => String(typeof part === 'object' ? part.key : part))
  const { keys } = rest
  if (!Array.isArray(keys) || keys.length === 0) return [{ message, path: at }]
  return keys.map((key) => ({ message: "is not known to the plugin's schema", path: [...at, String(key)] }))
}

/** The file's place, or the variable: what is from the environment is nowhere in a file. */
function whence(
  { entries, file }: SnapshotParts,
  plugin: string,
  path: readonly string[],
  { overridden }: ResolvedSettings,
): Partial<ConfigPosition> & { readonly variable?: string } {
  for (let length = path.length; length > 0; length--) {
    const variable = overridden.get(path.slice(0, length).join('.'))
    if (variable !== undefined) return { variable }
  }
  const entry = entries.get(plugin)
  return entry ? settingPlace(entry, path) : { file }
}

/** The library's words, but for a secret's own: those could have a part of it, or all, that nobody would find again. */
function said(
  message: string,
  path: readonly string[],
  { schema: { tree }, value }: ResolvedSettings,
  { secrets }: SnapshotParts,
): string {
  const { node, isSecret } = tree ? optionAt(tree, path) : { node: undefined, isSecret: false }
  if (isSecret && valueAt(value, path) !== undefined) {
    return `is not what the schema takes${expected(node)}; it is a secret, and so nothing more is told`
  }
  const prefix = `${path.join('.')} `
  return secrets.hide(path.length > 0 && message.startsWith(prefix) ? message.slice(prefix.length) : message)
}

function expected(node: OptionNode | undefined): string {
  const parts = [[...(node?.types ?? [])].join(' or '), ...(node?.rules ?? [])].filter(Boolean)
  return parts.length > 0 ? ` (${parts.join(', ')})` : ''
}

function valueAt(value: unknown, path: readonly string[]): unknown {
  return path.reduce<unknown>(
    (at, key) => (Object(at) === at ? (at as Record<string, unknown>)[key] : undefined),
    value,
  )
}
