// The end of a host: its plugins are stopped, and those that will not end are named.
import { PluginError } from '@cf-plugins/plugin-api'
import type { PluginManager, StopReport } from 'cf-plugins'
import type { Output } from './output.ts'
import { Watchdog } from './watchdog.ts'

/** How long the plugins may take to stop, in milliseconds. */
const STOP_MS = 20_000

/** How much longer the process may take, so that whoever ends by itself is not killed, in milliseconds. */
const GRACE_MS = 2000

/** How the plugins stopped. */
export interface HostEnd {
  readonly report: StopReport
  /** Whether all of them ended, and what was to be kept of them was. */
  readonly isWell: boolean
}

/**
 * Stops the plugins, names those that did not end, and tells whose state was not kept. Where the host is `guarded`, a
 * plugin that blocks the thread for ever is named too, and ends with the process, killed.
 */
export async function stopHost(
  manager: Pick<PluginManager, 'stop' | 'ordered'>,
  output: Output,
  { boundMs = STOP_MS, guarded }: { readonly boundMs?: number | undefined; readonly guarded: boolean },
): Promise<HostEnd> {
  const names = manager.ordered().map(({ plugin }) => plugin)
  const watchdog = guarded ? new Watchdog(boundMs + GRACE_MS, names, output) : undefined
  let report: StopReport
  try {
    report = await manager.stop({ boundMs })
  } finally {
    watchdog?.[Symbol.dispose]()
  }
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
