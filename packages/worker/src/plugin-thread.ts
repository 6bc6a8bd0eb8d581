// One thread of a plugin: how its instance is asked and told.
import type { PluginContext, PluginRecord, PluginSource } from '@cf-plugins/plugin-api'
import { askedFrom } from './asked-from.ts'
import type { InstanceNotifications, InstanceOps, InstanceShape } from './context-ops.ts'
import type { HostAdditions } from './host-additions.ts'
import { HostContext } from './host-context.ts'
import type { HostState } from './host-state.ts'
import type { Registrations } from './registrations.ts'
import type { CallOptions } from './remote.ts'
import type { PluginThreadParts } from './remote-plugin.ts'
import { RemoteServices } from './remote-services.ts'
import { WorkerThread } from './worker-thread.ts'

/** Whose thread it is. */
export interface PluginThreadOwner {
  readonly record: PluginRecord
  readonly context: PluginContext
  readonly host: string
  readonly parts: PluginThreadParts
  readonly registrations: Registrations
  readonly additions: HostAdditions
  readonly state: HostState
}

export class PluginThread {
  readonly worker: WorkerThread
  readonly services: RemoteServices
  /** What its instance has; known once `register` has returned. */
  shape: InstanceShape | undefined
  readonly #context: PluginContext
  readonly #source: PluginSource
  /** The configuration that it knows. */
  #config: unknown

  /** @param isServing whether what it asks is what its plugin asks @throws `CFP_WORKER_NO_FILE` */
  constructor({ record, context, host, parts, ...lasting }: PluginThreadOwner, isServing: () => boolean) {
    const { meta, source } = record
    const { startMs, logger } = parts
    this.#context = context
    this.#source = source
    this.services = new RemoteServices((id, method, args) =>
      this.ask('service', [id, method, args], { what: method === undefined ? 'a function' : `${method}()` }),
    )
    const desk = new HostContext(context, { ...lasting, services: this.services, asked: askedFrom(source), isServing })
    this.worker = new WorkerThread({
      name: `cf:${meta.name}`,
      code: parts.codeOf(record),
      role: 'plugin',
      plugin: meta.name,
      generation: source.generation,
      host,
      heapMb: meta.worker.heapMb ?? parts.heapMb,
      startMs,
      callMs: meta.worker.callMs ?? parts.callMs,
      restrict: parts.restrictionOf(record),
      file: source.file,
      serve: desk.serve,
      serveSync: desk.serveSync,
      types: this.services.types,
      logger,
    })
    parts.watch(this.worker, meta.name)
  }

  /** Makes the instance there. @throws what `register` throws */
  async register(options: CallOptions): Promise<InstanceShape> {
    const { name, reason, config, signal, meta } = this.#context
    // A schema is made of functions, and the thread has the plugin's own.
    const { config: _schema, ...facts } = meta
    this.#config = config
    const context = this.services.numberOf(this.#context)
    const start = { name, meta: facts, source: this.#source, context, reason, config, isAborted: signal.aborted }
    this.shape = await this.ask('register', [start], options)
    return this.shape
  }

  /** Calls it, after telling it of a configuration that it does not know yet. */
  ask<Op extends keyof InstanceOps>(
    op: Op,
    args: Parameters<InstanceOps[Op]>,
    options: CallOptions,
  ): Promise<ReturnType<InstanceOps[Op]>> {
    const { config } = this.#context
    if (config !== this.#config) {
      this.#config = config
      this.tell('config', config)
    }
    return this.worker.call(op, args, options) as Promise<ReturnType<InstanceOps[Op]>>
  }

  tell<Op extends keyof InstanceNotifications>(op: Op, ...args: Parameters<InstanceNotifications[Op]>): void {
    this.worker.notify(op, args)
  }
}
