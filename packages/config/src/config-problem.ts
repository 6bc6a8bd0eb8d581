// What is wrong with a configuration: one problem, and the one error that tells them all.
import { PluginError, type PluginIssue } from '@cf-plugins/plugin-api'
import { shownFile } from '@cf-plugins/plugin-api/host'
import type { ConfigErrorCode } from './error-codes.ts'

/** A place in a file. */
export interface ConfigPosition {
  /** Absolute path. */
  readonly file: string
  /** From 1; absent where the file as a whole is meant. */
  readonly line?: number | undefined
  /** From 1. */
  readonly column?: number | undefined
}

/** One thing that is wrong, and where. Never has anything of a secret's value in it. */
export interface ConfigProblem extends PluginIssue, Partial<ConfigPosition> {
  readonly code: ConfigErrorCode
  /** With an error the configuration is not used; a warning is to be told. */
  readonly severity: 'error' | 'warning'
  /** Whom it concerns; absent where it is a whole file, and so every plugin. */
  readonly plugin?: string | undefined
  /** Where in the plugin's part: `version`, `settings.timeout`. Empty for the whole. */
  readonly path: string
  /** The environment variable that the value is from. */
  readonly variable?: string | undefined
}

/** One line that says where and what: `plugins.yaml:4:14 auth.settings.timeout: must be a number`. */
export function problemLine({ plugin = '', path, message, variable, ...position }: ConfigProblem): string {
  const subject = oneLine([plugin, path].filter(Boolean).join('.'))
  const from = variable === undefined || message.includes(variable) ? '' : `(from ${variable})`
  const where = [placeLine(position), subject, from].filter(Boolean).join(' ')
  return where ? `${where}: ${oneLine(message)}` : oneLine(message)
}

/** Keys are whatever somebody wrote, and schemas may say things in paragraphs. */
function oneLine(text: string): string {
  const code = (sign: string) => `\\u${sign.charCodeAt(0).toString(16).padStart(4, '0')}`
  return text.replace(/\s*\n\s*/g, ' ').replace(/\p{Cc}/gu, code)
}

/** `plugins.yaml:4:14`; empty for what is in no file. */
export function placeLine({ file, line, column }: Partial<ConfigPosition>): string {
  return file === undefined ? '' : [shownFile(file), line, column].filter((part) => part !== undefined).join(':')
}

/** The error of a configuration that is not used. */
export type ConfigRefusal = PluginError & { readonly problems: readonly ConfigProblem[] }

/**
 * The error that tells every problem at once, each on its line.
 *
 * @param plugin Whose configuration was asked for, where it was one's
 */
export function configError(problems: readonly ConfigProblem[], plugin?: string): ConfigRefusal {
  const [first] = problems
  const whose = plugin === undefined ? 'The configuration' : `The configuration of plugin "${plugin}"`
  const error = new PluginError(
    'CFP_CONFIG_REFUSED',
    `${whose} is not used, for it is wrong:${problems.map((problem) => `\n  ${problemLine(problem)}`).join('')}`,
    {
      plugin: plugin ?? sameOf(problems),
      phase: 'configure',
      file: first?.file,
      line: first?.line,
      column: first?.column,
      issues: problems,
    },
  )
  return Object.assign(error, { problems })
}

function sameOf(problems: readonly ConfigProblem[]): string | undefined {
  const [first] = problems
  return problems.every(({ plugin }) => plugin === first?.plugin) ? first?.plugin : undefined
}

/** As somebody reads the files: the main one first, what is in none last. */
export function inOrderOfFiles(main: string): (one: ConfigProblem, other: ConfigProblem) => number {
  const rank = ({ file }: ConfigProblem) => (file === undefined ? 2 : file === main ? 0 : 1)
  return (one, other) =>
    rank(one) - rank(other) ||
    (one.file ?? '').localeCompare(other.file ?? '') ||
    (one.line ?? 0) - (other.line ?? 0) ||
    (one.column ?? 0) - (other.column ?? 0)
}
