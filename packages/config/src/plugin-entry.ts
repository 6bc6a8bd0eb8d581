// What a configuration says of one plugin: the framework's keys checked, the plugin's own settings as they are.
import { isPermission, nearest } from '@cf-plugins/plugin-api/host'
import type { ConfigPosition, ConfigProblem } from './config-problem.ts'
import type { Located, LocatedEntry, LocatedMap } from './located.ts'
import { placeOf, plainValue } from './located.ts'

/** What stands in the files for one plugin. */
export interface PluginConfigEntry extends ConfigPosition {
  readonly name: string
  /** Whether the plugin runs, where the configuration says so. */
  readonly enabled?: boolean
  /** The semver range of versions that the configuration is for. */
  readonly version?: string
  /** What the host grants. */
  readonly permissions?: readonly string[]
  /**
   * As the files and `${...}` have it: before the schema's types and the environment's overrides, which
   * {@link ConfigSnapshot.settingsFor} adds. Frozen.
   */
  readonly settings?: unknown
}

/** An entry, and where its settings stand. */
export interface ReadEntry {
  readonly entry: PluginConfigEntry
  /** Of the entry as a whole. */
  readonly node: LocatedMap
  readonly settings: Located | undefined
}

const NAME = /^[a-z0-9][a-z0-9._-]{0,213}$/
const KEYS = ['enabled', 'permissions', 'settings', 'version']

/** Whether a plugin can have this name. */
export function isPluginName(name: string): boolean {
  return NAME.test(name)
}

/** Reads one plugin's part. What is wrong with it is told, and left out. */
export function readEntry(name: string, { key, node }: LocatedEntry, problems: ConfigProblem[]): ReadEntry {
  const tell = (path: readonly string[], message: string, code: ConfigProblem['code'] = 'CFP_CONFIG_VALUE') =>
    void problems.push({
      code,
      severity: 'error',
      plugin: name,
      path: path.join('.'),
      message,
      ...placeOf(node, path, key),
    })
  const map = asMap(node)
  if (!map) tell([], `must be a map with some of ${KEYS.join(', ')}`)
  const entries = map?.entries ?? new Map<string, LocatedEntry>()
  for (const [each, { key: position }] of entries) {
    if (KEYS.includes(each)) continue
    const meant = nearest(each, KEYS)
    const what = meant ? `did you mean "${meant}"?` : "the plugin's own settings stand under settings"
    const problem = { code: 'CFP_CONFIG_KEY', severity: 'error', plugin: name, path: each, ...position } as const
    problems.push({ ...problem, message: `is not known; ${what}` })
  }
  const enabled = asFlag(entries.get('enabled')?.node)
  if (entries.has('enabled') && enabled === undefined) tell(['enabled'], 'must be true or false')
  const version = asText(entries.get('version')?.node)
  if (entries.has('version') && !version)
    tell(['version'], 'must be a semver range, in quotes if it looks like a number')
  const permissions = asPermissions(entries.get('permissions')?.node)
  if (entries.has('permissions') && !permissions) {
    tell(['permissions'], 'must be a list of permissions such as "service:database" or "event:user.*"')
  }
  const settings = entries.get('settings')?.node
  // `settings:` with nothing after it is no mistake.
  const some = settings && !isNothing(settings) ? settings : undefined
  if (some && some.kind !== 'map') tell(['settings'], 'must be a map')
  return {
    entry: Object.freeze({
      name,
      ...key,
      ...(enabled !== undefined && { enabled }),
      ...(version && { version }),
      ...(permissions && { permissions: Object.freeze(permissions) }),
      ...(some && { settings: frozen(plainValue(some, ({ value }) => value)) }),
    }),
    node: map ?? { kind: 'map', entries, position: key, size: 1, height: 1 },
    settings: some,
  }
}

/** Where a setting stands, or, for what is not there, what it would be in. */
export function settingPlace(
  { entry: { file, line, column }, node, settings }: ReadEntry,
  path: readonly string[],
): ConfigPosition {
  const own = node.entries.get('settings')?.key ?? { file, line, column }
  return settings ? placeOf(settings, path, own) : own
}

/** A key with nothing after it says as little as none. */
export function asMap(node: Located): LocatedMap | undefined {
  if (isNothing(node)) return { kind: 'map', entries: new Map(), position: node.position, size: 1, height: 1 }
  return node.kind === 'map' ? node : undefined
}

function isNothing(node: Located): boolean {
  return node.kind === 'scalar' && node.value === null
}

/** What a variable gave is a text until somebody says what it should be. */
function asFlag(node: Located | undefined): boolean | undefined {
  if (node?.kind !== 'scalar') return undefined
  if (typeof node.value === 'boolean') return node.value
  if (!node.from) return undefined
  return node.value === 'true' ? true : node.value === 'false' ? false : undefined
}

function asText(node: Located | undefined): string | undefined {
  return node?.kind === 'scalar' && typeof node.value === 'string' && node.value.trim() ? node.value : undefined
}

function asPermissions(node: Located | undefined): string[] | undefined {
  if (node?.kind !== 'list') return undefined
  const texts = node.items.map(asText)
  return texts.every(isPermission) ? texts : undefined
}

function frozen<T>(value: T): T {
  if (typeof value === 'object' && value !== null) {
    for (const each of Object.values(value)) frozen(each)
    Object.freeze(value)
  }
  return value
}
