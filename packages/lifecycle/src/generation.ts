// One generation of one plugin: a load of its code, made into an instance, from its start to its end.

import {
  isThenable,
  type Logger,
  messageOf,
  type PluginError,
  type PluginInstance,
  type PluginRecord,
  type PluginState,
  type Undo,
} from '@cf-plugins/plugin-api'
import { type PluginAccess, serviceOf } from '@cf-plugins/plugin-api/host'
import { AppView } from './app-view.ts'
import { chain } from './chain.ts'
import { GenerationContext } from './context.ts'
import { GenerationConfig } from './generation-config.ts'
import type { Dependencies, GenerationStart, PluginPlace, ServiceLookup, StartReason } from './generation-start.ts'
import { HandlerStages } from './handler-stages.ts'
import { boundOf, type PluginHost } from './host.ts'
import { attempt, type CalledHook, type HookLimit, InstanceHooks, type StartWaiter } from './instance-hooks.ts'
import { KeptState } from './kept-state.ts'
import { childLogger } from './loggers.ts'
import { OffloadedHandlers } from './offloaded-handlers.ts'
import { Passage } from './passage.ts'
import { ProvidedServices } from './provided-services.ts'
import { Scope } from './scope.ts'
import { ServiceUse } from './service-use.ts'
import { registerWhereItRuns } from './threaded-plugin.ts'
import { UntilCommit } from './until-commit.ts'

/**
 * A load of a plugin's code and the one instance made of it. `start` makes and sets up the instance, invisible;
 * `goLive` shows all that it staged at once; `pause` hides it; `end` tears it down, once, and releases what it owns.
 */
export class Generation {
  readonly record: PluginRecord
  readonly slot: PluginPlace
  readonly reason: StartReason
  readonly host: PluginHost
  readonly dependencies: Dependencies
  /** Which instance of its plugin this is, from 1. */
  readonly number: number
  readonly configuration: GenerationConfig
  readonly hooks: InstanceHooks
  #lookup: ServiceLookup
  // What follows is made when it is first asked for: most plugins need few of it, and a host may have thousands of plugins.
  #scope: Scope | undefined
  #kept: KeptState | undefined
  #app: AppView | undefined
  #logger: Logger | undefined
  #access: PluginAccess | undefined
  #stages: HandlerStages | undefined
  #untilCommit: UntilCommit | undefined
  #passage: Passage | undefined
  #provided: ProvidedServices | undefined
  #use: ServiceUse | undefined
  #offloaded: OffloadedHandlers | undefined
  #stage: 'staged' | 'committed' | 'ending' = 'staged'
  /** Where its scope stands, or would if there were one. */
  #shown = false
  #retired = false
  #ended: PluginError[] | Promise<PluginError[]> | undefined

  constructor(record: PluginRecord, slot: PluginPlace, host: PluginHost, start: GenerationStart) {
    this.record = record
    this.slot = slot
    this.host = host
    this.reason = start.reason
    this.#lookup = start.lookup
    this.configuration = new GenerationConfig(start.config)
    this.dependencies = start.dependencies
    if (start.kept !== undefined) this.#kept = new KeptState(this, start.kept)
    this.number = ++slot.made
    this.hooks = new InstanceHooks(this)
  }

  get scope(): Scope {
    this.#scope ??= new Scope(this, { live: this.#shown, aborted: this.#stage === 'ending', retired: this.#retired })
    return this.#scope
  }

  /** What it keeps in `context.state`. */
  get kept(): KeptState {
    this.#kept ??= new KeptState(this, undefined)
    return this.#kept
  }

  get name(): string {
    return this.slot.name
  }

  get logger(): Logger {
    this.#logger ??= childLogger(this.host.logger, { plugin: this.name, generation: this.record.source.generation })
    return this.#logger
  }

  get config(): unknown {
    return this.configuration.value
  }

  /** What it may use: asked of the host once, so that it is the same as long as it lives. */
  get access(): PluginAccess {
    this.#access ??= this.host.access.of(this.record)
    return this.#access
  }

  get stages(): HandlerStages {
    if (!this.#stages) {
      const { name, passage, record } = this
      this.#stages = new HandlerStages({ name, rank: this.slot.rank, gate: passage, source: record.source }, this.host)
      if (this.#shown) this.#stages.show()
    }
    return this.#stages
  }

  get passage(): Passage {
    this.#passage ??= new Passage(this.slot.gate)
    return this.#passage
  }

  /** Calls that its handlers, timers and leases have not ended. */
  get inFlight(): number {
    return this.#passage?.inFlight ?? 0
  }

  /** What waits for its commit. */
  get untilCommit(): UntilCommit {
    this.#untilCommit ??= new UntilCommit(this.slot)
    return this.#untilCommit
  }

  /** The plugin's instance. Only there once `register` has returned. */
  get instance(): PluginInstance {
    const { instance } = this.hooks
    if (!instance) throw new Error(`"${this.name}" has no instance yet`)
    return instance
  }

  get stage(): 'staged' | 'committed' | 'ending' {
    return this.#stage
  }

  /** What the plugin sees as its app: its own view where the host scopes it. */
  get app(): unknown {
    const { scopeApp, app } = this.host
    if (!scopeApp) return app
    this.#app ??= new AppView(this.host, this.record.meta, (step, error) =>
      this.report(`${step}() of its view of the app`, error),
    )
    return this.#app.view
  }

  /** Who offers a service that it may see. */
  get lookup(): ServiceLookup {
    return this.#lookup
  }

  /** What it takes of that. */
  get use(): ServiceUse {
    this.#use ??= new ServiceUse(this)
    return this.#use
  }

  /** Its handlers that run in threads. */
  get offloaded(): OffloadedHandlers {
    this.#offloaded ??= new OffloadedHandlers(this)
    return this.#offloaded
  }

  /** Whether it would be given other services by now, of those that may come and go. */
  get isOutdated(): boolean {
    return this.#use?.isOutdated ?? false
  }

  /** The service of its own name; nothing where it offers none. */
  get service(): unknown {
    const { instance } = this.hooks
    return instance && serviceOf(instance)
  }

  /** Whether it offers services besides that of its own name. */
  get offersMore(): boolean {
    return this.#provided !== undefined
  }

  /** Every service that this generation offers, by name. */
  services(): Map<string, unknown> {
    const services = this.#provided?.all() ?? new Map<string, unknown>()
    const own = this.service
    if (own !== undefined) services.set(this.name, own)
    return services
  }

  get state(): PluginState | undefined {
    return this.kept.state
  }

  /**
   * Checks the configuration, calls `register`, then `setup`. Whether it is up at once: else the waiter is told when it is.
   *
   * @throws why it is not, where it is told at once
   */
  start(waiter: StartWaiter, limit?: HookLimit): boolean {
    const taken = this.configuration.take(this.record, this.host)
    if (!isThenable(taken)) return this.#begin(waiter, limit)
    taken.then(
      () => attempt(() => this.#begin(waiter, limit), waiter),
      (error) => waiter.failed(error),
    )
    return false
  }

  /** Calls `register` of its plugin, in a thread where that is where the plugin runs. */
  register(): unknown {
    return registerWhereItRuns(this, new GenerationContext(this) as never)
  }

  /** Brings state of another version into this one's; nothing to wait for where it has none. */
  migrate(instance: PluginInstance, limit: HookLimit): void | PromiseLike<void> {
    return this.#kept?.migrate(instance, limit?.())
  }

  /** Waits no longer for the hook that runs: the start was cancelled. */
  giveUp(reason: unknown): void {
    this.hooks.giveUp(reason)
    this.#kept?.giveUp(reason)
  }

  /** Shows what was staged: handlers, additions to the app, timers, listeners. Cannot fail. */
  goLive(): void {
    this.#stage = 'committed'
    // What finds services within a reload would keep that whole reload, and so the generations before this one.
    this.#lookup = this.host.offersOf
    this.#stages?.show()
    this.#app?.show()
    this.#shown = !this.#retired
    this.#scope?.goLive((error) => this.report('what it staged', error))
  }

  /** Sends what was published, and passes on what was heard, before the commit: for when everybody who is to get it is live. */
  flush(): void {
    this.#untilCommit?.flush((error) => this.report('publish()', error))
    this.#untilCommit = undefined
  }

  /** Hides what `goLive` shows; `goLive` brings it back. */
  pause(): void {
    this.#rest()
    this.#stages?.hide()
    this.#app?.hide()
  }

  /** Takes what others see of it away for ever: its handlers and its additions to the app. */
  vanish(): void {
    this.#rest()
    this.#stages?.discard()
    this.#app?.hide()
  }

  /** Offers a service, from the commit on; the undo takes it back. */
  provide(service: string, value: unknown): Undo {
    this.#provided ??= new ProvidedServices((isOther) => {
      if (!this.#shown) return
      this.host.publishServices(this)
      if (isOther) this.host.offersChanged?.()
    })
    return this.#provided.add(service, value)
  }

  /** Calls one of the instance's hooks, with its deadline. @throws what the hook threw, said whose it is */
  call(hook: CalledHook, limitMs?: number): Promise<unknown> {
    return this.hooks.call(hook, limitMs)
  }

  /**
   * Aborts the signal, calls `teardown` if `setup` began, releases what is owned, and fences the context: once,
   * however often it is asked. Gives what went wrong; a hang leaves a zombie. What others see of it stays, for a
   * successor to take its place in one step; where there is none, `vanish` comes first.
   *
   * @param handsOver whether what the host holds for it stays held, for a successor to ask for, until `letGo`
   */
  end(limitMs?: number, handsOver = false): PluginError[] | Promise<PluginError[]> {
    this.#ended ??= this.#end(limitMs, handsOver)
    return this.#ended
  }

  /** Closes what the host holds for it and for no other generation. Gives what went wrong. */
  letGo(limitMs = Number.POSITIVE_INFINITY): PluginError[] | Promise<PluginError[]> {
    const detach = this.#untilCommit?.letGo()
    const boundMs = Math.min(limitMs, boundOf(this.host, this.record.meta, 'teardownMs'))
    return chain(this.host.held.release(this, boundMs), (failures) => {
      detach?.()
      return failures
    }) as PluginError[] | Promise<PluginError[]>
  }

  #end(limitMs = Number.POSITIVE_INFINITY, handsOver = false): PluginError[] | Promise<PluginError[]> {
    const until = performance.now() + limitMs
    const left = () =>
      Math.max(1, Math.min(until - performance.now(), boundOf(this.host, this.record.meta, 'teardownMs')))
    const problems: PluginError[] = []
    this.#stage = 'ending'
    this.#kept?.end()
    this.#untilCommit?.end()
    this.#rest()
    this.#scope?.abort()
    const note = (failures: readonly PluginError[]) => {
      problems.push(...failures)
      return problems
    }
    return chain(this.hooks.tearDown(left(), problems), () =>
      chain(this.#scope?.end(left()) ?? [], (failures) => {
        this.#retired = true
        note(failures)
        this.host.strays?.ended(this)
        return handsOver ? problems : chain(this.letGo(left()), note)
      }),
    ) as PluginError[] | Promise<PluginError[]>
  }

  #begin(waiter: StartWaiter, limit: HookLimit): boolean {
    this.#kept?.begin()
    return this.hooks.start(waiter, limit)
  }

  #rest(): void {
    this.#untilCommit?.rest()
    this.#shown = false
    this.#scope?.pause((error) => this.report('what it staged', error))
  }

  /** Tells the log what a task of the plugin threw where no caller could be told. */
  report(what: string, error: unknown): void {
    const message = `Plugin "${this.name}" failed in ${what}: ${messageOf(error)}`
    try {
      this.logger.error({ err: error }, message)
    } catch {
      // A logger that throws must not be what its plugin, or a commit, fails of.
    }
  }
}
