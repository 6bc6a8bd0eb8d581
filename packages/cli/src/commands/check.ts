// `cf check`: loads and validates, and starts nothing.
import { configError } from 'cf-plugins'
import { ExitCode } from '../exit-code.ts'
import type { Output } from '../output.ts'
import { plainError } from '../plain-error.ts'
import { loadStatic } from '../static-plugins.ts'

/** Tells every problem of the plugins in some folders. */
export async function check(
  paths: readonly string[],
  { config }: { readonly config?: string | undefined },
  output: Output,
): Promise<ExitCode> {
  const { view, failures, resolution, configuration } = await loadStatic(paths, output.logger(), config)
  const found = config === undefined ? [] : (await configuration()).problems
  const wrong = found.filter(({ severity }) => severity === 'error')
  const problems = [...failures, ...resolution.conflicts, ...(wrong.length > 0 ? [configError(wrong)] : [])]
  const isFine = problems.length === 0
  output.result(
    () => ({ ok: isFine, plugins: view, problems: problems.map(plainError), notes: resolution.notes }),
    () => {
      const { theme } = output
      const notes = resolution.notes.map(({ message }) => `${theme.warning('note')} ${message}\n`).join('')
      const count = `${view.length} ${view.length === 1 ? 'plugin' : 'plugins'}`
      const told = isFine ? theme.good('no problem') : theme.bad(`${problems.length} to correct`)
      return `${notes}${count}, ${told}\n`
    },
  )
  if (!output.json) for (const problem of problems) output.error(problem)
  return isFine ? ExitCode.ok : ExitCode.failed
}
