// Everything that is wrong with a configuration, for all plugins at once.
import { nearest } from '@cf-plugins/plugin-api/host'
import { type ConfigProblem, inOrderOfFiles } from './config-problem.ts'
import { strayOverrides } from './overrides.ts'
import type { ResolvedSettings } from './resolve-settings.ts'
import { settingsProblems } from './settings-problems.ts'
import type { ConfigurablePlugin, SnapshotParts } from './snapshot-parts.ts'
import { unknownKeys } from './unknown-keys.ts'

/** How a configuration is checked. */
export interface ConfigCheckOptions {
  /** How long a schema that validates asynchronously may take, in milliseconds. @default 5000 */
  readonly boundMs?: number | undefined
  /** Ends the check, which rejects with its reason. */
  readonly signal?: AbortSignal | undefined
  /** Whether a version is in a range, of which the configuration's `version` is one; without, versions are not compared. */
  readonly satisfies?: ((version: string, range: string) => boolean) | undefined
}

/** What is no matter as long as the plugin does not run. */
const OF_RUNNING: ReadonlySet<ConfigProblem['code']> = new Set([
  'CFP_CONFIG_VALUE',
  'CFP_CONFIG_VARIABLE',
  'CFP_CONFIG_OVERRIDE',
  'CFP_CONFIG_SETTINGS',
  'CFP_CONFIG_VERSION',
])

/** All problems, in the order of the files; what is nowhere in a file comes last. */
export async function checkPlugins(
  parts: SnapshotParts,
  plugins: readonly ConfigurablePlugin[],
  resolve: (plugin: ConfigurablePlugin) => ResolvedSettings,
  { boundMs = 5_000, signal, satisfies }: ConfigCheckOptions,
): Promise<readonly ConfigProblem[]> {
  const { entries, environment, problems } = parts
  const names = plugins.map(({ name }) => name)
  const found = await Promise.all(
    plugins.map(async (plugin) => {
      // Of what could not be read nothing can be said but that.
      if (problems.some((problem) => isOfWhole(problem, plugin.name))) return []
      const resolved = resolve(plugin)
      return [
        ...resolved.problems,
        ...versionProblems(parts, plugin, satisfies),
        ...unknownKeys(plugin.name, resolved),
        ...(await settingsProblems(parts, plugin, resolved, { boundMs, signal })),
      ]
    }),
  )
  const stray = strayOverrides(names, environment).map(
    ({ variable, message }): ConfigProblem => ({
      code: 'CFP_CONFIG_PLUGIN_UNKNOWN',
      severity: 'warning',
      path: '',
      message: `the variable ${variable} ${message}`,
      variable,
    }),
  )
  const running = new Set(
    plugins.filter(({ name, enabled }) => entries.get(name)?.entry.enabled ?? enabled).map(({ name }) => name),
  )
  const all = [...problems, ...unknownPlugins(parts, names), ...found.flat(), ...stray]
  return Object.freeze(
    all
      .map((problem) => {
        const isAtRest = problem.plugin !== undefined && !running.has(problem.plugin) && OF_RUNNING.has(problem.code)
        return isAtRest ? { ...problem, severity: 'warning' as const } : problem
      })
      .sort(inOrderOfFiles(parts.file)),
  )
}

function isOfWhole({ plugin, path, severity }: ConfigProblem, name: string): boolean {
  return severity === 'error' && path === '' && (plugin === undefined || plugin === name)
}

function unknownPlugins({ entries }: SnapshotParts, names: readonly string[]): ConfigProblem[] {
  return [...entries.values()].flatMap(({ entry: { name: plugin, file, line, column } }): ConfigProblem[] => {
    if (names.includes(plugin)) return []
    const meant = nearest(plugin, names)
    const message = `is no plugin of this host${meant ? `; did you mean "${meant}"?` : ''}`
    return [{ code: 'CFP_CONFIG_PLUGIN_UNKNOWN', severity: 'warning', plugin, path: '', message, file, line, column }]
  })
}

function versionProblems(
  { entries }: SnapshotParts,
  { name: plugin, version }: ConfigurablePlugin,
  satisfies: ConfigCheckOptions['satisfies'],
): ConfigProblem[] {
  const read = entries.get(plugin)
  const range = read?.entry.version
  if (!read || range === undefined || !satisfies || satisfies(version, range)) return []
  const message = `the configuration is for ${range}, and the plugin has version ${version}: review it, then change the range`
  const place = read.node.entries.get('version')?.node.position
  return [{ code: 'CFP_CONFIG_VERSION', severity: 'error', plugin, path: 'version', message, ...place }]
}
