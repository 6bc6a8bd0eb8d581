// Finds the plugins in folders, without running anything of them.
import { type Dirent, readdirSync, realpathSync, type Stats, statSync } from 'node:fs'
import { basename, dirname, join, relative, sep } from 'node:path'
import { messageOf, PluginError } from '@cf-plugins/plugin-api'
import type { LoaderErrorCode } from './error-codes.ts'
import { isPassedOver, isSourceName, matcherOf } from './patterns.ts'
import { isOwnFile } from './resolve.ts'

/** A plugin that discovery found. */
export interface FoundPlugin {
  /** Absolute path of the entry file: its real path, but for a link that leaves the plugin folders, which a load refuses. */
  readonly file: string
  /** The plugin folder that it was found in. */
  readonly root: string
  /** The folder whose files belong to it: its own, or the plugin folder for a plugin of one file. */
  readonly base: string
  /** The npm package that it is; nothing for one of a plugin folder. */
  readonly package?: string
  /** Why it cannot be loaded, where discovery knows: `file` is what is to blame. A load looks again. */
  readonly problem?: PluginError
}

/** A place to look for plugins. */
export interface PluginRoot {
  /** As the host gave it, absolute. */
  readonly path: string
  /** Whether the host named it; the default folder may be missing. */
  readonly named: boolean
}

export interface DiscoveryOptions {
  readonly patterns: readonly string[]
  readonly recursive: boolean
  readonly followLinks: boolean
}

/** Looks for plugins, by names alone. */
export class Discovery {
  readonly #options: DiscoveryOptions
  readonly #matches: (path: string) => boolean

  constructor(options: DiscoveryOptions) {
    this.#options = options
    this.#matches = matcherOf(options.patterns)
  }

  /** Every plugin, by path. @throws PluginError `CFP_FOLDER_MISSING`, `CFP_FOLDER_UNREADABLE`, for the first such folder with all in `issues` */
  find(roots: readonly PluginRoot[]): FoundPlugin[] {
    const found = new Map<string, FoundPlugin>()
    const problems: PluginError[] = []
    const realRoots = roots.map(({ path }) => realPath(path))
    for (const root of roots) {
      try {
        for (const plugin of this.#inRoot(root, realRoots)) if (!found.has(plugin.file)) found.set(plugin.file, plugin)
      } catch (error) {
        if (!(error instanceof PluginError)) throw error
        problems.push(error)
      }
    }
    const [first] = problems
    if (first && problems.length === 1) throw first
    if (first) throw allOf(first, problems)
    return [...found.values()].sort((a, b) => (a.file < b.file ? -1 : 1))
  }

  /** Whether `find` would find this file. */
  isCandidate(file: string, roots: readonly PluginRoot[]): FoundPlugin | undefined {
    const real = realPath(file)
    const realRoots = roots.map(({ path }) => realPath(path))
    for (const root of roots) {
      const realRoot = realPath(root.path)
      if (real === realRoot) return fileRoot(real)
      if (!real.startsWith(realRoot + sep)) continue
      const found = this.#alongTheWay(realRoot, real, realRoots)
      if (found) return found
    }
    return undefined
  }

  /** The folder that a path means: itself, or the one that a single plugin file is in. */
  folderOf(path: string): string {
    const real = realPath(path)
    return kindOf(real) === 'file' ? dirname(real) : real
  }

  #inRoot({ path, named }: PluginRoot, realRoots: readonly string[]): FoundPlugin[] {
    const stats = statOfRoot(path)
    if (!stats) {
      if (!named) return []
      throw folderError(
        'CFP_FOLDER_MISSING',
        path,
        'does not exist. Create it, or correct `paths` or CF_CLI_PLUGIN_PATHS',
      )
    }
    const real = realPath(path)
    if (stats.isFile()) return [fileRoot(real)]
    const found: FoundPlugin[] = []
    this.#inFolder(real, real, real, realRoots, new Set(), found)
    return found
  }

  #inFolder(
    root: string,
    folder: string,
    real: string,
    realRoots: readonly string[],
    seen: Set<string>,
    found: FoundPlugin[],
  ): void {
    // A link may lead back up.
    if (seen.has(real)) return
    seen.add(real)
    const entries = listFolder(folder)
    const plugins = this.#pluginsAmong(root, folder, folder === real, entries, realRoots)
    found.push(...plugins)
    if (folder !== root && plugins.length > 0) return
    if (folder !== root && !this.#options.recursive) return
    for (const entry of entries) {
      if (entry.isFile() || isPassedOver(entry.name)) continue
      const path = join(folder, entry.name)
      if (!this.#isFolder(path, entry, realRoots)) continue
      const isOfReal = folder === real && entry.isDirectory()
      this.#inFolder(root, path, isOfReal ? path : realPath(path), realRoots, seen, found)
    }
  }

  /** The entry files that a folder itself holds. Of `index` and `plugin`, a folder has one. */
  #pluginsAmong(
    root: string,
    folder: string,
    isReal: boolean,
    entries: readonly Dirent[],
    realRoots: readonly string[],
  ): FoundPlugin[] {
    const prefix = folder === root ? '' : `${relative(root, folder).split(sep).join('/')}/`
    // By the patterns first: a folder holds many sources of which one is an entry.
    const named = entries.filter(({ name }) => this.#matches(prefix + name) && isSourceName(name))
    if (named.length === 0) return []
    const plain = new Set(named.filter((entry) => isReal && entry.isFile()).map(({ name }) => join(folder, name)))
    const files = named.map(({ name }) => join(folder, name))
    const main =
      folder === root
        ? undefined
        : (files.find((file) => isMain(file, 'index')) ?? files.find((file) => isMain(file, 'plugin')))
    const found: FoundPlugin[] = []
    for (const file of main ? [main] : files) {
      // What cannot be looked at is taken for a plugin: its load says why, and stops no other.
      if (!plain.has(file) && !['file', 'unknown'].includes(kindOf(file))) continue
      const real = plain.has(file) ? file : realPath(file)
      const inside = this.#options.followLinks || isOwnFile(real, realRoots) || realRoots.includes(real)
      const entry = inside ? real : file
      found.push({
        file: entry,
        root,
        base: folder === root ? (inside && !isOwnFile(real, realRoots) ? dirname(real) : root) : dirname(entry),
      })
    }
    return found
  }

  #isFolder(path: string, entry: Dirent, realRoots: readonly string[]): boolean {
    if (entry.isDirectory()) return true
    if (!entry.isSymbolicLink() || kindOf(path) !== 'folder') return false
    if (this.#options.followLinks || isOwnFile(realPath(path), realRoots)) return true
    // It leaves the folders: searched so far that a plugin in it is found, and refused when it is loaded.
    return listFolder(path).some(({ name }) => isMain(name, 'index') || isMain(name, 'plugin'))
  }

  /** Walks from the root down to a file, as `find` does, and stops where that would. */
  #alongTheWay(root: string, file: string, realRoots: readonly string[]): FoundPlugin | undefined {
    const parts = relative(root, file).split(sep)
    if (parts.some(isPassedOver)) return undefined
    let folder = root
    for (const [depth, part] of parts.entries()) {
      if (kindOf(folder) !== 'folder') return undefined
      const plugins = this.#pluginsAmong(root, folder, realPath(folder) === folder, listFolder(folder), realRoots)
      if (depth === parts.length - 1) return plugins.find((plugin) => plugin.file === file)
      if (depth > 0 && (plugins.length > 0 || !this.#options.recursive)) return undefined
      folder = join(folder, part)
    }
    return undefined
  }
}

/** The real path of a file or folder; of one that is gone, as far as there is something. */
export function realPath(path: string): string {
  try {
    return realpathSync.native(path)
  } catch {
    const parent = dirname(path)
    return parent === path ? path : join(realPath(parent), basename(path))
  }
}

function isMain(file: string, stem: string): boolean {
  return isSourceName(file) && basename(file).replace(/\.[^.]+$/, '') === stem
}

function fileRoot(file: string): FoundPlugin {
  return { file, root: dirname(file), base: dirname(file) }
}

function statOfRoot(path: string): Stats | undefined {
  try {
    return statSync(path)
  } catch (error) {
    // By its code: from Node 22 on `throwIfNoEntry: false` is silent about a file in a folder's place too.
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined
    throw folderError('CFP_FOLDER_UNREADABLE', path, `can't be read: ${messageOf(error)}`, error)
  }
}

/** What a path leads to; `unknown` where that cannot be seen, as at the end of a link to itself. */
function kindOf(path: string): 'file' | 'folder' | 'other' | 'unknown' {
  try {
    const stats = statSync(path, { throwIfNoEntry: false })
    if (stats?.isFile()) return 'file'
    return stats?.isDirectory() ? 'folder' : 'other'
  } catch {
    return 'unknown'
  }
}

function listFolder(folder: string): Dirent[] {
  try {
    return readdirSync(folder, { withFileTypes: true }).sort((a, b) => (a.name < b.name ? -1 : 1))
  } catch (error) {
    throw folderError('CFP_FOLDER_UNREADABLE', folder, `can't be read: ${messageOf(error)}`, error)
  }
}

function folderError(code: LoaderErrorCode, folder: string, why: string, cause?: unknown): PluginError {
  return new PluginError(code, `Plugin folder ${folder} ${why}.`, { phase: 'discover', file: folder, cause })
}

function allOf(first: PluginError, problems: readonly PluginError[]): PluginError {
  const issues = problems.map(({ file, message }) => ({ path: file ?? '', message }))
  return new PluginError(first.code, problems.map(({ message }) => message).join(' '), {
    phase: 'discover',
    file: first.file,
    issues,
  })
}
