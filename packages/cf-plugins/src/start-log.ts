// What a start tells the log.
import type { StartReport } from '@cf-plugins/lifecycle'
import type { Logger } from '@cf-plugins/plugin-api'

/** What `event` says in the log of a plugin that did not start, for hosts that tell of those themselves. */
const START_FAILED = 'start.failed'

/** Tells who did not start, and why: a host may have no look at the report. Of nobody at all it tells where somebody could have been. */
export function logStart(report: StartReport, logger: Logger, folders: readonly string[]): void {
  const { active, failed, disabled } = report
  for (const { plugin, state, error } of failed)
    logger.error({ event: START_FAILED, plugin, state, err: error }, error.message)
  const isNobodyThere = active.length + failed.length + disabled.length === 0
  if (isNobodyThere && folders.length > 0)
    logger.warn({ event: 'start.empty', folders }, `No plugin was found in ${folders.join(', ')}.`)
}
