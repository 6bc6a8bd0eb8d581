// The end of a host: its plugins are stopped, and those that will not end are named.
import { PluginError } from '@cf-plugins/plugin-api'
import type { PluginManager, StopReport } from 'cf-plugins'
import type { Output } from './output.ts'

/** How long the plugins may take to stop, in milliseconds. */
const STOP_MS = 20_000

/** How the plugins stopped. */
export interface HostEnd {
  readonly report: StopReport
  /** Whether all of them ended, and what was to be kept of them was. */
  readonly isWell: boolean
}

/** Stops the plugins, names those that did not end, and tells whose state was not kept. */
export async function stopHost(manager: Pick<PluginManager, 'stop'>, output: Output): Promise<HostEnd> {
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
  const unkept = report.problems.filter(isStateProblem)
  for (const error of unkept) output.error(error, { event: 'state-not-kept' })
  return { report, isWell: hung.length === 0 && unkept.length === 0 }
}

/** Whether an error is about state that was to be kept. */
export function isStateProblem(error: unknown): boolean {
  return error instanceof PluginError && error.code.startsWith('CFP_STATE_')
}
