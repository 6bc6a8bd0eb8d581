// The configurations of several plugins, checked as one: all of them, or every problem that any has.
import { PluginError, type PluginRecord } from '@cf-plugins/plugin-api'
import type { PluginRegistry } from '@cf-plugins/registry'
import { configFor } from './config.ts'
import type { PluginHost } from './host.ts'

/**
 * The configurations as their plugins see them.
 *
 * @throws `CFP_PLUGIN_UNKNOWN`, `CFP_CONFIG_INVALID` with every problem of every plugin
 */
export async function checkedConfigs(
  host: PluginHost,
  registry: PluginRegistry,
  raws: ReadonlyMap<string, unknown>,
): Promise<ReadonlyMap<string, unknown>> {
  const records = [...raws.keys()].map((name) => {
    const record = registry.get(name)
    if (!record) throw registry.unknown(name)
    return record
  })
  const configs = new Map<string, unknown>()
  const failures: PluginError[] = []
  const check = async (record: PluginRecord) => {
    const { name } = record.meta
    try {
      configs.set(name, await configFor(record, raws.get(name), host))
    } catch (error) {
      failures.push(error as PluginError)
    }
  }
  await Promise.all(records.map(check))
  if (failures.length > 0) throw allOf(failures)
  return configs
}

/** One error for all; that of one plugin is its own. */
function allOf(failures: readonly PluginError[]): PluginError {
  const [first] = failures as readonly [PluginError]
  if (failures.length === 1) return first
  const messages = failures.map(({ message }) => `\n  ${message}`)
  const issues = failures.flatMap(({ plugin, issues = [] }) =>
    issues.map(({ path, message }) => ({ path: path === '' ? `${plugin}` : `${plugin}.${path}`, message })),
  )
  return new PluginError(
    'CFP_CONFIG_INVALID',
    `The configurations of ${failures.length} plugins are wrong:${messages.join('')}`,
    {
      phase: 'validate',
      issues,
      cause: first,
    },
  )
}
