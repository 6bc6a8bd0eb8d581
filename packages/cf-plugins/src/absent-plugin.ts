// Why a plugin that somebody asks for is not there.
import { PluginError } from '@cf-plugins/plugin-api'
import type { Explanation } from '@cf-plugins/registry'

/**
 * An error that says that there is no plugin of a name, led on to why: the file that it is in could not be loaded, or nothing was started.
 */
export function whyAbsent(error: unknown, explain: (name: string) => Explanation, isStarted: boolean): unknown {
  if (!(error instanceof PluginError) || error.code !== 'CFP_PLUGIN_UNKNOWN' || error.plugin === undefined) return error
  const { code, plugin } = error
  if (!isStarted)
    return new PluginError(code, `${error.message} Nothing was started yet: await start() first.`, { plugin })
  try {
    const { reason, error: cause } = explain(plugin).rootCause
    return new PluginError(code, `There is no plugin "${plugin}": ${reason}`, { plugin, cause })
  } catch {
    // No file is known that it could be in.
    return error
  }
}
