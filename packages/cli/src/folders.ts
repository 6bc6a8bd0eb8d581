// Which plugin folders a command is about.
import { createHash } from 'node:crypto'
import { realpathSync } from 'node:fs'
import { delimiter, resolve } from 'node:path'

/** The folders that a host of `paths` has: those, or the default one, and those in `CF_CLI_PLUGIN_PATHS`. Absolute. */
export function foldersOf(paths: readonly string[], env: NodeJS.ProcessEnv = process.env): string[] {
  const named = paths.length > 0 ? paths : ['plugins']
  const added = (env.CF_CLI_PLUGIN_PATHS ?? '').split(delimiter).filter((path) => path !== '')
  return [...new Set([...named, ...added].map((path) => resolve(path)))]
}

/** Stands for a set of folders: the same in whichever order and by whichever link they are named. */
export function keyOfFolders(folders: readonly string[]): string {
  const real = [...new Set(folders.map((folder) => realPathOf(resolve(folder))))].sort()
  return createHash('sha256').update(real.join('\0')).digest('hex').slice(0, 16)
}

function realPathOf(folder: string): string {
  try {
    return realpathSync(folder)
  } catch {
    return folder
  }
}
