// What a host says about its threads.
import type { Logger, PluginRecord } from '@cf-plugins/plugin-api'

/** Which files a restricted thread may use, besides the plugin's own folder and installed packages, which it may read. Absolute paths. */
export interface FileAccess {
  readonly read?: readonly string[]
  readonly write?: readonly string[]
}

/** What a plugin's code is in a thread: there, `module`'s export `load` is given `image` and gives the entry's exports. */
export interface ThreadCode {
  /** The URL of a module with `load(image): Promise<object>`. @default it is imported as any module is */
  readonly module: string
  /** The code, or where it is: anything that can be cloned. */
  readonly image: unknown
}

/** From a plugin's record to what its threads run. */
export interface CodeSource {
  codeOf(record: PluginRecord): ThreadCode
  /** The name by which the entry file of a plugin exports a function. */
  exportNameOf(record: PluginRecord, exported: unknown): string | undefined
}

/** What a host says about its threads. */
export interface ThreadOptions {
  /** How large the heap of a thread may grow, in megabytes, where the plugin says nothing. @default 256 */
  readonly heapMb?: number
  /** How long a call may take that has no deadline of its own, in milliseconds. @default 30000 */
  readonly callMs?: number
  /** How long a thread may take to start and load its code, in milliseconds. @default 10000 */
  readonly startMs?: number
  /**
   * How many threads `offload` may use, of all plugins together; a plugin with `execution: 'worker'` has one besides, and so has one whose calls found none
   * for a second, because others block them all, or that is called in turns with others. @default the number of processors, at least 2
   */
  readonly threads?: number
  /** How many calls of one plugin may wait for a thread. @default 1000 */
  readonly queue?: number
  /** How long a thread of `offload` may be idle before it ends, in milliseconds. @default 30000 */
  readonly idleMs?: number
  /** How often a plugin's thread may end within a minute before the plugin is switched off. @default 5 */
  readonly maxEnds?: number
  /**
   * Starts threads under Node's permission model, on Node 22 and newer: no files but these, no processes, no threads, no native addons. @default false
   */
  readonly restrict?: boolean | (FileAccess & { readonly plugins?: Readonly<Record<string, FileAccess>> })
}

/** What the packages of a host need besides. */
export interface PluginThreadsOptions extends ThreadOptions {
  /** @default the entry file, imported as any module */
  readonly code?: CodeSource
  /** @default silent */
  readonly logger?: Logger
}
