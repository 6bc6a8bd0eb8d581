// What is told of a crew: to the log, to observers, and to who calls while its queue is full.
import { type Logger, PluginError, type PluginRecord } from '@cf-plugins/plugin-api'
import type { Task } from './task.ts'
import type { TaskFunction } from './task-function.ts'
import { type ThreadMessage, workerChannel } from './thread-message.ts'

/** How often the log is told that a queue is full, at most, in milliseconds. */
const FULL_LOG_MS = 60_000

export class CrewReport {
  readonly #record: PluginRecord
  readonly #host: string
  readonly #logger: Logger
  #toldMs = Number.NEGATIVE_INFINITY

  /** @param host which host it is of, for observers */
  constructor(record: PluginRecord, host: string, logger: Logger) {
    this.#record = record
    this.#host = host
    this.#logger = logger
  }

  /** The error of a call that may not wait, for `queue` do. */
  full({ what, task }: TaskFunction, queue: number): PluginError {
    const { name } = this.#record.meta
    const error = new PluginError(
      'CFP_WORKER_QUEUE_FULL',
      `Plugin "${name}": a call of ${what} was refused, for ${queue} calls of the plugin wait for a thread already. Call it less, or raise the option queue of the host's threads.`,
      { plugin: name, phase: 'call' },
    )
    const nowMs = performance.now()
    if (nowMs - this.#toldMs >= FULL_LOG_MS) {
      this.#toldMs = nowMs
      this.#logger.warn({ plugin: name, queue }, error.message)
    }
    this.#publish({ kind: 'queue-full', threadId: 0, name: task.name, error })
    return error
  }

  /** A call was answered: with an error, where there is one. */
  answered({ threadId, askedMs, sentMs, fn }: Task, error: unknown): void {
    if (!workerChannel.hasSubscribers) return
    const nowMs = performance.now()
    const times = { durationMs: nowMs - askedMs, waitedMs: (sentMs ?? nowMs) - askedMs }
    this.#publish({ kind: 'call', threadId, ...times, name: fn.task.name, error })
  }

  #publish(message: Pick<ThreadMessage, 'kind' | 'threadId' | 'durationMs' | 'waitedMs' | 'name' | 'error'>): void {
    if (!workerChannel.hasSubscribers) return
    const { meta, source } = this.#record
    const of = { host: this.#host, plugin: meta.name, generation: source.generation, role: 'offload' as const }
    workerChannel.publish({ ...of, ...message } satisfies ThreadMessage)
  }
}
