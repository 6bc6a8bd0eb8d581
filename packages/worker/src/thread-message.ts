// What observers are told of threads.
import { channel } from 'node:diagnostics_channel'

/** What became of a thread, or of a plugin's queue. */
export interface ThreadMessage {
  /** Which host it is of. */
  readonly host: string
  readonly plugin: string
  readonly generation: number
  readonly kind: 'started' | 'ended' | 'terminated' | 'crashed' | 'queue-full' | 'call'
  /** Whether the whole plugin runs in it, or handlers with `offload`. */
  readonly role: 'plugin' | 'offload'
  readonly threadId: number
  /** Of a start, how long it took; of a call, from when it was asked until it was answered; in milliseconds. */
  readonly durationMs?: number
  /** Of a call: how long it waited for a thread, in milliseconds. */
  readonly waitedMs?: number
  /** Of a call: which handler, hook or method. */
  readonly name?: string
  readonly error?: unknown
}

/** `cf-plugins:worker`, published only while somebody subscribes. */
export const workerChannel = channel('cf-plugins:worker')
