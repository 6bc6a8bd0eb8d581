// The context that a plugin gets: its generation, seen from inside.
import {
  type ContextHooks,
  type EmitReport,
  type EventHandler,
  type HandlerOptions,
  type Holdable,
  type HookHandler,
  type Listenable,
  type Logger,
  type Ownable,
  type PluginContext,
  PluginError,
  type PluginRecord,
  type ResolvedPluginMeta,
  type ServiceRef,
  serviceName,
  type Undo,
} from '@cf-plugins/plugin-api'
import type { Gate } from './gate.ts'
import type { ServiceLookup, StartReason } from './generation-start.ts'
import type { HandlerStages } from './handler-stages.ts'
import { declares, type PluginHost } from './host.ts'
import type { PluginListeners } from './listener.ts'
import type { Scope } from './scope.ts'
import { intervalActivation, timeoutActivation } from './timers.ts'

/** The generation, as far as its context shows it. */
export interface ContextSource {
  readonly name: string
  readonly record: PluginRecord
  readonly host: PluginHost
  /** Which instance of its plugin it is. */
  readonly number: number
  readonly reason: StartReason
  readonly app: unknown
  readonly config: unknown
  readonly logger: Logger
  readonly scope: Scope
  readonly stages: HandlerStages
  readonly stage: 'staged' | 'committed' | 'ending'
  readonly slot: { readonly gate: Gate; readonly listeners: PluginListeners }
  readonly lookup: ServiceLookup
  /** Offers a service, from the commit on. */
  provide(service: string, value: unknown): Undo
  /** Keeps a publish for the moment of the commit. */
  publishLater(publish: () => void): void
  /** Tells the log what a task threw where no caller could be told. */
  report(what: string, error: unknown): void
}

type AnyHandler = (...args: never[]) => unknown

/**
 * What `register` and `setup` get. Each method is bound when it is first read, so that all of them work destructured
 * and none of them costs a plugin that does not use it.
 */
export class GenerationContext implements PluginContext {
  readonly #of: ContextSource

  constructor(source: ContextSource) {
    this.#of = source
  }

  get app(): unknown {
    return this.#of.app
  }
  get name(): string {
    return this.#of.name
  }
  get meta(): ResolvedPluginMeta {
    return this.#of.record.meta
  }
  get config(): unknown {
    return this.#of.config
  }
  get shared(): unknown {
    return this.#of.host.shared
  }
  get logger(): Logger {
    return this.#of.logger
  }
  get generation(): number {
    return this.#of.record.source.generation
  }
  get reason(): StartReason {
    return this.#of.reason
  }
  get signal(): AbortSignal {
    return this.#of.scope.signal
  }

  get inject(): PluginContext['inject'] {
    return this.#keep('inject', (ref: ServiceRef<unknown> | string, options?: { readonly optional?: boolean }) => {
      const of = this.#usable('inject')
      const service = serviceName(ref)
      const found = of.lookup(service)
      if (!found) {
        if (options?.optional) return undefined
        throw this.#error(
          'CFP_SERVICE_UNKNOWN',
          `asked for the service "${service}", which nobody offers. Check the name, or ask with { optional: true }.`,
        )
      }
      if (!declares(of.record.meta, found.owner, service)) {
        throw this.#error(
          'CFP_SERVICE_UNDECLARED',
          `asked for the service "${service}" of plugin "${found.owner}", on which it does not depend. Add '${found.owner}' to its dependencies, or '${service}' to its requires.`,
        )
      }
      return found.service
    }) as PluginContext['inject']
  }

  get provide(): PluginContext['provide'] {
    return this.#keep('provide', (ref: ServiceRef<unknown> | string, service: unknown): Undo => {
      const of = this.#registering('provide')
      const name = serviceName(ref)
      if (!of.record.meta.provides.includes(name)) {
        throw this.#error(
          'CFP_SERVICE_NOT_DECLARED',
          `offered the service "${name}" without declaring it. Add '${name}' to \`provides\` in its metadata.`,
        )
      }
      return of.provide(name, service)
    })
  }

  get on(): PluginContext['on'] {
    return this.#keep(
      'on',
      <P>(event: string, handler: EventHandler<P>, options?: HandlerOptions): Undo =>
        this.#registering('on').stages.events.on(event, this.#known(handler as EventHandler), options),
    )
  }

  get emit(): PluginContext['emit'] {
    return this.#keep(
      'emit',
      async (event: string, payload?: unknown, options?: { readonly signal?: AbortSignal }): Promise<EmitReport> => {
        const of = this.#emitting('emit', true)
        return of.host.events.emit(event, payload, { ...options, source: of.name })
      },
    )
  }

  get publish(): PluginContext['publish'] {
    return this.#keep('publish', (event: string, payload?: unknown): void => {
      const of = this.#emitting('publish', false)
      const publish = () => of.host.events.publish(event, payload, { source: of.name })
      if (of.stage === 'staged') of.publishLater(publish)
      else publish()
    })
  }

  get hooks(): ContextHooks {
    const { host } = this.#of
    return this.#keep('hooks', {
      on: <Args extends readonly unknown[]>(hook: string, handler: HookHandler<Args>, options?: HandlerOptions): Undo =>
        this.#registering('hooks.on').stages.hooks.on(hook, this.#known(handler as unknown as HookHandler), options),
      call: async (hook: string, ...args: unknown[]) => {
        const { name } = this.#emitting('hooks.call', true)
        return host.hooks.callAs(name, hook, args)
      },
      callSync: (hook: string, ...args: unknown[]) => {
        const { name } = this.#emitting('hooks.callSync', true)
        return host.hooks.callSyncAs(name, hook, args)
      },
    })
  }

  get every(): PluginContext['every'] {
    return this.#keep('every', (intervalMs: number, task: () => unknown): Undo => {
      const of = this.#registering('every')
      this.#checkTask('every', intervalMs, task)
      const onError = (error: unknown) => of.report('a task of every()', error)
      return of.scope.activate(intervalActivation(intervalMs, this.#known(task), { gate: of.slot.gate, onError }))
    })
  }

  get after(): PluginContext['after'] {
    return this.#keep('after', (delayMs: number, task: () => unknown): Undo => {
      const of = this.#registering('after')
      this.#checkTask('after', delayMs, task)
      const onError = (error: unknown) => of.report('a task of after()', error)
      const undo: Undo = of.scope.activate(
        timeoutActivation(delayMs, this.#known(task), { gate: of.slot.gate, onError, onEnd: () => undo() }),
      )
      return undo
    })
  }

  get listen(): PluginContext['listen'] {
    return this.#keep('listen', (emitter: Listenable, event: string, handler: AnyHandler): Undo => {
      const of = this.#registering('listen')
      if (typeof handler !== 'function') throw this.#argument('listen', 'a function as its handler')
      const onError = (error: unknown) => of.report(`its listener of "${event}"`, error)
      const call = this.#known(handler as (...args: unknown[]) => unknown)
      let detach: Undo | undefined
      return of.scope.activate({
        start: () => {
          detach = of.slot.listeners.add(emitter, event, { call, onError })
        },
        stop: () => detach?.(),
      })
    })
  }

  get own(): PluginContext['own'] {
    return this.#keep('own', <T extends Ownable>(resource: T): T => {
      const of = this.#usable('own')
      const isOwnable =
        typeof resource === 'function' ||
        (typeof resource === 'object' &&
          resource !== null &&
          (Symbol.asyncDispose in resource || Symbol.dispose in resource))
      if (!isOwnable) throw this.#argument('own', 'a function, or an object with Symbol.dispose or Symbol.asyncDispose')
      return of.scope.own(resource)
    })
  }

  get hold(): PluginContext['hold'] {
    return this.#keep('hold', <T extends Holdable>(key: string, open: () => T | PromiseLike<T>) => {
      const of = this.#registering('hold')
      if (typeof key !== 'string' || key === '' || typeof open !== 'function') {
        throw this.#argument('hold', 'a key, which is a string, and a function that opens what is held')
      }
      return of.host.held.hold(key, of, open) as Promise<T>
    })
  }

  #keep<T>(member: string, value: T): T {
    Object.defineProperty(this, member, { value, configurable: true })
    return value
  }

  /** A handler that is known as this plugin's while it runs, where the host wants to know whose errors are. */
  #known<H>(handler: H): H {
    const { strays } = this.#of.host
    if (!strays || typeof handler !== 'function') return handler
    return ((...args: unknown[]) => strays.run(this.#of, () => handler(...args))) as H
  }

  #usable(member: string): ContextSource {
    this.#of.scope.assertUsable(member)
    return this.#of
  }

  /** What is registered during teardown would never work. */
  #registering(member: string): ContextSource {
    const of = this.#usable(member)
    if (of.stage !== 'ending') return of
    throw this.#error(
      'CFP_GENERATION_RETIRED',
      `used context.${member} while it was torn down. Stop that code when context.signal aborts.`,
    )
  }

  #emitting(member: string, awaited: boolean): ContextSource {
    const of = this.#usable(member)
    if (of.stage === 'ending') {
      throw this.#error(
        'CFP_EMIT_IN_TEARDOWN',
        `called ${member}() while it was torn down. Emit before that, from onDisable() or a handler.`,
      )
    }
    // In a reload the answer would wait for the very plugins whose gates open only after this one is up.
    if (awaited && of.stage === 'staged') {
      throw this.#error(
        'CFP_EMIT_BEFORE_COMMIT',
        `awaited ${member}() before it was active. Use publish(), which is kept until then, or do it in a handler.`,
      )
    }
    return of
  }

  #checkTask(member: string, ms: number, task: () => unknown): void {
    if (typeof task !== 'function') throw this.#argument(member, 'a function as its task')
    // Node turns a longer delay into 1 ms without a word.
    if (!(ms >= 0 && ms <= 2_147_483_647)) throw this.#argument(member, 'milliseconds from 0 to 2147483647')
  }

  #argument(member: string, needs: string): PluginError {
    return this.#error(
      'CFP_CONTEXT_ARGUMENT',
      `called context.${member}() with an argument that it cannot use: it takes ${needs}.`,
    )
  }

  #error(code: string, what: string): PluginError {
    const { name, record } = this.#of
    const { file, generation } = record.source
    return new PluginError(code, `Plugin "${name}" ${what}`, { plugin: name, file, generation })
  }
}
