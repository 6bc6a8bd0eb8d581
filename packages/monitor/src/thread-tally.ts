// What is counted of a plugin's threads.
import { Histogram } from './histogram.ts'
import type { ObservedThread } from './messages.ts'
import type { ThreadMetrics } from './metrics-snapshot.ts'

export class ThreadTally {
  started = 0
  terminated = 0
  crashed = 0
  refused = 0
  failed = 0
  readonly waits = new Histogram()
  readonly calls = new Histogram()
  readonly #running = new Set<number>()

  /** How many there are just now. */
  get running(): number {
    return this.#running.size
  }

  count({ kind, threadId, durationMs = 0, waitedMs = 0, error }: ObservedThread): void {
    switch (kind) {
      case 'started':
        this.started++
        this.#running.add(threadId)
        return
      case 'queue-full':
        this.refused++
        return
      case 'call':
        this.calls.record(durationMs)
        this.waits.record(waitedMs)
        if (error !== undefined) this.failed++
        return
      default:
        if (kind === 'terminated') this.terminated++
        else if (kind === 'crashed') this.crashed++
        this.#running.delete(threadId)
    }
  }

  snapshot(): ThreadMetrics {
    const { running, started, terminated, crashed, refused, failed } = this
    const [calls, waits] = [this.calls.snapshot(), this.waits.snapshot()]
    return { running, started, terminated, crashed, refused, failed, calls, waits }
  }
}
