// What observers are told of a call of a plugin in a thread.
import type { PluginRecord } from '@cf-plugins/plugin-api'
import { type ThreadMessage, workerChannel } from './thread-message.ts'

/** Whose call it is. */
export interface CallOwner {
  readonly record: PluginRecord
  /** Which host it is of. */
  readonly host: string
}

/** One call, from when it is made. */
export class CallReport {
  readonly #of: CallOwner
  readonly #name: string
  readonly #askedMs = performance.now()
  #sentMs: number | undefined
  #threadId = 0

  /** @param name what is called */
  constructor(of: CallOwner, name: string) {
    this.#of = of
    this.#name = name
  }

  /** There is a thread that is called. */
  sent(threadId: number): void {
    this.#sentMs ??= performance.now()
    this.#threadId = threadId
  }

  /** @param error where it failed */
  answered(error?: unknown): void {
    const { record, host } = this.#of
    const nowMs = performance.now()
    workerChannel.publish({
      host,
      plugin: record.meta.name,
      generation: record.source.generation,
      kind: 'call',
      role: 'plugin',
      threadId: this.#threadId,
      durationMs: nowMs - this.#askedMs,
      waitedMs: (this.#sentMs ?? nowMs) - this.#askedMs,
      name: this.#name,
      ...(error !== undefined && { error }),
    } satisfies ThreadMessage)
  }
}
