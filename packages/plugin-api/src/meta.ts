// What a plugin says about itself, as its author writes it and as everybody else reads it.
import type { StandardSchema } from './standard-schema.ts'

/** The version of the plugin contract that `engines.api` is checked against. Kept apart from the packages' versions. */
export const PLUGIN_API_VERSION = '1.0.0'

/** Names, or names with semver ranges. */
export type DependencyList = readonly string[] | Readonly<Record<string, string>>

/** What a plugin says about itself. */
export interface PluginMeta {
  /** `[a-z0-9][a-z0-9._-]*`, unique in a host. */
  readonly name: string
  /** A semver version. */
  readonly version: string
  readonly description?: string
  /** Whether the plugin starts with the host. @default true */
  readonly enabled?: boolean
  /** Plugins that must be active before this one starts. */
  readonly dependencies?: DependencyList
  /** Plugins that start before this one where they are there; or, where no plugin has the name, who provides a service of it. */
  readonly optionalDependencies?: DependencyList
  /** Services that some plugin must provide, by service name; of several that do, the host chooses one. */
  readonly requires?: readonly string[]
  /** Services that it takes from everyone who provides them, be it nobody, by service name: `inject(ref, { all: true })`. */
  readonly collects?: readonly string[]
  /** Services that this plugin offers besides the one of its own name. */
  readonly provides?: readonly string[]
  /** Events that `handleEvent` gets: names, or `user.*`. */
  readonly events?: readonly string[]
  readonly engines?: {
    /** Range of the plugin contract's version, `PLUGIN_API_VERSION`. */
    readonly api?: string
    /** Range of the host application's version. */
    readonly host?: string
    /** Range of Node's version. */
    readonly node?: string
  }
  /** Values of `process.platform` that the plugin runs on; all where empty. */
  readonly platforms?: readonly string[]
  /**
   * What the plugin may use, where it says so: `service:database`, `event:user.*` (to listen), `emit:order.*`, `hook:page.title`, `pipeline:orders`,
   * `state:cart`, `resource:reports/*`. What is not among it is denied. @default everything, unless the host says otherwise
   */
  readonly permissions?: readonly string[]
  /** What `context.state` is at first, and the parts of the state that the plugin shares with others. */
  readonly state?: { readonly initial?: unknown; readonly shared?: readonly string[] }
  /** Checks the plugin's configuration: any Standard Schema. */
  readonly config?: StandardSchema
  readonly reload?: {
    /** Stop, then start; or start, then stop. @default 'exclusive' */
    readonly strategy?: 'exclusive' | 'overlap'
    /** @default 'keep' */
    readonly state?: 'keep' | 'discard'
  }
  /** Version of the shape that `getReloadState` returns, a whole number from 0. @default 0 */
  readonly stateVersion?: number
  /**
   * Where the plugin runs: on the host's event loop, or in a thread of its own, where it may block. Everybody's calls of it are awaited then,
   * and its own calls of the host's services are. @default 'inline'
   */
  readonly execution?: 'inline' | 'worker'
  /** What bounds its thread, and those of handlers with `offload`. */
  readonly worker?: WorkerSettings
  readonly timeouts?: PluginTimeouts
  /** Whether the host goes on when this plugin fails to start. @default the host's policy, 'continue' */
  readonly onFailure?: 'continue' | 'abort'
}

/** What bounds the threads of a plugin. */
export interface WorkerSettings {
  /** How large a thread's heap may grow, in megabytes from 8; past it the thread ends, and the host lives. @default the host's: 256 */
  readonly heapMb?: number
  /** How long a call that has no deadline of its own may take, in milliseconds; a thread that blocks past it is ended. @default the host's: 30000 */
  readonly callMs?: number
}

/** Deadlines of a plugin's hooks, in milliseconds. A plugin's own value wins over the host's. */
export interface PluginTimeouts {
  /** `register`. @default 10000 */
  readonly registerMs?: number
  /** `setup`. @default 10000 */
  readonly setupMs?: number
  /** `teardown`. @default 5000 */
  readonly teardownMs?: number
  /** `onEnable` and `onDisable`. @default 5000 */
  readonly enableMs?: number
  /** `getReloadState`. @default 2000 */
  readonly saveMs?: number
  /** `setReloadState` and `migrateState`. @default 5000 */
  readonly restoreMs?: number
  /** `onReload`, then `health`; `onConfigChange`. @default 5000 */
  readonly reloadMs?: number
}

/** One plugin that another one needs. */
export interface PluginDependency {
  readonly name: string
  /** A semver range; `*` where the author named none. */
  readonly range: string
}

/** Metadata checked and completed: every default filled in, both forms of a dependency list made one. Deeply frozen but for `config`. */
export interface ResolvedPluginMeta {
  readonly name: string
  readonly version: string
  readonly description: string
  readonly enabled: boolean
  readonly dependencies: readonly PluginDependency[]
  readonly optionalDependencies: readonly PluginDependency[]
  readonly requires: readonly string[]
  readonly collects: readonly string[]
  readonly provides: readonly string[]
  readonly events: readonly string[]
  readonly engines: { readonly api?: string; readonly host?: string; readonly node?: string }
  readonly platforms: readonly string[]
  /** Nothing where the author said nothing. */
  readonly permissions: readonly string[] | undefined
  readonly state: { readonly initial?: unknown; readonly shared: readonly string[] }
  readonly config: StandardSchema | undefined
  readonly reload: { readonly strategy: 'exclusive' | 'overlap'; readonly state: 'keep' | 'discard' }
  readonly stateVersion: number
  readonly execution: 'inline' | 'worker'
  readonly worker: WorkerSettings
  readonly timeouts: PluginTimeouts
  /** Nothing where the author said nothing: the host's policy, then. */
  readonly onFailure: 'continue' | 'abort' | undefined
}
