// The context that a plugin gets: its generation, seen from inside.
import type {
  AuditNote,
  ContextHooks,
  Holdable,
  Listenable,
  Logger,
  Ownable,
  PluginContext,
  PluginState,
  ResolvedPluginMeta,
  Undo,
} from '@cf-plugins/plugin-api'
import { ACCESS, AUDIT_NOTE, auditNote, isAuditNote, type PluginAccess } from '@cf-plugins/plugin-api/host'
import { contextEmit, contextHooks, contextOn, contextPipeline, contextPublish } from './context-dispatch.ts'
import { contextInject, contextProvide } from './context-services.ts'
import { argumentError, type ContextSource, checkTask, registering, usable } from './context-source.ts'
import { contextState } from './context-state.ts'
import type { StartReason } from './generation-start.ts'
import { known } from './known.ts'
import { PluginCode } from './plugin-code.ts'
import { intervalActivation, timeoutActivation } from './timers.ts'

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

  /** For the packages of a host that open doors of their own. */
  get [ACCESS](): PluginAccess {
    return this.#of.access
  }

  get state(): PluginState {
    return this.#keep('state', contextState(this.#of))
  }

  get inject(): PluginContext['inject'] {
    return this.#keep('inject', contextInject(this.#of))
  }

  get provide(): PluginContext['provide'] {
    return this.#keep('provide', contextProvide(this.#of))
  }

  get on(): PluginContext['on'] {
    return this.#keep('on', contextOn(this.#of))
  }

  get emit(): PluginContext['emit'] {
    return this.#keep('emit', contextEmit(this.#of))
  }

  get publish(): PluginContext['publish'] {
    return this.#keep('publish', contextPublish(this.#of))
  }

  get hooks(): ContextHooks {
    return this.#keep('hooks', contextHooks(this.#of))
  }

  get pipeline(): PluginContext['pipeline'] {
    return this.#keep('pipeline', contextPipeline(this.#of))
  }

  get audit(): PluginContext['audit'] {
    return this.#keep('audit', (note: AuditNote): void => {
      if (!isAuditNote(note)) throw argumentError(this.#of, 'audit', AUDIT_NOTE)
      auditNote(this.#of.access.host, this.#of.name, note)
    })
  }

  get every(): PluginContext['every'] {
    return this.#keep('every', (intervalMs: number, task: () => unknown): Undo => {
      const of = registering(this.#of, 'every')
      checkTask(this.#of, 'every', intervalMs, task)
      const onError = (error: unknown) => of.report('a task of every()', error)
      const run = { passage: of.passage, code: new PluginCode(of, 'timer', 'every'), onError }
      return of.scope.activate(intervalActivation(intervalMs, known(this.#of, task), run))
    })
  }

  get after(): PluginContext['after'] {
    return this.#keep('after', (delayMs: number, task: () => unknown): Undo => {
      const of = registering(this.#of, 'after')
      checkTask(this.#of, 'after', delayMs, task)
      const onError = (error: unknown) => of.report('a task of after()', error)
      const run = { passage: of.passage, code: new PluginCode(of, 'timer', 'after'), onError, onEnd: () => undo() }
      const undo: Undo = of.scope.activate(timeoutActivation(delayMs, known(this.#of, task), run))
      return undo
    })
  }

  get listen(): PluginContext['listen'] {
    return this.#keep('listen', (emitter: Listenable, event: string, handler: AnyHandler): Undo => {
      const of = registering(this.#of, 'listen')
      if (typeof handler !== 'function') throw argumentError(this.#of, 'listen', 'a function as its handler')
      const onError = (error: unknown) => of.report(`its listener of "${event}"`, error)
      const call = known(this.#of, handler as (...args: unknown[]) => unknown)
      const listening = { call, onError, passage: of.passage, code: new PluginCode(of, 'listener', event) }
      // What a server that others opened is sent, is theirs to answer until the commit.
      const isEarly = !of.scope.live && of.host.held.isOpenedBy(of, emitter)
      let detach = isEarly ? of.untilCommit.early.listen(emitter, event, listening) : undefined
      const undo = of.scope.activate({
        start: () => {
          detach?.()
          detach = of.slot.listeners.add(emitter, event, listening)
        },
        stop: () => detach?.(),
      })
      return () => {
        undo()
        detach?.()
        if (isEarly && !of.scope.live) of.untilCommit.early.forget(listening)
      }
    })
  }

  get own(): PluginContext['own'] {
    return this.#keep('own', <T extends Ownable>(resource: T): T => {
      const of = usable(this.#of, 'own')
      const isOwnable =
        typeof resource === 'function' ||
        (typeof resource === 'object' &&
          resource !== null &&
          (Symbol.asyncDispose in resource || Symbol.dispose in resource))
      if (!isOwnable)
        throw argumentError(this.#of, 'own', 'a function, or an object with Symbol.dispose or Symbol.asyncDispose')
      return of.scope.own(resource)
    })
  }

  get hold(): PluginContext['hold'] {
    return this.#keep('hold', <T extends Holdable>(key: string, open: () => T | PromiseLike<T>) => {
      const of = registering(this.#of, 'hold')
      if (typeof key !== 'string' || key === '' || typeof open !== 'function') {
        throw argumentError(this.#of, 'hold', 'a key, which is a string, and a function that opens what is held')
      }
      return of.host.held.hold(key, of, open) as Promise<T>
    })
  }

  #keep<T>(member: string, value: T): T {
    Object.defineProperty(this, member, { value, configurable: true })
    return value
  }
}
