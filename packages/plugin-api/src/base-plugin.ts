// The base class for plugins that are classes.
import type { Logger, PluginContext } from './context.ts'
import type { EventContext } from './handlers.ts'
import type { PluginHealth, PluginInstance, StatePartName } from './instance.ts'
import type { PluginState } from './state.ts'
import type { Awaitable } from './thenable.ts'

/**
 * A plugin as a class. It keeps what it was given and adds nothing of its own, so that a subclass overrides only
 * the hooks that it needs.
 *
 * @example
 * class Greeter extends BasePlugin {
 *   override setup() { this.context.on('user.login', (user: User) => this.logger.info(`hello ${user.name}`)) }
 * }
 */
export abstract class BasePlugin<App = unknown, Config = unknown, State = unknown, Shared = unknown>
  implements PluginInstance, AsyncDisposable
{
  readonly app: App
  readonly context: PluginContext<App, Config, Shared, State>

  /** Takes a context of any type, so that a `register` may write `PluginContext` and no more. */
  constructor(app: App, context: PluginContext) {
    this.app = app
    this.context = context as PluginContext<App, Config, Shared, State>
  }

  get name(): string {
    return this.context.name
  }

  get logger(): Logger {
    return this.context.logger
  }

  get config(): Config {
    return this.context.config
  }

  /** What the plugin keeps over reloads. */
  get state(): PluginState<State> {
    return this.context.state
  }

  // The hooks of `PluginInstance`, declared so that a subclass may write `override`; none has a body here.
  setup?(): unknown
  teardown?(): unknown
  onEnable?(): unknown
  onDisable?(): unknown
  onReload?(): unknown
  onConfigChange?(config: Config, previous: Config): unknown
  getReloadState?(): unknown
  setReloadState?(state: never): unknown
  migrateState?(state: never, fromVersion: number, part: StatePartName): unknown
  handleEvent?(event: string, context: EventContext): unknown
  health?(): Awaitable<PluginHealth>

  /** Tears down an instance that no lifecycle owns, such as one made in a test. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.teardown?.()
  }
}
