// `cf graph`: who needs whom.
import { ExitCode } from '../exit-code.ts'
import { renderDot } from '../graph-view.ts'
import type { Output } from '../output.ts'
import { plainError } from '../plain-error.ts'
import { knownPlugins } from '../plugin-source.ts'
import { renderTree } from '../render-tree.ts'

/** A tree for people, Graphviz' language where `dot`. */
export async function graph(
  folders: readonly string[],
  { dot }: { readonly dot: boolean },
  output: Output,
): Promise<ExitCode> {
  const { fromHost, view, failures } = await knownPlugins(folders)
  output.result(
    () => ({ host: fromHost, plugins: view, problems: failures.map(plainError) }),
    () => (dot ? renderDot(view) : renderTree(view, output.theme)),
  )
  if (!output.json) for (const failure of failures) output.error(failure)
  return failures.length > 0 ? ExitCode.failed : ExitCode.ok
}
