// What the two halves of a plugin in a thread ask of each other: each op's arguments, and what it gives.
import type {
  ContextEmitOptions,
  EmitReport,
  EventOptions,
  HandlerOptions,
  HookRef,
  InstanceHook,
  PipelineRunOptions,
  PluginSource,
  ResolvedPluginMeta,
  SharedStateRef,
  StateTransactionOptions,
  StateUpdateOptions,
  StepOptions,
} from '@cf-plugins/plugin-api'
import type { AuditMessage, PermissionKind } from '@cf-plugins/plugin-api/host'

/**
 * What a thread counts up for each thing that it adds through its context. The host calls what is behind it by `invoke`, and the thread takes
 * it back by `undo`.
 */
export type RegistrationId = number

/** A service, `app` or `shared`, or a part of one, as it goes to the other side: by what it has. */
export interface ServiceShape {
  /** Given by the side where the service is. */
  readonly id: number
  readonly isFunction: boolean
  readonly methods: readonly string[]
  /** Copies of what can be cloned. */
  readonly values: Readonly<Record<string, unknown>>
  /** What has methods of its own. */
  readonly parts: Readonly<Record<string, ServiceShape>>
  /** What can be neither cloned nor called, each with what it is: reading it says so. */
  readonly lacking: Readonly<Record<string, string>>
}

/** A service as it crosses: one with methods by its shape, anything else as a copy. */
export type CrossedService = { readonly shape: ServiceShape } | { readonly value: unknown }

/** A part of the state. */
export interface StatePartAddress {
  /** Nothing for the plugin's own part. */
  readonly shared?: string | SharedStateRef<unknown> | undefined
  /** Nothing outside of transactions; else what the host called the transaction's task with. */
  readonly transaction?: number | undefined
}

/** What can cross of a handler's options: no `condition`, which the thread refuses. */
export type CrossedHandlerOptions = Omit<HandlerOptions, 'condition'>
export type CrossedEventOptions = Omit<EventOptions, 'condition'>
export type CrossedStepOptions = Omit<StepOptions<unknown>, 'condition' | 'undo'> & { readonly hasUndo: boolean }

/**
 * What a thread asks and waits for. Whoever adds something gives it an id first. What the real context throws is what the thread's throws.
 */
export interface ContextSyncOps {
  on(id: RegistrationId, event: string, options: CrossedEventOptions | undefined): void
  /** @param length how many parameters the handler has */
  'hooks.on'(
    id: RegistrationId,
    hook: string | HookRef,
    options: CrossedHandlerOptions | undefined,
    length: number,
  ): void
  'pipeline.step'(id: RegistrationId, pipeline: string, step: string, options: CrossedStepOptions): void
  every(id: RegistrationId, intervalMs: number): void
  after(id: RegistrationId, delayMs: number): void
  own(id: RegistrationId): void
  /** Whether the thread is to attach its listener at once; later it is told by `attach` and `detach`. */
  listen(id: RegistrationId, event: string): boolean
  /** With `scope: 'plugin'` there is no service yet, and the host refuses it. */
  provide(id: RegistrationId, service: string, offered: CrossedService | { readonly scope: 'plugin' }): void
  undo(id: RegistrationId): void
  inject(
    service: string,
    options: { readonly optional?: boolean; readonly all?: boolean },
  ): CrossedService | readonly CrossedService[] | undefined
  app(): CrossedService
  shared(): CrossedService
  /** The same as the notification, for the first of each event: what it is refused for, its caller hears. */
  publish(event: string, payload: unknown, options: Pick<ContextEmitOptions, 'parent'> | undefined): void
  /** What `accessOf(context)` answers, for packages of the host that a plugin imports. */
  'access.allow'(kind: PermissionKind, name: string): void
  'access.may'(kind: PermissionKind, name: string): boolean
  'hooks.callSync'(hook: string | HookRef, args: readonly unknown[]): unknown
  /** Checks that there is such a part, as `state.shared` does. */
  'state.open'(part: StatePartAddress): void
  'state.get'(part: StatePartAddress): unknown
  'state.set'(part: StatePartAddress, value: unknown): void
  'state.watch'(id: RegistrationId, part: StatePartAddress): void
}

/** What a thread asks and awaits. */
export interface ContextAsyncOps {
  emit(event: string, payload: unknown, options: ContextEmitOptions | undefined): EmitReport
  'hooks.call'(hook: string | HookRef, args: readonly unknown[]): unknown
  'pipeline.run'(pipeline: string, value: unknown, options: PipelineRunOptions | undefined): unknown
  /** @param change gives the new value, never `undefined`: the draft where the plugin's function returned nothing */
  'state.update'(
    part: StatePartAddress,
    change: (draft: unknown) => unknown,
    options: StateUpdateOptions | undefined,
  ): unknown
  /** @param task is called with the transaction's number */
  'state.transaction'(task: (transaction: number) => unknown, options: StateTransactionOptions | undefined): unknown
  /** Calls a method of what was injected; with no method, the thing itself. */
  service(id: number, method: string | undefined, args: readonly unknown[]): unknown
}

/** One line of a thread's log. */
export interface LogLine {
  readonly level: 'debug' | 'info' | 'warn' | 'error'
  /** What `logger.child` was given, all of them merged. */
  readonly bindings?: Record<string, unknown> | undefined
  /** What the method was called with. */
  readonly args: readonly unknown[]
}

/** What a thread tells. */
export interface ContextNotifications {
  publish(event: string, payload: unknown, options: Pick<ContextEmitOptions, 'parent'> | undefined): void
  log(lines: readonly LogLine[]): void
  /** What packages of the host do for the plugin, and account for. */
  audit(message: AuditMessage): void
  /** A listener heard something; its arguments stay in the thread, under `token`, until `invoke(id, 'run', [token])`. */
  heard(id: RegistrationId, token: number): void
}

/** What a thread is told before it makes the instance. */
export interface InstanceStart {
  readonly name: string
  /** The host's, for a thread's own is the same but for what the host decided. `config`, which is a schema, is left out. */
  readonly meta: Omit<ResolvedPluginMeta, 'config'>
  readonly source: PluginSource
  /** The number of the real context, for which the thread's stands. */
  readonly context: number
  readonly reason: 'start' | 'reload' | 'rollback'
  readonly config: unknown
  /** Whether `context.signal` is aborted already. */
  readonly isAborted: boolean
}

/** A `@hook` method of the instance, in the order in which they are added. */
export interface HookMethodShape {
  readonly hook: string | HookRef
  readonly options: CrossedHandlerOptions
}

/** The instance that a thread made, as the one that stands for it needs to know it. */
export interface InstanceShape {
  /** The hooks that it has. */
  readonly hooks: readonly InstanceHook[]
  readonly hookMethods: readonly HookMethodShape[]
  /** What it offers under its plugin's name; nothing where it offers nothing, or has a `setup` that comes first. */
  readonly service: CrossedService | undefined
}

/** What the host calls behind a registration: the function, a step's `undo`. */
export type InvokedPart = 'run' | 'undo'

/** What the host asks of a thread, and awaits. */
export interface InstanceOps {
  /** Evaluates the code, and calls `register`. */
  register(start: InstanceStart): InstanceShape
  /** Calls `setup`, where there is one. Gives what the instance offers from then on. */
  setup(): { readonly service: CrossedService | undefined }
  /** Calls another hook. `handleEvent` is given `packArguments('event', [payload, context])`. */
  hook(name: Exclude<InstanceHook, 'setup'>, args: readonly unknown[]): unknown
  /** Calls the `@hook` method of that place among `hookMethods`. @param packed by `packArguments('hook', …)` */
  hookMethod(index: number, packed: unknown): unknown
  /**
   * Calls what was added under `id`. Handlers and steps are given what `packArguments` of their kind packed, and give what `packResult` of it
   * packed; others their arguments as a list: none for `every`, `after` and `own`; the token for `listen`; the value for `state.watch`.
   */
  invoke(id: RegistrationId, part: InvokedPart, packed: unknown): unknown
  /** Calls a method of what the thread offers; with no method, the thing itself. */
  service(id: number, method: string | undefined, args: readonly unknown[]): unknown
}

/** Ops that hand on, as their last argument, what somebody else was called with: `argument 1` is the first of those, in messages. */
export const HANDING_ON: ReadonlySet<string | number> = new Set(['service', 'invoke', 'hook', 'hookMethod'])

/** What the host tells a thread. */
export interface InstanceNotifications {
  /** `context.config` is another. */
  config(value: unknown): void
  /** `context.signal` is aborted. */
  abort(): void
  /** What `listen` added is, or is no longer, to listen. */
  attach(id: RegistrationId): void
  detach(id: RegistrationId): void
}
