// The context that a plugin in a thread gets: what its generation's own context has, asked of the host.
import type {
  AuditNote,
  ContextHooks,
  Logger,
  Ownable,
  PluginContext,
  PluginState,
  ResolvedPluginMeta,
  Undo,
} from '@cf-plugins/plugin-api'
import { ACCESS, AUDIT_NOTE, auditNote, isAuditNote, type PluginAccess } from '@cf-plugins/plugin-api/host'
import { threadEmit, threadHooks, threadOn, threadPipeline, threadPublish } from './thread-dispatch.ts'
import { threadListen } from './thread-listeners.ts'
import { threadInject, threadProvide } from './thread-services.ts'
import { argumentError, type ThreadSource, unsupported } from './thread-source.ts'
import { threadState } from './thread-state.ts'

/**
 * What `register` and `setup` get in a thread. What is sync inline is sync here: the thread waits while its host answers. Each method is bound when
 * it is first read, so that all of them work destructured and none of them costs a plugin that does not use it.
 */
export class ThreadContext implements PluginContext {
  readonly #of: ThreadSource

  constructor(source: ThreadSource) {
    this.#of = source
  }

  get name(): string {
    return this.#of.name
  }
  get meta(): ResolvedPluginMeta {
    return this.#of.meta
  }
  get config(): unknown {
    return this.#of.config
  }
  get logger(): Logger {
    return this.#of.logger
  }
  get generation(): number {
    return this.#of.source.generation
  }
  get reason(): ThreadSource['reason'] {
    return this.#of.reason
  }
  get signal(): AbortSignal {
    return this.#of.signal
  }

  get app(): unknown {
    return this.#keep('app', this.#of.services.receive(this.#of.host.ask('app')))
  }

  get shared(): unknown {
    return this.#keep('shared', this.#of.services.receive(this.#of.host.ask('shared')))
  }

  /** For the packages of a host that open doors of their own. */
  get [ACCESS](): PluginAccess {
    const { host, hostId } = this.#of
    return this.#keep(ACCESS, {
      host: hostId,
      allow: (kind, name) => host.ask('access.allow', kind, name),
      may: (kind, name) => host.ask('access.may', kind, name),
    })
  }

  get state(): PluginState {
    return this.#keep('state', threadState(this.#of))
  }

  get inject(): PluginContext['inject'] {
    return this.#keep('inject', threadInject(this.#of))
  }

  get provide(): PluginContext['provide'] {
    return this.#keep('provide', threadProvide(this.#of))
  }

  get on(): PluginContext['on'] {
    return this.#keep('on', threadOn(this.#of))
  }

  get emit(): PluginContext['emit'] {
    return this.#keep('emit', threadEmit(this.#of))
  }

  get publish(): PluginContext['publish'] {
    return this.#keep('publish', threadPublish(this.#of))
  }

  get hooks(): ContextHooks {
    return this.#keep('hooks', threadHooks(this.#of))
  }

  get pipeline(): PluginContext['pipeline'] {
    return this.#keep('pipeline', threadPipeline(this.#of))
  }

  get audit(): PluginContext['audit'] {
    return this.#keep('audit', (note: AuditNote): void => {
      const { hostId, name } = this.#of
      // Here, where it is called: in the host nobody hears what is wrong with it.
      if (!isAuditNote(note)) throw argumentError(this.#of, 'audit', AUDIT_NOTE)
      auditNote(hostId, name, note)
    })
  }

  get every(): PluginContext['every'] {
    return this.#keep('every', (intervalMs: number, task: () => unknown): Undo => {
      const of = withTask(this.#of, 'every', task)
      return of.add({ run: () => task() }, (id) => of.host.ask('every', id, intervalMs))
    })
  }

  get after(): PluginContext['after'] {
    return this.#keep('after', (delayMs: number, task: () => unknown): Undo => {
      const of = withTask(this.#of, 'after', task)
      return of.add({ run: () => task(), isOnce: true }, (id) => of.host.ask('after', id, delayMs))
    })
  }

  get listen(): PluginContext['listen'] {
    return this.#keep('listen', threadListen(this.#of))
  }

  get own(): PluginContext['own'] {
    return this.#keep('own', <T extends Ownable>(resource: T): T => {
      const of = this.#of
      const release = releaseOf(resource)
      if (!release)
        throw argumentError(of, 'own', 'a function, or an object with Symbol.dispose or Symbol.asyncDispose')
      of.add({ run: release, isOnce: true }, (id) => of.host.ask('own', id))
      return resource
    })
  }

  /** What a host holds outlives the thread, and nothing of a thread does. */
  get hold(): PluginContext['hold'] {
    return this.#keep('hold', (key: string): never => {
      const instead = 'Hold it in a plugin that runs inline, and offer what this one needs of it as a service.'
      throw unsupported(this.#of, `asked its host to hold "${String(key)}", which must outlive the thread`, instead)
    })
  }

  #keep<T>(member: PropertyKey, value: T): T {
    // A service that has its context at hand does not offer what is in it.
    if (typeof value === 'object' && value !== null) this.#of.services.hide(value)
    Object.defineProperty(this, member, { value, configurable: true })
    return value
  }
}

/** @throws `CFP_CONTEXT_ARGUMENT` */
function withTask(of: ThreadSource, member: string, task: () => unknown): ThreadSource {
  if (typeof task !== 'function') throw argumentError(of, member, 'a function as its task')
  return of
}

/** How a thing is released; nothing where it cannot be. */
function releaseOf(resource: unknown): (() => unknown) | undefined {
  if (typeof resource === 'function') return () => resource()
  if (typeof resource !== 'object' || resource === null) return undefined
  if (Symbol.asyncDispose in resource) return () => (resource as AsyncDisposable)[Symbol.asyncDispose]()
  if (Symbol.dispose in resource) return () => (resource as Disposable)[Symbol.dispose]()
  return undefined
}
