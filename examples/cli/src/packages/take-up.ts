// Installed plugins in a shell that runs: they come, and are replaced, without a restart.
import type { ReloadReport } from 'cf-plugins'
import type { Session } from '../session.ts'
import { ToolError } from '../tool-error.ts'
import { packageOf } from './installed.ts'

/** Starts the plugin of a package that has just been installed, or replaces it; does nothing where no shell runs. */
export async function takeUp({ host }: Session, name: string): Promise<void> {
  if (!host) return
  const { manager } = host
  const isIts = (file: string | undefined) => packageOf(file) === name
  const before = manager.ordered().find(({ plugin }) => isIts(manager.registry.get(plugin)?.source.file))?.plugin
  const { members, started } = wellOrThrown(await manager.rescan())
  // One that is there already, and not by another file, has new code where the old one was.
  if (before !== undefined && !members.includes(before) && !started.includes(before))
    wellOrThrown(await manager.reload(before))
}

function wellOrThrown(report: ReloadReport): ReloadReport {
  if (!report.error || report.outcome === 'nothing') return report
  throw new ToolError(`It is installed, and the old code serves on in this shell: ${report.error.message}`, {
    cause: report.error,
  })
}
