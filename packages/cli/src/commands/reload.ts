// `cf reload`: replaces plugins in the running host.
import { controlAddress } from '../control-address.ts'
import { askHost } from '../control-client.ts'
import { ExitCode } from '../exit-code.ts'
import { foldersOf } from '../folders.ts'
import type { Output } from '../output.ts'
import { fromPlainError, type PlainError } from '../plain-error.ts'
import { type ReloadView, renderReload } from '../render-reload.ts'
import { formatMs } from '../render-timeline.ts'

/** Asks the host of the folders, and tells how it went. */
export async function reload(names: readonly string[], folders: readonly string[], output: Output): Promise<ExitCode> {
  const answer = await askHost(controlAddress(foldersOf(folders)), 'reload', { plugins: names })
  const report = answer as ReloadView & { readonly problems: readonly PlainError[] }
  output.result(
    () => report,
    () =>
      renderReload(report, { theme: output.theme, verbose: output.verbose, reasons: false }) ||
      `nothing to reload: ${names.join(', ')}\n`,
  )
  if (!output.json) for (const problem of report.problems) output.error(fromPlainError(problem))
  if (report.slow)
    output.logger().warn(`The reload took ${formatMs(report.durationMs)}, most of it in phase "${report.slow.phase}".`)
  return report.outcome === 'committed' ? ExitCode.ok : ExitCode.failed
}
