// What a restricted thread is started with: Node's permission model holds for a thread alone.
import { existsSync, realpathSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { PluginError } from '@cf-plugins/plugin-api'
import type { FileAccess } from './options.ts'

/** The files that a thread needs itself. */
export interface ThreadFiles {
  /** What it runs first. */
  readonly thread: string
  /** The plugin's entry file. */
  readonly plugin: string | undefined
}

const LEAST_MAJOR = 22

/** @throws `CFP_WORKER_OPTIONS` where this Node cannot restrict a thread */
export function checkCanRestrict(): void {
  if (Number.parseInt(process.versions.node, 10) >= LEAST_MAJOR) return
  throw new PluginError(
    'CFP_WORKER_OPTIONS',
    `restrict needs Node ${LEAST_MAJOR} or newer, for older ones have no permission model for a thread; this is ${process.versions.node}. Leave it out, or update Node.`,
  )
}

/**
 * The flags of a thread that may use these files alone, start no process and no thread, and load no native addon.
 *
 * @throws `CFP_WORKER_OPTIONS` where this Node cannot
 */
export function permissionFlags(access: FileAccess, files: ThreadFiles): readonly string[] {
  checkCanRestrict()
  const folders = [dirname(files.thread), ...(files.plugin === undefined ? [] : [dirname(files.plugin)])]
  const read = [...folders, ...folders.flatMap(packagesAbove), ...(access.read ?? [])]
  return [
    // Before 22.13 it was an experiment.
    process.allowedNodeEnvironmentFlags.has('--permission') ? '--permission' : '--experimental-permission',
    ...bothNames(read).map((path) => `--allow-fs-read=${path}`),
    ...bothNames(access.write ?? []).map((path) => `--allow-fs-write=${path}`),
  ]
}

/** The folders of installed packages that a file in `folder` may import from, and the manifest that says how a file is to be read. */
function packagesAbove(folder: string): string[] {
  const found: string[] = []
  for (let at = folder; ; at = dirname(at)) {
    for (const name of ['node_modules', 'package.json']) {
      const path = join(at, name)
      if (existsSync(path)) found.push(path)
    }
    if (dirname(at) === at) return found
  }
}

/** A path, and what it is a link to: Node asks for either. */
function bothNames(paths: readonly string[]): readonly string[] {
  return [...new Set(paths.flatMap((path) => [path, realName(path)]))]
}

function realName(path: string): string {
  try {
    return realpathSync(path)
  } catch {
    return path
  }
}
