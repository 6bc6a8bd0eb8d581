// The end of a host: its plugins are stopped, and those that will not end are named.
import { PluginError } from '@cf-plugins/plugin-api'
import type { PluginManager } from 'cf-plugins'
import type { Output } from './output.ts'
import { plainStop } from './plain-report.ts'

/** How long the plugins may take to stop, in milliseconds. */
const STOP_MS = 20_000

/** Stops the plugins. Whether all of them ended. */
export async function stopHost(manager: Pick<PluginManager, 'stop'>, output: Output): Promise<boolean> {
  const report = await manager.stop({ boundMs: STOP_MS })
  if (output.json) output.result(() => ({ event: 'stopped', ...plainStop(report) }), String)
  const { hung } = report
  if (hung.length === 0) return true
  const names = hung.map((name) => `"${name}"`).join(', ')
  const error = new PluginError(
    'CFP_CLI_HUNG',
    `${hung.length > 1 ? 'Plugins' : 'Plugin'} ${names} did not end. Mend teardown(), or raise timeouts.teardownMs.`,
    { plugin: hung[0], phase: 'teardown' },
  )
  output.error(error, { event: 'hung' })
  return false
}
