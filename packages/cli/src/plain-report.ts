// Reports as plain data, for `--json` and the control socket.
import type { PluginError, ReloadReport, StartReport, StopReport } from 'cf-plugins'

const plain = (error: PluginError | undefined) => error?.toJSON() ?? null

/** A start, without its classes. */
export function plainStart(report: StartReport): Record<string, unknown> {
  return { ...report, failed: report.failed.map((failure) => ({ ...failure, error: plain(failure.error) })) }
}

/** A reload, without its classes and its instances. */
export function plainReload({
  instances: _instances,
  error,
  problems,
  ...report
}: ReloadReport): Record<string, unknown> {
  return { ...report, error: plain(error), problems: problems.map(plain) }
}

/** A stop, without its classes. */
export function plainStop(report: StopReport): Record<string, unknown> {
  return { ...report, problems: report.problems.map(plain) }
}
