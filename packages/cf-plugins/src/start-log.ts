// What a start tells the log.
import type { StartReport } from '@cf-plugins/lifecycle'
import type { Logger } from '@cf-plugins/plugin-api'

/** What `event` says in the log of a plugin that did not start, for hosts that tell of those themselves. */
export const START_FAILED = 'start.failed'

/** Tells who did not start, and why: a host may have no look at the report. */
export function logStart({ failed }: StartReport, logger: Logger): void {
  for (const { plugin, state, error } of failed)
    logger.error({ event: START_FAILED, plugin, state, err: error }, error.message)
}

/** Tells that there is nothing that could have been started, and where it would have been. */
export function logNothing(folders: readonly string[], logger: Logger): void {
  logger.warn({ event: 'start.empty', folders }, `No plugin was found in ${folders.join(', ')}.`)
}
