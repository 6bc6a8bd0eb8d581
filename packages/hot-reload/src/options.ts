// What a reloader is made with.
import type { Lifecycle, LifecycleOptions } from '@cf-plugins/lifecycle'
import type { PluginLoader, PluginLoaderOptions } from '@cf-plugins/loader'
import type { StatePreserver } from '@cf-plugins/state-preserver'
import type { StateOptions } from './preserver-of.ts'
import type { ReloadPlan } from './reload-plan.ts'
import type { ReloadReport } from './reload-report.ts'

/** Where a host may have a say. Both may be async; each is given 10 s, and must not wait for another reload. */
export interface HostHooks {
  /** Called with each plan that does something, before it runs. Returning `false`, or throwing, keeps the old code. */
  readonly beforeReload?: (plan: ReloadPlan) => unknown
  /** Called with each report. */
  readonly afterReload?: (report: ReloadReport) => unknown
}

/** What a reloader is made with: options for pieces of its own, or pieces that the host has already. */
export interface HotReloaderOptions<App = unknown, Shared = unknown>
  extends HostHooks,
    Omit<LifecycleOptions<App, Shared>, 'app' | 'keeper'> {
  /** Folders with plugins. @default ['plugins'] */
  readonly paths?: readonly string[]
  /** Handed to each plugin's `register`. @default {} */
  readonly app?: App
  /** Watch the folders. @default true */
  readonly watch?: boolean
  /** How long two reads of a file must be apart, and equal, for it to be settled, in milliseconds. @default 60 */
  readonly debounceMs?: number
  /** How long a file may keep changing before it is told of, in milliseconds: the old code serves on meanwhile. @default 5000 */
  readonly settleTimeoutMs?: number
  /** More options for the loader. */
  readonly load?: Omit<PluginLoaderOptions, 'paths' | 'logger'>
  /** Instead of `paths` and `load`. @default one made from those */
  readonly loader?: PluginLoader
  /** Instead of all that it is made with; it is stopped with the reloader. @default a new one */
  readonly lifecycle?: Lifecycle<App, Shared>
  /** Keeps plugins' state in files, for the next process. @default none: it ends with this one */
  readonly state?: StateOptions
  /** Carries state from one instance to the next, instead of `state`. @default a new one */
  readonly preserver?: StatePreserver
}
