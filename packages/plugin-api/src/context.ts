// What a plugin gets from its host.
import type {
  BatchHandler,
  EventHandler,
  EventOptions,
  HandlerOptions,
  HookHandler,
  SingleEventOptions,
} from './handlers.ts'
import type { ResolvedPluginMeta } from './meta.ts'
import type { PipelineSteps } from './pipeline.ts'
import type { EventRef, HookArguments, HookHandlerOf, HookRef, HookResult, PipelineRef } from './refs.ts'
import type { ServiceRef } from './service-ref.ts'
import type { PluginState } from './state.ts'
import type { Undo } from './undo.ts'

/** A logger that pino fits as it is. */
export interface Logger {
  debug(message: string): void
  debug(details: object, message?: string): void
  info(message: string): void
  info(details: object, message?: string): void
  warn(message: string): void
  warn(details: object, message?: string): void
  error(message: string): void
  error(details: object, message?: string): void
  child?(bindings: Record<string, unknown>): Logger
}

/** Who failed to handle an event, and how. */
export interface HandlerFailure {
  readonly plugin: string
  readonly error: unknown
}

/** How an awaited `emit` ended. */
export interface EmitReport {
  readonly event: string
  /** Handlers that were called, failed ones among them. */
  readonly handled: number
  readonly failures: readonly HandlerFailure[]
}

/** What a plugin's `emit` takes besides the payload. */
export interface ContextEmitOptions {
  /** Gives up waiting. */
  readonly signal?: AbortSignal
  /** The event whose handler emits this one. */
  readonly parent?: { readonly id: string; readonly event: string }
}

/** Whom a service with `scope: 'plugin'` is made for. */
export interface ServiceConsumer {
  /** The plugin's name. */
  readonly name: string
  /** The consumer's own logger. */
  readonly logger: Logger
  /** Aborted when the consumer's generation ends. */
  readonly signal: AbortSignal
}

/** What a plugin has to account for. */
export interface AuditNote {
  /** What was done or tried, such as `user.login`. */
  readonly action: string
  /** @default 'done' */
  readonly outcome?: 'done' | 'denied' | 'failed' | undefined
  /** What it was done to. */
  readonly subject?: string | undefined
  /** For whom it was done: the user who asked, as the plugin knows them. */
  readonly by?: string | undefined
  /** Why, or what went wrong. Without secrets. */
  readonly reason?: string | undefined
}

/** Anything that can be listened to: Node's `EventEmitter` or an `EventTarget`. */
export type Listenable =
  | {
      on(event: string, handler: (...args: unknown[]) => void): unknown
      off(event: string, handler: (...args: unknown[]) => void): unknown
    }
  | EventTarget

/** What a scope can release: a function, or a disposable. */
export type Ownable = (() => unknown) | Disposable | AsyncDisposable

/** What a host can hold, and close in the end: by `Symbol.asyncDispose`, else `Symbol.dispose`, else `close()`. */
export type Holdable = AsyncDisposable | Disposable | { close(...args: never[]): unknown }

/** Hooks as a plugin sees them. */
export interface ContextHooks {
  /** Adds a handler, owned by this plugin's scope and live from the plugin's commit. */
  on<Ref extends HookRef>(hook: Ref, handler: HookHandlerOf<Ref>, options?: HandlerOptions): Undo
  on<Args extends readonly unknown[]>(hook: string, handler: HookHandler<Args>, options?: HandlerOptions): Undo
  /** Calls the handlers as the hook's kind has it; one after the other, and gives their results, where it has none. */
  call<Ref extends HookRef>(hook: Ref, ...args: HookArguments<Ref>): Promise<HookResult<Ref>>
  call(hook: string, ...args: unknown[]): Promise<unknown[]>
  /** The same, at once; refuses a handler that returns a promise. */
  callSync<Ref extends HookRef>(hook: Ref, ...args: HookArguments<Ref, 'sync'>): HookResult<Ref>
  callSync(hook: string, ...args: unknown[]): unknown[]
}

/**
 * What a plugin gets from its host. Every member works destructured. Everything acquired through it (handlers,
 * services, timers, listeners, owned things) is released in reverse order when the plugin's generation ends, and a
 * member called after that throws `CFP_GENERATION_RETIRED`.
 */
export interface PluginContext<App = unknown, Config = unknown, Shared = unknown, State = unknown> {
  /** The host application, or the host's scoped view of it. */
  readonly app: App
  readonly name: string
  readonly meta: ResolvedPluginMeta
  /** Validated by the plugin's own schema. */
  readonly config: Config
  /** The host's object, the same for every plugin. */
  readonly shared: Shared
  readonly logger: Logger
  /** Which load of the plugin's code this is, from 1. */
  readonly generation: number
  /** Why this instance exists. */
  readonly reason: 'start' | 'reload' | 'rollback'
  /** Aborted when the scope ends. */
  readonly signal: AbortSignal

  /** What the plugin keeps over reloads: typed, with a lock and transactions. */
  readonly state: PluginState<State>

  /**
   * The service itself; of several providers the one that the host chose.
   *
   * @throws `CFP_SERVICE_UNKNOWN` where nobody offers it, `CFP_SERVICE_UNDECLARED` with the line to add to the metadata,
   * `CFP_SERVICE_AMBIGUOUS` where the host must choose, `CFP_ACCESS_DENIED` where the plugin's permissions leave it out
   */
  inject<T>(ref: ServiceRef<T>): T
  inject<T>(ref: ServiceRef<T>, options: { readonly optional: true }): T | undefined
  /** Everyone's who offers it just now, in the order in which they start; the metadata's `collects` names it. */
  inject<T>(ref: ServiceRef<T>, options: { readonly all: true }): readonly T[]
  inject(name: string, options: { readonly all: true }): readonly unknown[]
  inject(name: string, options?: { readonly optional?: boolean }): unknown
  /**
   * Offers a service that the metadata's `provides` names: one for all, or, with `scope: 'plugin'`, one that `make` makes
   * for each plugin that asks, once a generation; where it can be disposed of, it is when that generation ends.
   *
   * @throws `CFP_SERVICE_NOT_DECLARED` with the line to add to the metadata
   */
  provide<T>(ref: ServiceRef<T> | string, service: NoInfer<T>): Undo
  provide<T>(
    ref: ServiceRef<T> | string,
    make: (consumer: ServiceConsumer) => NoInfer<T>,
    options: { readonly scope: 'plugin' },
  ): Undo

  /** Listens to an event, or to all that a pattern such as `user.*` stands for. */
  on<Payload>(event: EventRef<Payload>, handler: EventHandler<Payload>, options?: SingleEventOptions): Undo
  on<Payload>(event: EventRef<Payload>, handler: BatchHandler<Payload>, options: EventOptions & { batch: object }): Undo
  on<Payload = unknown>(event: string, handler: EventHandler<Payload>, options?: SingleEventOptions): Undo
  on<Payload = unknown>(event: string, handler: BatchHandler<Payload>, options: EventOptions & { batch: object }): Undo
  /** Emits and waits for every handler. @throws `CFP_EMIT_BEFORE_COMMIT` until the plugin is active. */
  emit<Payload>(event: EventRef<Payload>, payload: Payload, options?: ContextEmitOptions): Promise<EmitReport>
  emit(event: string, payload?: unknown, options?: ContextEmitOptions): Promise<EmitReport>
  /** Emits and does not wait. Before the plugin is active it is kept for then, and dropped if that never comes. */
  publish<Payload>(event: EventRef<Payload>, payload: Payload, options?: Pick<ContextEmitOptions, 'parent'>): void
  publish(event: string, payload?: unknown, options?: Pick<ContextEmitOptions, 'parent'>): void
  readonly hooks: ContextHooks
  /** A pipeline of the host's, to add steps to and to run. */
  pipeline<Value>(pipeline: PipelineRef<Value>): PipelineSteps<Value>
  pipeline<Value = unknown>(name: string): PipelineSteps<Value>

  /** Tells the host's audit trail, in this plugin's name. Where none is kept, nothing happens. Works as long as the logger does. */
  audit(note: AuditNote): void

  /** Calls `task` every `intervalMs`, while the plugin is active, never twice at once. */
  every(intervalMs: number, task: () => unknown): Undo
  /** Calls `task` once, after `delayMs`, when the plugin is active. */
  after(delayMs: number, task: () => unknown): Undo
  /** Listens while this generation lives. */
  listen(emitter: Listenable, event: string, handler: (...args: never[]) => unknown): Undo
  /** Releases `resource` at teardown, and gives it back. */
  own<T extends Ownable>(resource: T): T
  /**
   * Has the host hold what must outlive this generation, such as a listening server or a pool. The first generation that
   * asks for a key opens it; one that asks before its commit for a key that the plugin's old generation holds is given
   * that very object. What the new one does not ask for is closed once the old one is gone, what a failed reload opened is
   * closed by its rollback, and disabling, unloading or stopping the plugin closes all of it.
   *
   * @param key the host's: of all its plugins only one may use it, so name the thing, as in `'port:8080'`
   * @throws `CFP_HOLD_TAKEN` where another plugin holds the key; what `open` throws, and then the key is free
   * @example
   * const server = await context.hold('port:8080', () => listening(createServer(), 8080))
   * context.listen(server, 'request', (request, response) => response.end('hello'))
   */
  hold<T extends Holdable>(key: string, open: () => T | PromiseLike<T>): Promise<T>
}
