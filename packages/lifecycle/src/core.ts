// What every part of one lifecycle works on, and what it is made with.
import { randomUUID } from 'node:crypto'
import {
  type DispatchOptions,
  type HandlerPolicy,
  type LoopBlock,
  LoopWatch,
  Pipelines,
  PluginEvents,
  PluginHooks,
} from '@cf-plugins/hooks'
import type { Logger, PluginTimeouts } from '@cf-plugins/plugin-api'
import { Deadlines, type PluginThreads, safeLogger } from '@cf-plugins/plugin-api/host'
import type { PluginRegistry, ServiceTable } from '@cf-plugins/registry'
import { AccessControl, type AccessOptions } from './access-control.ts'
import { HeldResources } from './held-resources.ts'
import { DEFAULT_BOUNDS, type PluginHost, type ScopeApp } from './host.ts'
import { silentLogger } from './loggers.ts'
import { warnOfBlock } from './loop-blocks.ts'
import { type ConfigOf, type ConfigPlace, RawConfigs } from './raw-configs.ts'
import type { ReloadBounds } from './reload-unit.ts'
import { Roster } from './roster.ts'
import { SecretFilter } from './secret-filter.ts'
import type { StateKeeper } from './state-keeper.ts'
import type { StrayErrorOptions } from './stray-code.ts'

/** What a lifecycle is made with. */
export interface LifecycleOptions<App = unknown, Shared = unknown> {
  /** Which host this is, in every message that observers get: of several in a process, each has its own. @default 8 random hexadecimal digits */
  readonly hostId?: string
  /** Handed to each plugin's `register`. */
  readonly app: App
  /** The host's object, `context.shared` for every plugin. @default {} */
  readonly shared?: Shared
  /** @default a new one */
  readonly registry?: PluginRegistry
  /** @default a new one */
  readonly events?: PluginEvents
  /** @default a new one */
  readonly hooks?: PluginHooks
  /** @default new ones */
  readonly pipelines?: Pipelines
  /**
   * What becomes of handlers that keep being slow or failing, where `events`, `hooks` and `pipelines` are new ones, and from when on plugins
   * block the event loop, with whatever code (`blockMs`). @default slow ones, and such as block for 50 ms, are told to the log
   */
  readonly handlerPolicy?: HandlerPolicy
  /** Gives each plugin a view of the app, whose additions can be taken back. @default the app itself */
  readonly scopeApp?: ScopeApp<App>
  /** @default silent */
  readonly logger?: Logger
  /**
   * Gives a text without the secrets in it: applied to every message, detail and error that plugins' loggers and the lifecycle's own
   * write, and to what is said of a wrong configuration. @default secrets are not known
   */
  readonly hideSecrets?: (text: string) => string
  /** Whether a failed plugin that says nothing itself ends the start. @default 'continue' */
  readonly onFailure?: 'continue' | 'abort'
  /** Deadlines for plugins that bring none of their own. */
  readonly timeouts?: PluginTimeouts
  /** How long a reload as a whole may take. */
  readonly reloadBounds?: ReloadBounds
  /**
   * The raw configuration of a plugin, before its schema; for code that is not the registered one, its metadata is given too. What it
   * throws is why that code is not started. @default none
   */
  readonly configOf?: ConfigOf
  /** Where a value of the raw configuration stands, for errors that name it. @default nowhere */
  readonly configPlaceOf?: (plugin: string, path: readonly string[]) => ConfigPlace | undefined
  /** Whether a plugin starts with the host, where the host has a say before its metadata does. @default none */
  readonly enabledOf?: (plugin: string) => boolean | undefined
  /** What plugins may use, besides what their own permissions say. @default whatever those say */
  readonly access?: AccessOptions
  /** Carries state from one instance to the next. @default none: a plugin that is made anew begins anew */
  readonly keeper?: StateKeeper
  /**
   * Runs plugins whose metadata says `execution: 'worker'`, and handlers with `offload`, in threads: `PluginThreads` of
   * `@cf-plugins/worker`. `'inline'` runs them on the event loop, as if they had not asked. @default none, and such plugins fail with
   * `CFP_WORKER_UNAVAILABLE`
   */
  readonly threads?: PluginThreads | 'inline'
  /** A plugin that takes longer to register and set up is warned about, in milliseconds. @default 100 */
  readonly slowMs?: number
  /**
   * After how long a start, a reload or a stop that lasts tells the log for whom it waits, in milliseconds; then again, at growing
   * intervals. @default 2000
   */
  readonly lateMs?: number
  /**
   * Tells, by the plugin's name, errors that nobody caught, and switches off who leaves too many. It costs: every
   * `await` of the process is slower from then on. @default off
   */
  readonly strayErrors?: boolean | StrayErrorOptions
}

/** What every part of a lifecycle works on. */
export interface LifecycleCore {
  readonly host: PluginHost
  readonly roster: Roster
  readonly services: ServiceTable
  /** What `host.configOf` answers from. */
  readonly configs: RawConfigs
  readonly keeper: StateKeeper | undefined
  /** Snapshots that an earlier process left. */
  readonly left: WeakSet<object>
  readonly slowMs: number
  readonly lateMs: number
  readonly onFailure: 'continue' | 'abort'
  readonly reloadBounds: ReloadBounds
}

/** Fills in what the options leave out. */
export function createCore<App, Shared>(
  options: LifecycleOptions<App, Shared>,
  registry: PluginRegistry,
): LifecycleCore {
  const secrets = options.hideSecrets && new SecretFilter(options.hideSecrets)
  const open = options.logger ? safeLogger(options.logger) : silentLogger
  const logger = secrets ? secrets.logger(open) : open
  const configs = new RawConfigs(options.configOf)
  const id = options.hostId ?? randomUUID().slice(0, 8)
  const { services } = registry
  const roster = new Roster(id, logger, options.enabledOf)
  registry.followWishes((name) => roster.wish(name))
  const { handlerPolicy: policy } = options
  const inline = options.threads === 'inline'
  const threads = options.threads === 'inline' ? undefined : options.threads
  const held = new HeldResources()
  const loop = new LoopWatch({
    host: id,
    policy,
    note: ({ plugin, blockedMs }) => roster.find(plugin)?.countBlock(blockedMs),
    warn: (block) => warnOfBlock({ logger, threads, inline, held }, block, recordOf(block)),
  })
  const recordOf = ({ plugin, generation }: LoopBlock) => {
    const { starting, serving } = roster.find(plugin) ?? {}
    const all = [starting?.record, serving?.record, registry.get(plugin)]
    return all.find((record) => record?.source.generation === generation) ?? all[2]
  }
  const dispatch: DispatchOptions = { logger, host: id, policy, loop }
  const host: PluginHost = {
    id,
    app: options.app,
    shared: options.shared ?? {},
    logger,
    events: options.events ?? new PluginEvents(dispatch),
    hooks: options.hooks ?? new PluginHooks(dispatch),
    pipelines: options.pipelines ?? new Pipelines(dispatch),
    scopeApp: options.scopeApp as ScopeApp | undefined,
    bounds: { ...DEFAULT_BOUNDS, ...options.timeouts },
    deadlines: new Deadlines(),
    secrets,
    held,
    keeper: options.keeper,
    access: new AccessControl(id, options.access),
    threads,
    inline,
    loop,
    offersOf: (service) => services.offers(service),
    pickService: (service, offers) => services.pick(service, offers),
    providersOf: (service) => registry.allProvidersOf(service),
    rankOf: (plugin) => roster.find(plugin)?.rank ?? 0,
    configOf: (plugin, meta) => configs.of(plugin, meta),
    configPlaceOf: options.configPlaceOf,
    publishServices: (generation) => services.publish(generation.name, generation.services()),
  }
  return {
    host,
    services,
    configs,
    roster,
    keeper: options.keeper,
    left: new WeakSet(),
    slowMs: options.slowMs ?? 100,
    lateMs: options.lateMs ?? 2000,
    onFailure: options.onFailure ?? 'continue',
    reloadBounds: options.reloadBounds ?? {},
  }
}
