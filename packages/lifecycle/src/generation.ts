// One generation of one plugin: a load of its code, made into an instance, from its start to its end.
import {
  hookMethodsOf,
  isThenable,
  type Logger,
  messageOf,
  PluginError,
  type PluginInstance,
  type PluginRecord,
  type PluginTimeouts,
  serviceOf,
} from '@cf-plugins/plugin-api'
import { registerChannel, setupChannel, teardownChannel, traced } from './channels.ts'
import { configFor } from './config.ts'
import { GenerationContext } from './context.ts'
import { chain, within } from './deadline.ts'
import { failureOf, timeoutOf } from './failures.ts'
import { HandlerStages } from './handler-stages.ts'
import { type AppScope, boundOf, childLogger, type PluginHost } from './host.ts'
import type { PluginSlot } from './plugin-slot.ts'
import { Scope } from './scope.ts'

/** Why an instance exists. */
export type StartReason = 'start' | 'reload' | 'rollback'

/** Finds a service for a plugin: what it may see depends on whether it starts alone or within a reload. */
export type ServiceLookup = (service: string) => { readonly owner: string; readonly service: unknown } | undefined

/** The hooks that are called with a deadline of their own, beside `register`, `setup` and `teardown`. */
export type TimedHook = 'onEnable' | 'onDisable' | 'onReload' | 'health'

/**
 * A load of a plugin's code and the one instance made of it. `start` makes and sets up the instance, invisible;
 * `goLive` shows all that it staged at once; `pause` hides it; `end` tears it down, once, and releases what it owns.
 */
export class Generation {
  readonly record: PluginRecord
  readonly slot: PluginSlot
  readonly reason: StartReason
  readonly scope: Scope
  readonly host: PluginHost
  readonly lookup: ServiceLookup
  readonly stages: HandlerStages
  /** Which generation each dependency was when this one started; nothing for an optional one that was not there. */
  readonly dependencies: ReadonlyMap<string, Generation | undefined>
  registerMs = 0
  setupMs = 0
  #instance: PluginInstance | undefined
  #config: unknown
  #app: AppScope | undefined
  #logger: Logger | undefined
  readonly #provided = new Map<string, unknown>()
  #setupBegan = false
  #stage: 'staged' | 'committed' | 'ending' = 'staged'
  #published: (() => void)[] = []
  #ended: Promise<PluginError[]> | undefined

  constructor(
    record: PluginRecord,
    slot: PluginSlot,
    host: PluginHost,
    start: {
      readonly reason: StartReason
      readonly lookup: ServiceLookup
      readonly dependencies: ReadonlyMap<string, Generation | undefined>
    },
  ) {
    this.record = record
    this.slot = slot
    this.host = host
    this.reason = start.reason
    this.lookup = start.lookup
    this.dependencies = start.dependencies
    const { file, generation } = record.source
    this.scope = new Scope({ plugin: slot.name, file, generation })
    this.stages = new HandlerStages(slot, host)
  }

  get logger(): Logger {
    this.#logger ??= childLogger(this.host.logger, { plugin: this.name, generation: this.record.source.generation })
    return this.#logger
  }

  get name(): string {
    return this.slot.name
  }

  get config(): unknown {
    return this.#config
  }

  /** The plugin's instance. Only there once `register` has returned. */
  get instance(): PluginInstance {
    if (!this.#instance) throw new Error(`"${this.name}" has no instance yet`)
    return this.#instance
  }

  get stage(): 'staged' | 'committed' | 'ending' {
    return this.#stage
  }

  /** What the plugin sees as its app: its own view where the host scopes it. */
  get app(): unknown {
    const { scopeApp, app } = this.host
    if (!scopeApp) return app
    this.#app ??= scopeApp(app, this.record.meta)
    return this.#app.view
  }

  /** Every service that this generation offers, by name. */
  services(): Map<string, unknown> {
    const services = new Map(this.#provided)
    const own = this.#instance && serviceOf(this.#instance)
    if (own !== undefined) services.set(this.name, own)
    return services
  }

  /** Checks the configuration, calls `register`, then `setup`; a promise only where one of them returns one. */
  start(limitMs: number = Number.POSITIVE_INFINITY): void | PromiseLike<void> {
    const config = configFor(this.record, this.host.configOf(this.name), this.#bound('registerMs', limitMs))
    return chain(config, (checked) => {
      this.#config = checked
      return chain(this.#register(limitMs), (instance) => {
        this.#adopt(instance)
        if (typeof instance.setup !== 'function') return
        return this.#setup(instance, limitMs)
      })
    }) as void | PromiseLike<void>
  }

  /** Shows what was staged: handlers, additions to the app, timers, listeners, kept events. Cannot fail. */
  goLive(): void {
    this.#stage = 'committed'
    this.stages.show()
    this.#onApp('commit')
    this.scope.goLive((error) => this.report('what it staged', error))
    for (const publish of this.#published.splice(0)) publish()
  }

  /** Hides what `goLive` shows; `goLive` brings it back. */
  pause(): void {
    this.#rest()
    this.stages.hide()
    this.#onApp('dispose')
  }

  /** Takes what others see of it away for ever: its handlers and its additions to the app. */
  vanish(): void {
    this.stages.discard()
    this.#onApp('dispose')
    this.#app = undefined
  }

  /** Offers a service, from the commit on; the undo takes it back. */
  provide(service: string, value: unknown): () => void {
    this.#provided.set(service, value)
    if (this.scope.live) this.host.publishServices(this)
    return () => {
      if (this.#provided.delete(service) && this.scope.live) this.host.publishServices(this)
    }
  }

  /** Keeps a publish for the moment of the commit. */
  publishLater(publish: () => void): void {
    this.#published.push(publish)
  }

  /** Calls one of the instance's hooks, with its deadline. */
  async call(hook: TimedHook, limitMs: number = Number.POSITIVE_INFINITY): Promise<unknown> {
    const instance = this.#instance
    if (!instance || typeof instance[hook] !== 'function') return undefined
    const bound: keyof PluginTimeouts = hook === 'onReload' || hook === 'health' ? 'reloadMs' : 'enableMs'
    const ms = this.#bound(bound, limitMs)
    try {
      return await within(instance[hook](), { ms, late: () => timeoutOf(this, hook, bound, ms) })
    } catch (error) {
      throw failureOf(this, hook, error)
    }
  }

  /**
   * Aborts the signal, calls `teardown` if `setup` began, releases what is owned, and fences the context: once,
   * however often it is asked. Gives what went wrong; a hang leaves a zombie. What others see of it stays, for a
   * successor to take its place in one step; where there is none, `vanish` comes first.
   */
  end(limitMs: number = Number.POSITIVE_INFINITY): Promise<PluginError[]> {
    this.#ended ??= this.#end(limitMs)
    return this.#ended
  }

  async #end(limitMs: number): Promise<PluginError[]> {
    const problems: PluginError[] = []
    this.#stage = 'ending'
    this.#published = []
    this.#rest()
    this.scope.abort()
    const ms = this.#bound('teardownMs', limitMs)
    const instance = this.#instance
    if (this.#setupBegan && typeof instance?.teardown === 'function') {
      try {
        const teardown = () => instance.teardown?.()
        await within(traced(teardownChannel, this.#trace(), teardown), {
          ms,
          late: () => timeoutOf(this, 'teardown', 'teardownMs', ms),
        })
      } catch (error) {
        const failure = failureOf(this, 'teardown', error)
        if (failure.code === 'CFP_TEARDOWN_TIMEOUT') this.slot.zombies++
        problems.push(failure)
      }
    }
    problems.push(...(await this.scope.end(ms)))
    return problems
  }

  #register(limitMs: number): PluginInstance | Promise<PluginInstance> {
    const { register } = this.record
    const ms = this.#bound('registerMs', limitMs)
    const from = performance.now()
    const check = (result: unknown): PluginInstance => {
      this.registerMs = performance.now() - from
      if ((typeof result === 'object' && result !== null) || typeof result === 'function')
        return result as PluginInstance
      throw new PluginError(
        'CFP_REGISTER_RESULT',
        `register() of plugin "${this.name}" returned ${result === null ? 'null' : typeof result}. Return the plugin's instance: an object with the hooks that it has.`,
        {
          plugin: this.name,
          phase: 'register',
          file: this.record.source.file,
          generation: this.record.source.generation,
        },
      )
    }
    return this.#attempt('register', () => {
      const call = () => register(this.app as never, new GenerationContext(this) as never)
      return chain(
        within(traced(registerChannel, this.#trace(), call), {
          ms,
          late: () => timeoutOf(this, 'register', 'registerMs', ms),
        }),
        check,
      )
    }) as PluginInstance | Promise<PluginInstance>
  }

  #setup(instance: PluginInstance, limitMs: number): unknown {
    const ms = this.#bound('setupMs', limitMs)
    const from = performance.now()
    this.#setupBegan = true
    return this.#attempt('setup', () =>
      chain(
        within(
          traced(setupChannel, this.#trace(), () => instance.setup?.()),
          { ms, late: () => timeoutOf(this, 'setup', 'setupMs', ms) },
        ),
        () => {
          this.setupMs = performance.now() - from
        },
      ),
    )
  }

  /** Runs a hook so that whatever it throws, now or later, says whose it is. */
  #attempt(phase: string, task: () => unknown): unknown {
    const blame = (error: unknown): never => {
      throw failureOf(this, phase, error)
    }
    try {
      const result = task()
      return isThenable(result) ? result.then(undefined, blame) : result
    } catch (error) {
      return blame(error)
    }
  }

  /** Stages what the instance declares by its shape: `@hook` methods and `handleEvent`. */
  #adopt(instance: PluginInstance): void {
    // A register() that outlived its deadline may come back to a generation that has ended.
    this.scope.assertUsable('register')
    this.#instance = instance
    for (const { hook, options, method } of hookMethodsOf(instance)) this.stages.hooks.on(hook, method, options)
    if (typeof instance.handleEvent !== 'function') return
    for (const event of this.record.meta.events) {
      this.stages.events.on(event, (_payload, context) => instance.handleEvent?.(event, context))
    }
  }

  #rest(): void {
    this.scope.pause((error) => this.report('what it staged', error))
  }

  #onApp(step: 'commit' | 'dispose'): void {
    try {
      this.#app?.[step]()
    } catch (error) {
      this.report(`${step}() of its view of the app`, error)
    }
  }

  #bound(hook: keyof PluginTimeouts, limitMs: number): number {
    return Math.min(limitMs, boundOf(this.host, this.record.meta, hook))
  }

  #trace() {
    return { plugin: this.name, generation: this.record.source.generation }
  }

  /** Tells the log what a task of the plugin threw where no caller could be told. */
  report(what: string, error: unknown): void {
    this.logger.error({ err: error }, `Plugin "${this.name}" failed in ${what}: ${messageOf(error)}`)
  }
}
