// What a manager is made with.
import type { ConfigSourceOptions } from '@cf-plugins/config'
import type { HostHooks, StateOptions } from '@cf-plugins/hot-reload'
import type { LifecycleOptions } from '@cf-plugins/lifecycle'
import type { PluginLoaderOptions } from '@cf-plugins/loader'
import type { MonitorOptions } from '@cf-plugins/monitor'
import type { Logger } from '@cf-plugins/plugin-api'
import type { PluginRegistryOptions } from '@cf-plugins/registry'
import type { StatePreserver } from '@cf-plugins/state-preserver'
import type { ThreadOptions } from '@cf-plugins/worker'
import type { ConfigEditReport } from './config-edits.ts'

/** What a manager is made with. */
export interface PluginManagerOptions<App = unknown, Shared = unknown>
  extends Omit<LifecycleOptions<App, Shared>, 'app' | 'registry' | 'keeper' | 'configOf' | 'threads' | 'logger'>,
    PluginRegistryOptions,
    HostHooks {
  /** Handed to each plugin's `register`. @default {} */
  readonly app?: App
  /**
   * Gets what happens, as pino takes it: who did not start and why, reloads, handlers that fail, and what plugins log themselves. `false` is
   * nobody. @default warnings and errors, a line each, on standard error
   */
  readonly logger?: Logger | false
  /** Folders with plugins; those in `CF_CLI_PLUGIN_PATHS` come on top. @default ['plugins'] */
  readonly paths?: readonly string[]
  /** Replace plugins when their files change. @default false */
  readonly hotReload?: boolean
  /** How long a file must be at rest before it is reloaded, in milliseconds. @default 60 */
  readonly debounceMs?: number
  /** How long a file may keep changing before that is reported, in milliseconds; the old code serves on. @default 5000 */
  readonly settleTimeoutMs?: number
  /** `start()` discovers and loads what is in `paths`. Without, plugins come by `add()`. @default true */
  readonly autoLoad?: boolean
  /** How plugins are found and loaded. */
  readonly load?: Omit<PluginLoaderOptions, 'paths' | 'logger' | 'hostModules'>
  /**
   * The file with the plugins' configuration, such as `plugins.yaml`, beside which `plugins.d` may have a file a plugin. With
   * `hotReload` its edits are put in force while the host runs. @default none
   */
  readonly config?: string | ConfigSourceOptions
  /** Told of each edit of the configuration that changed something, or was refused. May be async; it is given 10 s. */
  readonly afterConfigChange?: (report: ConfigEditReport) => unknown
  /** The configuration of plugins, by name, before their schemas: no file has a say in theirs. @default {} */
  readonly configs?: Readonly<Record<string, unknown>>
  /** Keeps plugins' state in files, for the next process. @default none: it ends with this one */
  readonly state?: StateOptions
  /** Carries state from one instance to the next, instead of `state`. @default a new one */
  readonly preserver?: StatePreserver
  /**
   * Bounds of the threads for plugins with `execution: 'worker'` and handlers with `offload`; `false` refuses such plugins, and
   * `'inline'` runs them on the event loop, as if they had not asked: for a debugger, a test, or to compare. No thread starts before it
   * is needed. @default true
   */
  readonly threads?: boolean | 'inline' | ThreadOptions
  /**
   * Counts what plugins do, for `metrics()`, or for OpenTelemetry where it is given a `meter`. Without, only `health()` and the
   * audit trail are there, and dispatch costs nothing for it. @default false
   */
  readonly monitor?: boolean | Pick<MonitorOptions, 'meter' | 'metrics' | 'health'>
  /** Keeps an audit trail in this file: who was started, replaced, denied, switched off. @default none */
  readonly audit?: MonitorOptions['audit']
}
