// Where a command learns of plugins: the host that runs on their folders, or else their files.
import type { PluginError } from '@cf-plugins/plugin-api'
import type { Explanation } from 'cf-plugins'
import { askRunning } from './ask-running.ts'
import type { GraphView } from './graph-view.ts'

/** Plugins, and who told of them. */
export interface PluginsKnown {
  /** Whether a running host answered; otherwise the files were loaded, and nothing was started. */
  readonly fromHost: boolean
  readonly view: GraphView
  /** What could not be loaded. */
  readonly failures: readonly PluginError[]
}

/** @throws `CFP_FOLDER_MISSING`, `CFP_FOLDER_UNREADABLE`, `CFP_CLI_NO_PLUGINS`, and what `askHost` throws */
export async function knownPlugins(paths: readonly string[]): Promise<PluginsKnown> {
  const view = await askRunning(paths, 'list')
  if (view !== undefined) return { fromHost: true, view: view as GraphView, failures: [] }
  const { loadStatic } = await import('./static-plugins.ts')
  const known = await loadStatic(paths)
  return { fromHost: false, view: known.view, failures: known.failures }
}

/** Why a plugin is where it is. @throws `CFP_PLUGIN_UNKNOWN`, and as `knownPlugins` does */
export async function knownExplanation(name: string, paths: readonly string[]): Promise<Explanation> {
  const answer = await askRunning(paths, 'explain', { plugin: name })
  if (answer !== undefined) return answer as Explanation
  const { loadStatic } = await import('./static-plugins.ts')
  return (await loadStatic(paths)).explain(name)
}
