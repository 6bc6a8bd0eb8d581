// `cf explain`: why a plugin is where it is.
import { ExitCode } from '../exit-code.ts'
import type { Output } from '../output.ts'
import { plainExplanation } from '../plain-report.ts'
import { knownExplanation } from '../plugin-source.ts'
import { markOf } from '../render-tree.ts'

/** Asks the running host, or loads the files. */
export async function explain(name: string, folders: readonly string[], output: Output): Promise<ExitCode> {
  const explanation = await knownExplanation(name, folders)
  const { theme } = output
  output.result(
    () => plainExplanation(explanation),
    () => {
      const steps = explanation.chain.map(({ plugin, state, reason }, depth) => {
        const why = reason === '' ? '' : `: ${reason}`
        return `${'  '.repeat(depth)}${markOf(state, theme)} ${theme.strong(plugin)} is ${state}${why}`
      })
      return `${steps.join('\n')}\n`
    },
  )
  return ExitCode.ok
}
