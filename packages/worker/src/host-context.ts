// What a plugin's thread asks of its context, served by the real one.
import { messageOf, type PluginContext, PluginError } from '@cf-plugins/plugin-api'
import { accessOf, audit } from '@cf-plugins/plugin-api/host'
import type { AskedFrom } from './asked-from.ts'
import type { ContextAsyncOps, ContextNotifications, ContextSyncOps, LogLine } from './context-ops.ts'
import type { HostAdditions } from './host-additions.ts'
import type { HostState } from './host-state.ts'
import type { Serve } from './link.ts'
import type { Registrations } from './registrations.ts'
import type { RemoteServices } from './remote-services.ts'

/** What outlives a thread, and what is its own. */
export interface HostContextParts {
  readonly registrations: Registrations
  readonly additions: HostAdditions
  readonly state: HostState
  readonly services: RemoteServices
  readonly asked: AskedFrom
  /** Whether it is this thread that serves: what a thread says whose place another has taken is nobody's. */
  isServing(): boolean
}

type Served<Ops> = {
  readonly [Op in keyof Ops]: Ops[Op] extends (...args: infer Args) => infer Result
    ? (...args: Args) => Result | Promise<Result>
    : never
}
type AnyOps = Readonly<Record<string, ((...args: unknown[]) => unknown) | undefined>>

/** One a thread. */
export class HostContext {
  readonly serve: Serve
  readonly serveSync: (op: string, args: unknown[]) => unknown

  constructor(context: PluginContext, parts: HostContextParts) {
    const waited = syncOps(context, parts) as unknown as AnyOps
    const awaited = { ...asyncOps(context, parts), ...notifications(context, parts) } as unknown as AnyOps
    const serveBy = (ops: AnyOps) => (op: string, args: unknown[]) => {
      if (!parts.isServing()) throw notServing(context)
      return parts.asked(() => ops[op]?.(...args))
    }
    this.serve = serveBy(awaited)
    this.serveSync = serveBy(waited)
  }
}

function syncOps(context: PluginContext, parts: HostContextParts): Served<ContextSyncOps> {
  const { registrations, additions, state, services } = parts
  return {
    on: (id, event, options) => additions.on(id, event, options),
    'hooks.on': (id, hook, options, length) => additions.hook(id, hook, options, length),
    'pipeline.step': (id, pipeline, step, options) => additions.step(id, pipeline, step, options),
    every: (id, intervalMs) => additions.every(id, intervalMs),
    after: (id, delayMs) => additions.after(id, delayMs),
    own: (id) => additions.own(id),
    listen: (id, event) => additions.listen(id, event),
    provide: (id, service, offered) => additions.provide(id, service, offered),
    undo: (id) => registrations.undo(id),
    inject: (service, options) => {
      const given: unknown = context.inject(service, options)
      if (given === undefined) return undefined
      return options.all ? (given as unknown[]).map((each) => services.cross(each)) : services.cross(given)
    },
    app: () => services.cross(context.app),
    shared: () => services.cross(context.shared),
    publish: (event, payload, options) => context.publish(event, payload, options),
    'access.allow': (kind, name) => accessOf(context)?.allow(kind, name),
    'access.may': (kind, name) => accessOf(context)?.may(kind, name) ?? true,
    'hooks.callSync': (hook, args) => context.hooks.callSync(hook as string, ...args),
    'state.open': (part) => void state.part(part),
    'state.get': (part) => state.part(part).value,
    'state.set': (part, value) => state.part(part).set(value),
    'state.watch': (id, part) => additions.watch(id, state.lasting(part), part),
  }
}

function asyncOps(context: PluginContext, { state, services }: HostContextParts): Served<ContextAsyncOps> {
  return {
    emit: async (name, payload, options) => {
      const { event, handled, failures } = await context.emit(name, payload, options)
      return { event, handled, failures: failures.map(({ plugin, error }) => ({ plugin, error })) }
    },
    'hooks.call': (hook, args) => context.hooks.call(hook as string, ...args),
    'pipeline.run': (pipeline, value, options) => context.pipeline(pipeline).run(value, options),
    'state.update': (part, change, options) => state.update(part, change, options),
    'state.transaction': (task, options) => state.transaction(task, options),
    service: (id, method, args) => services.serve(id, method, args),
  }
}

function notifications(context: PluginContext, { registrations }: HostContextParts): Served<ContextNotifications> {
  return {
    publish: (event, payload, options) => {
      try {
        context.publish(event, payload, options)
      } catch (error) {
        context.logger.error({ err: error }, messageOf(error))
      }
    },
    log: (lines) => {
      for (const line of lines) write(context, line)
    },
    // Of its own plugin alone: a thread can say of nobody else what they did.
    audit: (message) => audit({ ...message, host: accessOf(context).host ?? message.host, plugin: context.name }),
    heard: (id, token) => registrations.get(id)?.emitter?.hear(token),
  }
}

function write({ logger }: PluginContext, { level, bindings, args }: LogLine): void {
  const bound = bindings && logger.child ? logger.child(bindings) : logger
  const write = bound[level].bind(bound) as (...entry: readonly unknown[]) => void
  const [details, ...others] = args
  const isUnbound = bindings !== undefined && bound === logger && typeof details === 'object'
  write(isUnbound ? { ...bindings, ...details } : details, ...others)
}

function notServing({ name, generation }: PluginContext): PluginError {
  const message = `A thread of plugin "${name}" asked for something after another had taken its place.`
  return new PluginError('CFP_WORKER_ENDED', message, { plugin: name, generation })
}
