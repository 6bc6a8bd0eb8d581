// The end of a host: its plugins are stopped, and those that will not end are named.
import { PluginError } from '@cf-plugins/plugin-api'
import type { PluginManager, StopReport } from 'cf-plugins'
import type { Output } from './output.ts'

/** How long the plugins may take to stop, in milliseconds. */
const STOP_MS = 20_000

/** Stops the plugins, and names those that did not end. */
export async function stopHost(manager: Pick<PluginManager, 'stop'>, output: Output): Promise<StopReport> {
  const report = await manager.stop({ boundMs: STOP_MS })
  const { hung } = report
  if (hung.length > 0) {
    const names = hung.map((name) => `"${name}"`).join(', ')
    const error = new PluginError(
      'CFP_CLI_HUNG',
      `${hung.length > 1 ? 'Plugins' : 'Plugin'} ${names} did not end. Mend teardown(), or raise timeouts.teardownMs.`,
      { plugin: hung[0], phase: 'teardown' },
    )
    output.error(error, { event: 'hung' })
  }
  return report
}
