// `cf list`: the plugins of some folders, and where each stands.
import { shownFile } from '@cf-plugins/plugin-api/host'
import { ExitCode } from '../exit-code.ts'
import { type PluginView, standOf } from '../graph-view.ts'
import type { Output } from '../output.ts'
import { plainError } from '../plain-error.ts'
import { knownPlugins } from '../plugin-source.ts'
import { markOf } from '../render-tree.ts'

/** Asks the running host, or loads the files. */
export async function list(folders: readonly string[], output: Output): Promise<ExitCode> {
  const { fromHost, view, failures } = await knownPlugins(folders)
  output.result(
    () => ({ host: fromHost, plugins: view, problems: failures.map(plainError) }),
    () => table(view, output),
  )
  if (!output.json) for (const failure of failures) output.error(failure)
  return failures.length > 0 ? ExitCode.failed : ExitCode.ok
}

function table(view: readonly PluginView[], { theme }: Output): string {
  const rows = view.map((plugin) => ({
    cells: [plugin.name, plugin.version, standOf(plugin), plugin.dependencies.join(', ') || '-'],
    file: plugin.file === null ? '' : shownFile(plugin.file),
    state: plugin.state,
  }))
  const head = ['plugin', 'version', 'state', 'needs']
  const widths = head.map((title, at) => Math.max(title.length, ...rows.map(({ cells }) => cells[at]?.length ?? 0)))
  const line = (cells: readonly string[]) => cells.map((cell, at) => cell.padEnd(widths[at] ?? 0)).join('  ')
  const lines = rows.map(({ cells, file, state }) => `${markOf(state, theme)} ${line(cells)}  ${theme.faint(file)}`)
  return [theme.faint(`  ${line(head)}  file`), ...lines, ''].join('\n')
}
