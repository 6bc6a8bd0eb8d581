// An event that waits in a batch, and who is told what becomes of it.
import type { EventHandler } from '@cf-plugins/plugin-api'
import type { HandlerContext } from './event-context.ts'
import type { HandlerEntry } from './handler-entry.ts'

/** Who is told what became of an event that waits in a batch. */
export interface BatchedEmission {
  readonly timeoutMs: number | undefined
  /** It was handled. */
  batchEnded(): void
  /** Whether anybody is told by that. */
  batchFailed(plugin: string, error: unknown): boolean
  /** Tells whoever waits that it is kept. Who is told what becomes of it then. */
  batchKept(plugin: string, error: unknown): BatchedEmission
  /** Nobody listens any more. */
  batchGone(): void
  /** The batch's handler has been replaced by one that takes events one by one. */
  callLater(entry: HandlerEntry<EventHandler>): void
}

/** An event that waits. */
export interface BatchItem {
  readonly context: HandlerContext
  emission: BatchedEmission
}
