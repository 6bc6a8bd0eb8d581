// `cf config`: every option of every plugin, and what is wrong with what is configured.
import { type ConfigOverview, documentationMarkdown, documentationText, problemLine } from 'cf-plugins'
import { askRunning } from '../ask-running.ts'
import type { BriefHostOptions } from '../brief-host.ts'
import { ExitCode } from '../exit-code.ts'
import type { Output } from '../output.ts'

export interface ConfigOptions extends BriefHostOptions {
  /** Print tables for a page. */
  readonly markdown?: boolean | undefined
}

/** Asks the running host, or loads the files and starts nothing. Fails where something is wrong. */
export async function config(folders: readonly string[], options: ConfigOptions, output: Output): Promise<ExitCode> {
  const running = (await askRunning(folders, 'config')) as ConfigOverview | undefined
  const { plugins, problems } = running ?? (await overviewOf(folders, options, output))
  const text = options.markdown ? documentationMarkdown : documentationText
  output.result(
    () => ({ host: running !== undefined, plugins, problems }),
    () => plugins.map(text).join('\n'),
  )
  const { errorTheme, stderr, json } = output
  for (const problem of json ? [] : problems) {
    const mark = problem.severity === 'error' ? errorTheme.bad('error') : errorTheme.warning('warn ')
    stderr.write(`${mark} ${problemLine(problem)}\n`)
  }
  return problems.some(({ severity }) => severity === 'error') ? ExitCode.failed : ExitCode.ok
}

async function overviewOf(
  folders: readonly string[],
  { config }: BriefHostOptions,
  output: Output,
): Promise<ConfigOverview> {
  const { loadStatic } = await import('../static-plugins.ts')
  const { failures, configuration } = await loadStatic(folders, output.logger(), config)
  for (const failure of failures) output.error(failure)
  return configuration()
}
