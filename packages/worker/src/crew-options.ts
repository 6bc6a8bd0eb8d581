// What a crew has from its host, and what it tells of itself.
import type { Logger, PluginRecord } from '@cf-plugins/plugin-api'
import type { Deadlines } from '@cf-plugins/plugin-api/host'
import type { Pool } from './pool.ts'
import type { WorkerThread } from './worker-thread.ts'

/** What a crew has from its host. */
export interface CrewOptions {
  readonly record: PluginRecord
  /** Which host it is of, for observers. */
  readonly host: string
  readonly callMs: number
  readonly startMs: number
  readonly idleMs: number
  readonly queue: number
  readonly logger: Logger
  readonly pool: Pool
  /** Of calls, of which there may be many. */
  readonly deadlines: Deadlines
  /** Of threads and queues, which are looked at often. */
  readonly watches: Deadlines
  /** @throws where there can be none */
  startThread(): WorkerThread
  /** It has no threads, no calls and no functions any more. */
  over(): void
}

/** How many threads a crew has, and how much they have to do. */
export interface CrewStatus {
  readonly threads: number
  /** Calls that wait for a thread. */
  readonly queued: number
  /** Calls that a thread has. */
  readonly running: number
  /** Whether a further call would be refused. */
  readonly isFull: boolean
}
