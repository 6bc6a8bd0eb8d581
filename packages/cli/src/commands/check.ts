// `cf check`: loads and validates, and starts nothing.
import { ExitCode } from '../exit-code.ts'
import type { Output } from '../output.ts'
import { plainError } from '../plain-error.ts'
import { loadStatic } from '../static-plugins.ts'

/** Tells every problem of the plugins in some folders. */
export async function check(paths: readonly string[], output: Output): Promise<ExitCode> {
  const { view, failures, resolution } = await loadStatic(paths, output.logger())
  const problems = [...failures, ...resolution.conflicts]
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
