// What a host may set of a loader, and what it is where the host does not.
import { delimiter, isAbsolute, join, resolve } from 'node:path'
import { pathToFileURL } from 'node:url'
import type { Logger } from '@cf-plugins/plugin-api'
import type { PluginRoot } from './discovery.ts'
import type { PackageOptions } from './packages.ts'

export interface PluginLoaderOptions {
  /** Folders to look in, or files that are plugins themselves, from the working directory. @default ['plugins'] */
  readonly paths?: readonly string[]
  /**
   * Whether npm packages are looked at too: the direct dependencies that have the keyword `cf-plugin` or a field of that
   * name in their package.json. @default false
   */
  readonly packages?: boolean | PackageOptions
  /** Globs of entry files, from the plugin folder. @default a source file in the folder, or a folder's `index` or `plugin` file */
  readonly patterns?: readonly string[]
  /** Whether folders in folders are searched, until one that is a plugin. @default true */
  readonly recursive?: boolean
  /** Whether symbolic links may leave the plugin folders. @default false */
  readonly followLinks?: boolean
  /** Whether invalid metadata is a failure. Otherwise `loadAll` passes such a file over, with a warning. @default true */
  readonly validate?: boolean
  /** Whether a file that is no plugin is a failure. Otherwise `loadAll` passes it over. @default true */
  readonly strict?: boolean
  /** Where `CF_CLI_PLUGIN_PATHS` is read: more paths, with the platform's path delimiter between them. @default process.env */
  readonly env?: Readonly<Record<string, string | undefined>>
  /** Where packages are looked for that a plugin imports and does not have itself. @default the process's main module */
  readonly hostUrl?: string | URL
  /** Modules that plugins import by name and the host supplies. `@cf-plugins/plugin-api` is among them anyway. */
  readonly hostModules?: Readonly<Record<string, () => Promise<object>>>
  /** Where compiled files are kept; `false` for nowhere. @default node_modules/.cache/cf-plugins, or a temporary folder */
  readonly cacheFolder?: string | false
  /** How long one plugin's load may take, in milliseconds. @default 10000 */
  readonly loadTimeoutMs?: number
  readonly logger?: Logger
}

/** The folders and files to look in: the host's, and then those of the environment. */
export function pluginRoots({ paths, env = process.env }: PluginLoaderOptions): PluginRoot[] {
  const named = (path: string): PluginRoot => ({ path: resolve(path), named: true })
  const own = paths ? paths.map(named) : [{ path: resolve('plugins'), named: false }]
  const added = (env.CF_CLI_PLUGIN_PATHS ?? '').split(delimiter).filter((path) => path !== '')
  return [...own, ...added.map(named)]
}

/** The URL from which the host's packages are found. */
export function hostUrlOf(given: string | URL | undefined): string {
  if (given !== undefined) return isAbsolute(String(given)) ? pathToFileURL(String(given)).href : String(given)
  const [, main] = process.argv
  return pathToFileURL(main && isAbsolute(main) ? main : join(process.cwd(), 'package.json')).href
}
