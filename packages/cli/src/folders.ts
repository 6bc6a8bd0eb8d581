// Which plugin folders a command is about.
import { delimiter, resolve } from 'node:path'

/** The folders that a host of `paths` has: those, or the default one, and those in `CF_CLI_PLUGIN_PATHS`. Absolute. */
export function foldersOf(paths: readonly string[], env: NodeJS.ProcessEnv = process.env): string[] {
  const named = paths.length > 0 ? paths : ['plugins']
  const added = (env.CF_CLI_PLUGIN_PATHS ?? '').split(delimiter).filter((path) => path !== '')
  return [...new Set([...named, ...added].map((path) => resolve(path)))]
}
