// The base class for plugins that are classes.
import type { EventContext, Logger, PluginContext } from './context.ts'
import type { PluginHealth, PluginInstance } from './instance.ts'
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
export abstract class BasePlugin<App = unknown, Config = unknown> implements PluginInstance, AsyncDisposable {
  readonly app: App
  readonly context: PluginContext<App, Config>

  /** Takes a context of any type, so that a `register` may write `PluginContext` and no more. */
  constructor(app: App, context: PluginContext) {
    this.app = app
    this.context = context as PluginContext<App, Config>
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

  // The hooks of `PluginInstance`, declared so that a subclass may write `override`; none has a body here.
  setup?(): unknown
  teardown?(): unknown
  onEnable?(): unknown
  onDisable?(): unknown
  onReload?(): unknown
  getReloadState?(): unknown
  setReloadState?(state: never): unknown
  migrateState?(state: never, fromVersion: number): unknown
  handleEvent?(event: string, context: EventContext): unknown
  health?(): Awaitable<PluginHealth>

  /** Tears down an instance that no lifecycle owns, such as one made in a test. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.teardown?.()
  }
}
