// What runs in a thread that has a whole plugin: its instance, and what the host asks of it.
import type { Logger, PluginSource, ResolvedPluginMeta, Undo } from '@cf-plugins/plugin-api'
import { type AuditMessage, auditChannel, toPluginRecord } from '@cf-plugins/plugin-api/host'
import type { InstanceNotifications, InstanceOps, InstanceShape, InstanceStart } from './context-ops.ts'
import { frozenState } from './frozen-state.ts'
import { HostCalls } from './host-calls.ts'
import type { Serve, ServedCall } from './link.ts'
import { RemoteServices } from './remote-services.ts'
import { RunningChanges } from './running-changes.ts'
import { ThreadContext } from './thread-context.ts'
import type { ThreadHome, ThreadRole } from './thread-home.ts'
import { ThreadInstance } from './thread-instance.ts'
import { threadLogger } from './thread-logger.ts'
import { type Registered, Registrations } from './thread-registrations.ts'
import type { ThreadSource } from './thread-source.ts'

/** Answers what the host asks of a plugin in a thread. */
export const servePlugin: ThreadRole = (home: ThreadHome): Serve => {
  const plugin = new ThreadPlugin(home)
  home.types.push(...plugin.services.types)
  const ops = opsOf(plugin)
  return (op, args, call) =>
    (ops as Readonly<Record<string, (args: never, call: ServedCall) => unknown>>)[op]?.(args as never, call)
}

/** Each op with its arguments as a list, and the call that it is of. */
type Served<Ops> = {
  readonly [Op in keyof Ops]: Ops[Op] extends (...args: infer Args) => unknown
    ? (args: Args, call: ServedCall) => unknown
    : never
}

function opsOf(plugin: ThreadPlugin): Served<InstanceOps & InstanceNotifications> {
  const { services, registrations } = plugin
  return {
    register: ([start]) => plugin.register(start),
    setup: async (_args, call) => {
      await plugin.instance.hook('setup', [], call)
      return { service: plugin.instance.service }
    },
    hook: ([name, args], call) =>
      plugin.instance.hook(name, name === 'onConfigChange' ? plugin.configs(args) : args, call),
    hookMethod: ([index, packed], call) => plugin.instance.hookMethod(index, packed, call),
    invoke: ([id, part, packed], call) => registrations.invoke(id, part, packed, call),
    service: ([id, method, args]) => services.serve(id, method, args),
    config: ([value]) => plugin.changeConfig(value),
    abort: () => plugin.abort(),
    attach: ([id]) => plugin.switch(id, 'attach'),
    detach: ([id]) => plugin.switch(id, 'detach'),
  }
}

class ThreadPlugin implements ThreadSource {
  readonly host: HostCalls
  readonly hostId: string
  readonly services: RemoteServices
  readonly registrations: Registrations
  readonly logger: Logger
  readonly changes: RunningChanges
  readonly #code: object
  readonly #abort = new AbortController()
  #start: InstanceStart | undefined
  #meta: ResolvedPluginMeta | undefined
  #config: unknown
  #previous: unknown
  #hasPrevious = false
  #instance: ThreadInstance | undefined

  constructor(home: ThreadHome) {
    this.#code = home.code
    this.host = new HostCalls(home)
    this.changes = new RunningChanges(home.plugin)
    this.hostId = home.host
    this.services = new RemoteServices((id, method, args) => this.host.call('service', id, method, args))
    this.registrations = new Registrations((id) => this.host.ask('undo', id))
    // Who keeps the audit trail listens in the host.
    auditChannel.subscribe((message) => this.host.tellNow('audit', message as AuditMessage))
    this.logger = threadLogger((line) => this.host.tellNow('log', [line]))
  }

  get name(): string {
    return this.#started.name
  }
  get meta(): ResolvedPluginMeta {
    return this.#meta as ResolvedPluginMeta
  }
  get source(): PluginSource {
    return this.#started.source
  }
  get reason(): ThreadSource['reason'] {
    return this.#started.reason
  }
  get config(): unknown {
    return this.#config
  }
  get signal(): AbortSignal {
    return this.#abort.signal
  }
  get instance(): ThreadInstance {
    if (!this.#instance) throw new Error('there is no instance yet')
    return this.#instance
  }
  get #started(): InstanceStart {
    return this.#start as InstanceStart
  }

  add(what: Registered, ask: (id: number) => void): Undo {
    return this.registrations.add(what, ask)
  }

  /** Makes the instance. @throws what the plugin's `register` throws, `CFP_REGISTER_RESULT` */
  async register(start: InstanceStart): Promise<InstanceShape> {
    const record = toPluginRecord(this.#code, start.source)
    this.#start = start
    this.#meta = Object.freeze({ ...(frozenState(start.meta) as InstanceStart['meta']), config: record.meta.config })
    this.#config = start.config
    if (start.isAborted) this.abort()
    const context = new ThreadContext(this)
    // A service that is given the plugin's context has the real one.
    this.services.standsFor(context, start.context)
    // Whoever asks for the plugin's service asks for none of these.
    for (const own of [context, this.logger, this.signal]) this.services.hide(own)
    this.#instance = new ThreadInstance(this, await record.register(context.app as never, context as never))
    return this.#instance.shape
  }

  changeConfig(value: unknown): void {
    this.#hasPrevious = true
    this.#previous = this.#config
    this.#config = value
  }

  /** What `onConfigChange` is given: the very objects that `context.config` is, and was. */
  configs(given: readonly unknown[]): readonly unknown[] {
    return this.#hasPrevious ? [this.#config, this.#previous] : given
  }

  abort(): void {
    this.#abort.abort()
  }

  /** Lets a listener listen, or stop. */
  switch(id: number, to: 'attach' | 'detach'): void {
    try {
      this.registrations.get(id)?.[to]?.()
    } catch (error) {
      this.logger.error(
        { err: error },
        `Plugin "${this.name}" failed in what it staged: ${error instanceof Error ? error.message : String(error)}`,
      )
    }
  }
}
