// What an observer is told of each handler that was called.
import { channel } from 'node:diagnostics_channel'

/** What is called for a name. */
export type HandlerKind = 'event' | 'hook' | 'pipeline'

/** `skipped`: its condition passed it over. `timeout`: it was given up, and what it does later is nobody's. */
export type HandlerOutcome = 'ok' | 'failed' | 'timeout' | 'skipped'

/** One call of one handler, all its attempts together, told when it is over. */
export interface HandlerTrace {
  /** Which host it happened in: `Lifecycle.id`. */
  readonly host: string
  readonly kind: HandlerKind
  /** The event's, hook's or pipeline's, as it was dispatched. */
  readonly name: string
  /** A step's, within its pipeline. */
  readonly step?: string | undefined
  readonly plugin: string
  readonly generation?: number | undefined
  /** How long it kept the event loop to itself until it first returned, in milliseconds. */
  readonly syncMs: number
  /** Until it was done or given up, in milliseconds. Of a handler that wraps others without what those took. */
  readonly durationMs: number
  readonly outcome: HandlerOutcome
  readonly error?: unknown
  /** The event's `EventContext.id`. */
  readonly eventId?: string | undefined
}

/** `cf-plugins:handler`. Nothing is published, nor measured for it, while nobody subscribes. */
export const handlerChannel = channel('cf-plugins:handler')
