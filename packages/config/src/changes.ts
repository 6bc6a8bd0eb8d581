// What became another from one configuration to the next.
import { isDeepStrictEqual } from 'node:util'
import type { PluginConfigEntry } from './plugin-entry.ts'
import type { ConfigurablePlugin } from './snapshot-parts.ts'

/** What of a plugin's configuration is another now. At least one is true. */
export interface ConfigChange {
  readonly settings: boolean
  readonly enabled: boolean
  readonly version: boolean
  readonly permissions: boolean
}

/** One side of a comparison. */
export interface ComparedConfig {
  readonly entries: ReadonlyMap<string, PluginConfigEntry>
  readonly settings: (plugin: ConfigurablePlugin) => unknown
}

/** The plugins among `plugins` whose configuration differs, and those that only the files name, by what is written there. */
export function changesBetween(
  previous: ComparedConfig,
  next: ComparedConfig,
  plugins: readonly ConfigurablePlugin[],
): ReadonlyMap<string, ConfigChange> {
  const changes = new Map<string, ConfigChange>()
  const known = new Map(plugins.map((plugin) => [plugin.name, plugin]))
  for (const name of new Set([...known.keys(), ...previous.entries.keys(), ...next.entries.keys()])) {
    const plugin = known.get(name)
    const of = ({ entries, settings }: ComparedConfig) => {
      const entry = entries.get(name)
      return {
        settings: plugin ? settings(plugin) : (entry?.settings ?? {}),
        enabled: entry?.enabled,
        version: entry?.version,
        permissions: entry?.permissions,
      }
    }
    const before = of(previous)
    const after = of(next)
    const differs = (key: keyof typeof before) => !isDeepStrictEqual(before[key], after[key])
    const change: ConfigChange = {
      settings: differs('settings'),
      enabled: differs('enabled'),
      version: differs('version'),
      permissions: differs('permissions'),
    }
    if (Object.values(change).includes(true)) changes.set(name, change)
  }
  return changes
}
