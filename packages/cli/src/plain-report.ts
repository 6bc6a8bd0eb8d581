// Reports as plain data, for `--json` and the control socket.
import type { Explanation, ReloadReport, StartReport, StopReport } from 'cf-plugins'
import { plainError } from './plain-error.ts'

/** A start, without its classes. */
export function plainStart(report: StartReport): Record<string, unknown> {
  return {
    ...report,
    failed: report.failed.map((failure) => ({ ...failure, error: plainError(failure.error) })),
    problems: report.problems.map(plainError),
  }
}

/** A reload, without its classes and its instances. */
export function plainReload({
  instances: _instances,
  error,
  problems,
  ...report
}: ReloadReport): Record<string, unknown> {
  return { ...report, error: error ? plainError(error) : null, problems: problems.map(plainError) }
}

/** A stop, without its classes. */
export function plainStop(report: StopReport): Record<string, unknown> {
  return {
    ...report,
    problems: report.problems.map(plainError),
    undelivered: Object.fromEntries(report.undelivered),
  }
}

/** Why a plugin is where it is, without classes. */
export function plainExplanation({ rootCause, ...explanation }: Explanation): Record<string, unknown> {
  const { error, ...step } = rootCause
  return { ...explanation, rootCause: { ...step, error: error ? plainError(error) : null } }
}
