// What is counted of a plugin, and of a handler.
import { OTHER } from './bounded-names.ts'
import { Histogram } from './histogram.ts'
import type { TracedHook } from './host-messages.ts'
import type { ObservedHandler } from './messages.ts'
import type { HandlerMetrics, PluginMetrics } from './metrics-snapshot.ts'
import { ThreadTally } from './thread-tally.ts'

export class PluginTally {
  /** As it is told: the plugin's, or `other`. */
  readonly name: string
  starts = 0
  failures = 0
  errors = 0
  timeouts = 0
  strayErrors = 0
  denied = 0
  syncMs = 0
  syncMaxMs = 0
  blocks = 0
  blockedMs = 0
  blockedMaxMs = 0
  #threads: ThreadTally | undefined
  readonly hooks: Readonly<Record<TracedHook, Histogram>> = {
    register: new Histogram(),
    setup: new Histogram(),
    teardown: new Histogram(),
  }

  constructor(name: string) {
    this.name = name
  }

  /** Its code kept the event loop for so long. */
  kept(syncMs: number): void {
    this.syncMs += syncMs
    if (syncMs > this.syncMaxMs) this.syncMaxMs = syncMs
  }

  /** It kept the event loop for longer than it may. */
  blocked(ms: number): void {
    this.blocks++
    this.blockedMs += ms
    if (ms > this.blockedMaxMs) this.blockedMaxMs = ms
  }

  /** Those of a plugin that has any. */
  get threads(): ThreadTally {
    this.#threads ??= new ThreadTally()
    return this.#threads
  }

  /** How many it has; nothing where it never had any. */
  get runningThreads(): number | undefined {
    return this.#threads?.running
  }

  snapshot(work: Pick<PluginMetrics, 'inFlight' | 'parked'>): PluginMetrics {
    const { blocks: count, blockedMs: totalMs, blockedMaxMs: longestMs } = this
    const { starts, failures, errors, timeouts, strayErrors, denied, syncMs, syncMaxMs } = this
    const { register, setup, teardown } = this.hooks
    return {
      ...{ starts, failures, errors, timeouts, strayErrors, denied, syncMs, syncMaxMs },
      blocked: { count, totalMs, longestMs },
      ...{ register: register.snapshot(), setup: setup.snapshot(), teardown: teardown.snapshot() },
      ...(this.#threads && { threads: this.#threads.snapshot() }),
      ...work,
    }
  }
}

export class HandlerTally {
  readonly kind: ObservedHandler['kind']
  readonly name: string
  /** Nobody's where it is what has no room of its own. */
  readonly owner: PluginTally | undefined
  readonly duration = new Histogram()
  failed = 0
  timeouts = 0
  skipped = 0
  syncMs = 0

  constructor(kind: ObservedHandler['kind'], name: string, owner: PluginTally | undefined) {
    this.kind = kind
    this.name = name
    this.owner = owner
  }

  get plugin(): string {
    return this.owner?.name ?? OTHER
  }

  count({ outcome, durationMs, syncMs }: ObservedHandler): void {
    if (outcome === 'skipped') {
      this.skipped++
      return
    }
    if (outcome === 'failed') this.failed++
    else if (outcome === 'timeout') this.timeouts++
    this.syncMs += syncMs
    this.duration.record(durationMs)
  }

  snapshot(): HandlerMetrics {
    const { kind, name, plugin, failed, timeouts, skipped, syncMs } = this
    const duration = this.duration.snapshot()
    return { kind, name, plugin, calls: duration.count, failed, timeouts, skipped, syncMs, duration }
  }
}
