// Plugins as their files tell: loaded and checked, and none of them started.
import { basename, dirname } from 'node:path'
import { PluginError } from '@cf-plugins/plugin-api'
import {
  type ConfigOverview,
  type Explanation,
  type FoundPlugin,
  type Logger,
  PluginManager,
  type Resolution,
} from 'cf-plugins'
import { foldersOf } from './folders.ts'
import { type GraphView, viewOf } from './graph-view.ts'

/** What is known without starting anything. */
export interface StaticPlugins {
  readonly view: GraphView
  /** Files that cannot be loaded, and names that are there twice. */
  readonly failures: readonly PluginError[]
  readonly resolution: Resolution
  /** Why a plugin could not start, or not even be loaded. @throws `CFP_PLUGIN_UNKNOWN` */
  explain(name: string): Explanation
  /** What can be configured, and what is wrong with what is. */
  configuration(): Promise<ConfigOverview>
}

/**
 * Loads the plugins of some folders and resolves their dependencies. Calls no plugin's `register`.
 *
 * @throws `CFP_FOLDER_MISSING`, `CFP_FOLDER_UNREADABLE`, `CFP_CLI_NO_PLUGINS`
 */
export async function loadStatic(paths: readonly string[], logger?: Logger, config?: string): Promise<StaticPlugins> {
  const manager = new PluginManager({
    ...(paths.length > 0 && { paths }),
    logger: logger ?? false,
    ...(config !== undefined && { config }),
  })
  const { loader, registry } = manager
  const found = await loader.discover()
  assertSome(found, paths)
  const loaded = await loader.loadAll(found)
  const failures = [...loaded.failures]
  for (const record of loaded.records) {
    try {
      registry.add(record)
    } catch (error) {
      failures.push(error as PluginError)
    }
  }
  const resolution = registry.resolve()
  const disabled = new Set(resolution.disabled)
  const statusOf = (name: string) => {
    const error = resolution.blocked.get(name)
    return { state: error ? 'blocked' : disabled.has(name) ? 'disabled' : 'resolved', generation: 0, error }
  }
  const view = registry.order().flatMap((name) => {
    const record = registry.get(name)
    return record ? [viewOf(record, statusOf(name), registry.dependenciesOf(name))] : []
  })
  const explain = (name: string) => {
    const failure = registry.has(name) ? undefined : failures.find((error) => isAbout(error, name))
    return failure ? explainFailure(name, failure) : registry.explain(name, statusOf)
  }
  return { view, failures, resolution, explain, configuration: () => manager.configuration() }
}

/** @throws `CFP_CLI_NO_PLUGINS` */
export function assertSome(found: readonly FoundPlugin[], paths: readonly string[]): void {
  if (found.length > 0) return
  const folders = foldersOf(paths)
  throw new PluginError(
    'CFP_CLI_NO_PLUGINS',
    `There is no plugin in ${folders.join(', ')}. A plugin is a source file in that folder, or a folder with an index or plugin file.`,
    { phase: 'discover', file: folders[0] },
  )
}

/** As a running host explains a plugin that could not be loaded. */
function explainFailure(plugin: string, error: PluginError): Explanation {
  const step = { plugin, state: 'failed', reason: error.message }
  return { plugin, state: 'failed', chain: [step], rootCause: { ...step, error }, text: `${plugin}: ${error.message}` }
}

/** Whether a failure is about the plugin of a name, as far as its file's name tells. */
function isAbout({ plugin, file }: PluginError, name: string): boolean {
  if (plugin !== undefined || file === undefined) return plugin === name
  return [basename(file).replace(/\.[^.]+$/, ''), basename(dirname(file))].includes(name)
}
