// Where tally has what it needs: plugins, their configuration, what it keeps.
import { existsSync, statSync } from 'node:fs'
import { homedir } from 'node:os'
import { isAbsolute, join, resolve } from 'node:path'

/** What the command line, or the environment, says about places. */
export interface PlaceOptions {
  /** All that is kept, in one folder. @default folders of the user's own */
  readonly data?: string | undefined
  /** Plugins, instead of those that come with tally. */
  readonly plugins?: string | undefined
  readonly config?: string | undefined
}

/** Absolute paths. */
export interface Places {
  readonly plugins: string
  /** The plugins' configuration; a file that is there. */
  readonly config: string
  /** What plugins keep from one run to the next. */
  readonly state: string
  /** Where npm installs plugins. */
  readonly packages: string
  /** What can be made again. */
  readonly cache: string
}

/** The folder of this package, of its sources and of what is built alike. */
export const PACKAGE = join(import.meta.dirname, '..')

/** The places of this user, or those that they name; an empty name is none. */
export function placesOf({ data, plugins, config }: PlaceOptions, env: NodeJS.ProcessEnv = process.env): Places {
  const within = (name: string, variable: string, ...home: string[]) =>
    !data ? join(homeOf(env, variable, home), 'tally', name) : join(resolve(data), name)
  const own = join(homeOf(env, 'XDG_CONFIG_HOME', ['.config']), 'tally', 'tally.yaml')
  return {
    plugins: plugins ? resolve(plugins) : join(PACKAGE, 'plugins'),
    config: config ? resolve(config) : existsSync(own) ? own : join(PACKAGE, 'tally.yaml'),
    state: within('state', 'XDG_STATE_HOME', '.local', 'state'),
    packages: within('packages', 'XDG_DATA_HOME', '.local', 'share'),
    cache: within('cache', 'XDG_CACHE_HOME', '.cache'),
  }
}

/** What is wrong with places that were named; nothing where all is well. */
export function problemWith({ plugins, config }: PlaceOptions): string | undefined {
  if (plugins && !statSync(plugins, { throwIfNoEntry: false })?.isDirectory())
    return `There is no folder ${plugins}, which is to have the plugins`
  if (config && !statSync(config, { throwIfNoEntry: false })?.isFile())
    return `There is no file ${config}, which is to have the plugins' configuration`
  return undefined
}

/** A folder of the XDG base directory specification, which says that a relative one is to be ignored. */
function homeOf(env: NodeJS.ProcessEnv, variable: string, home: readonly string[]): string {
  const named = env[variable]
  return named && isAbsolute(named) ? named : join(homedir(), ...home)
}
