// What a restricted thread is started with: Node's permission model, which holds for that thread alone.
import { existsSync, readdirSync, realpathSync } from 'node:fs'
import { dirname, join, sep } from 'node:path'
import { PluginError } from '@cf-plugins/plugin-api'
import type { FileAccess } from './options.ts'

const LEAST_MAJOR = 22

/** @throws `CFP_WORKER_OPTIONS` where this Node cannot restrict a thread */
export function checkCanRestrict(): void {
  if (Number.parseInt(process.versions.node, 10) >= LEAST_MAJOR) return
  throw new PluginError(
    'CFP_WORKER_OPTIONS',
    `The options of threads cannot be used: restrict needs Node ${LEAST_MAJOR} or newer, and this is ${process.versions.node}. Leave it out, or update Node.`,
  )
}

/**
 * The flags of a thread that may use these files alone, start no process and no thread, and load no native addon.
 *
 * @param own files of which it may read the folders, and the packages that can be imported from there
 * @throws `CFP_WORKER_OPTIONS` where this Node cannot
 */
export function permissionFlags(access: FileAccess, own: readonly string[]): string[] {
  checkCanRestrict()
  const folders = new Set<string>()
  for (const file of own) addFolder(dirname(file), folders)
  return [
    // Before 22.13 it was an experiment.
    process.allowedNodeEnvironmentFlags.has('--permission') ? '--permission' : '--experimental-permission',
    ...namesOf([...folders, ...(access.read ?? [])]).map((path) => `--allow-fs-read=${path}`),
    ...namesOf(access.write ?? []).map((path) => `--allow-fs-write=${path}`),
  ]
}

/** Adds a folder, the packages that a file in it may import, and the manifests that say how it is to be read. */
function addFolder(folder: string, folders: Set<string>): void {
  const real = realName(folder)
  if ([...folders].some((known) => real === known || real.startsWith(known + sep))) return
  folders.add(real)
  for (let at = real; ; at = dirname(at)) {
    const manifest = join(at, 'package.json')
    if (existsSync(manifest)) folders.add(manifest)
    const packages = join(at, 'node_modules')
    if (!folders.has(packages) && existsSync(packages)) {
      folders.add(packages)
      for (const link of linksIn(packages)) addFolder(realName(link), folders)
    }
    if (dirname(at) === at) return
  }
}

/** Packages that are elsewhere, as those of a workspace are. */
function linksIn(packages: string): string[] {
  return entriesOf(packages).flatMap(({ name, isLink }) => {
    const path = join(packages, name)
    if (isLink) return [path]
    if (!name.startsWith('@')) return []
    return entriesOf(path).flatMap((entry) => (entry.isLink ? [join(path, entry.name)] : []))
  })
}

function entriesOf(folder: string): { readonly name: string; readonly isLink: boolean }[] {
  try {
    return readdirSync(folder, { withFileTypes: true }).map((entry) => ({
      name: entry.name,
      isLink: entry.isSymbolicLink(),
    }))
  } catch {
    return []
  }
}

/** Each path, and what it is a link to: Node asks for either. */
function namesOf(paths: readonly string[]): string[] {
  return [...new Set(paths.flatMap((path) => [path, realName(path)]))]
}

function realName(path: string): string {
  try {
    return realpathSync(path)
  } catch {
    return path
  }
}
