// The threads of one host: a plugin's own, and those that handlers with `offload` share.
import {
  type Logger,
  type PluginContext,
  PluginError,
  type PluginInstance,
  type PluginRecord,
} from '@cf-plugins/plugin-api'
import {
  atMost,
  Deadlines,
  type PluginThreads as HostThreads,
  type OffloadedFunction,
  type OffloadedTask,
  type ThreadedPlugin,
} from '@cf-plugins/plugin-api/host'
import type { LogLine } from './context-ops.ts'
import { Crew } from './crew.ts'
import type { CrewStatus } from './crew-options.ts'
import { EndCount } from './end-count.ts'
import { notExported } from './not-exported.ts'
import type { PluginThreadsOptions } from './options.ts'
import { Pool } from './pool.ts'
import { registerInThread } from './remote-plugin.ts'
import { type ThreadParts, threadParts } from './thread-parts.ts'
import { WorkerThread } from './worker-thread.ts'

/** How many threads a plugin has, all its generations together, and how much they have to do. */
export interface ThreadStatus extends CrewStatus {
  readonly plugin: string
}

/** Runs plugins, and single functions of theirs, in threads. */
export class PluginThreads implements HostThreads {
  readonly #parts: ThreadParts
  readonly #pool: Pool
  readonly #deadlines = new Deadlines()
  readonly #watches = new Deadlines()
  /** By generation, as far as one is known to have functions, calls or threads. */
  readonly #crews = new Map<PluginRecord, Crew>()
  readonly #threads = new Map<WorkerThread, string>()
  /** By plugin, as far as threads of it have ended unasked. */
  readonly #ends = new Map<string, EndCount>()
  /** No call is taken any more. */
  #closed: PluginError | undefined
  /** No thread is started any more. */
  #ended: PluginError | undefined

  /** @throws `CFP_WORKER_OPTIONS` naming the option */
  constructor(options: PluginThreadsOptions = {}) {
    this.#parts = threadParts(options, (thread, plugin) => this.#watch(thread, plugin))
    this.#pool = new Pool(this.#parts.threads)
  }

  async register(record: PluginRecord, context: PluginContext, plugin: ThreadedPlugin): Promise<PluginInstance> {
    if (this.#closed) throw this.#closed
    return registerInThread(record, context, plugin, this.#parts)
  }

  /** @throws `CFP_OFFLOAD_NOT_EXPORTED` naming the function; `CFP_WORKER_NO_FILE` where the plugin was added by value */
  offload(record: PluginRecord, task: OffloadedTask): OffloadedFunction {
    if (this.#closed) throw this.#closed
    const exportName = this.#parts.exportNameOf(record, task.run)
    if (exportName === undefined) throw notExported(record, task)
    return this.#crewOf(record, task.host).add(exportName, task)
  }

  exportNameOf(record: PluginRecord, exported: unknown): string | undefined {
    return record.source.file === undefined ? undefined : this.#parts.exportNameOf(record, exported)
  }

  endsOf(plugin: string): number {
    const ends = this.#ends.get(plugin)?.recent() ?? 0
    if (ends === 0) this.#ends.delete(plugin)
    return ends
  }

  isFull(plugin: string): boolean {
    for (const crew of this.#crews.values()) if (crew.plugin === plugin && crew.isFull) return true
    return false
  }

  /** Every plugin that has threads, or calls that wait for one. */
  status(): readonly ThreadStatus[] {
    const all = new Map<string, ThreadStatus>()
    const add = (plugin: string, { threads, queued, running, isFull }: CrewStatus) => {
      const sofar = all.get(plugin) ?? { plugin, threads: 0, queued: 0, running: 0, isFull: false }
      all.set(plugin, {
        plugin,
        threads: sofar.threads + threads,
        queued: sofar.queued + queued,
        running: sofar.running + running,
        isFull: sofar.isFull || isFull,
      })
    }
    for (const plugin of this.#threads.values()) add(plugin, { threads: 1, queued: 0, running: 0, isFull: false })
    for (const crew of this.#crews.values()) add(crew.plugin, crew.status)
    return [...all.values()].filter(({ threads, queued }) => threads > 0 || queued > 0)
  }

  /**
   * Ends every thread, and takes no call any more. What is queued or running is answered first or, where that takes longer than `boundMs`, rejects
   * with `CFP_WORKER_ENDED`.
   */
  async close(boundMs: number): Promise<void> {
    const error = new PluginError('CFP_WORKER_ENDED', "The host's threads are closed: it stops.", { phase: 'stop' })
    this.#closed ??= error
    const crews = [...this.#crews.values()]
    for (const crew of crews) crew.close(error)
    const drained = Promise.all(crews.map((crew) => crew.drained()))
    await atMost(drained, boundMs)
    this.#ended ??= error
    for (const crew of crews) crew.end(error)
    const threads = [...this.#threads.keys()]
    for (const thread of threads) thread.terminate(error)
  }

  #crewOf(record: PluginRecord, host: string): Crew {
    const known = this.#crews.get(record)
    if (known) return known
    const { meta } = record
    const crew = new Crew({
      ...this.#parts,
      record,
      host,
      callMs: meta.worker.callMs ?? this.#parts.callMs,
      pool: this.#pool,
      deadlines: this.#deadlines,
      watches: this.#watches,
      startThread: () => this.#start(record, host),
      over: () => this.#crews.delete(record),
    })
    this.#crews.set(record, crew)
    return crew
  }

  #start(record: PluginRecord, host: string): WorkerThread {
    if (this.#ended) throw this.#ended
    const { meta, source } = record
    const { heapMb, callMs, startMs, logger } = this.#parts
    const thread = new WorkerThread({
      name: `cf:${meta.name}`,
      code: this.#parts.codeOf(record),
      role: 'offload',
      plugin: meta.name,
      generation: source.generation,
      host,
      heapMb: meta.worker.heapMb ?? heapMb,
      callMs: meta.worker.callMs ?? callMs,
      startMs,
      restrict: this.#parts.restrictionOf(record),
      file: source.file,
      serve: (op, args) => (op === 'log' ? log(logger, args[0] as readonly LogLine[]) : refuse(op)),
      serveSync: refuse,
      logger,
    })
    this.#count(thread, meta.name)
    return thread
  }

  #watch(thread: WorkerThread, plugin: string): void {
    this.#threads.set(thread, plugin)
    void thread.ended.then(() => this.#threads.delete(thread))
    this.#count(thread, plugin)
  }

  /** Counts how often threads end unasked. */
  #count(thread: WorkerThread, plugin: string): void {
    void thread.ended.then((error) => {
      if (error === undefined || this.#closed) return
      const ends = this.#ends.get(plugin) ?? new EndCount(Number.POSITIVE_INFINITY)
      this.#ends.set(plugin, ends)
      ends.add()
    })
  }
}

/** What became of an error that nobody waits for. */
function log(logger: Logger, lines: readonly LogLine[]): void {
  for (const { level, args } of lines) logger[level](...(args as [object, string]))
}

/** A thread for single functions has no context. */
function refuse(op: string): never {
  throw new PluginError('CFP_WORKER_UNSUPPORTED', `A handler with offload has no context to call "${op}" of.`)
}
