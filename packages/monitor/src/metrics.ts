// What a host's plugins do, counted: from what the host publishes, as numbers and as OpenTelemetry instruments.
import type { Logger } from '@cf-plugins/plugin-api'
import { safeLogger } from '@cf-plugins/plugin-api/host'
import type { Meter } from '@opentelemetry/api'
import { Counts } from './counts.ts'
import { EventLoopDelay } from './event-loop-delay.ts'
import { HookCalls } from './hook-calls.ts'
import { listenToHost } from './host-messages.ts'
import { type Gauges, Instruments } from './instruments.ts'
import type { MetricsSnapshot, PluginMetrics } from './metrics-snapshot.ts'
import { wholeNumber } from './options.ts'
import type { PluginStanding } from './plugin-standing.ts'

/** Who tells what no message does. A `Lifecycle` is one as it is. */
export interface WorkSource {
  /** Every plugin and where it stands. */
  statuses(): Iterable<PluginStanding>
  /** How many calls a plugin has in flight. */
  inFlight?(plugin: string): number
  /** How much waits for a plugin to be back. */
  parked?(plugin: string): number
}

export interface MetricsOptions {
  /** The id of the host that is listened to: `lifecycle.id`. @default every host in the process */
  readonly host?: string
  /** Asked at each snapshot for states, and for what is in flight. @default states are those that were told since the start */
  readonly source?: WorkSource
  /** OpenTelemetry's, such as `metrics.getMeter('my-app')`: what is counted is its instruments too. @default none */
  readonly meter?: Meter
  /** How many handlers are told apart, and how many plugins: all others are one, `other`. @default 200 */
  readonly maxNames?: number
  /** How often the event loop is looked at, in milliseconds. @default 20 */
  readonly sampleMs?: number
  /** Told where something is published that cannot be read. @default silent */
  readonly logger?: Logger
}

/**
 * Counts while it is started. Listening to handlers costs a host's dispatch what the README says.
 *
 * @throws `CFP_MONITOR_OPTIONS`
 * @example
 * const metrics = new Metrics({ host: lifecycle.id })
 * metrics.start()
 * const { handlers, eventLoop } = metrics.snapshot()
 */
export class Metrics implements Disposable {
  readonly #options: MetricsOptions & { readonly maxNames: number }
  readonly #logger: Logger | undefined
  readonly #eventLoop: EventLoopDelay
  readonly #instruments: Instruments | undefined
  #counts: Counts
  #undo: (() => void) | undefined

  constructor(options: MetricsOptions = {}) {
    const { meter, maxNames = 200, sampleMs = 20, logger } = options
    wholeNumber('Metrics', 'maxNames', maxNames, 1, 100_000)
    wholeNumber('Metrics', 'sampleMs', sampleMs, 1, 60_000)
    this.#options = { ...options, maxNames }
    this.#logger = logger && safeLogger(logger)
    this.#eventLoop = new EventLoopDelay(sampleMs)
    this.#counts = new Counts(maxNames)
    this.#instruments = meter && new Instruments(meter, sampleMs, () => this.#gauges())
  }

  /** Begins to count, from nothing. */
  start(): void {
    if (this.#undo) return
    const counts = new Counts(this.#options.maxNames)
    this.#counts = counts
    const instruments = this.#instruments
    const calls = new HookCalls((call) => {
      const tally = counts.hook(call)
      instruments?.hook(tally, call)
    })
    this.#undo = listenToHost(
      this.#options.host,
      {
        state: (message) => {
          const became = counts.state(message)
          if (became) instruments?.became(counts.plugins.of(message.plugin), became)
        },
        hook: calls.listener,
        reload: (message) => {
          if (!('report' in message)) return
          counts.reload(message.report)
          instruments?.reload(message.report)
        },
        handler: (message) => {
          const tally = counts.handler(message)
          instruments?.handler(tally, message)
        },
        audit: (message) => {
          const tally = counts.audit(message)
          if (tally) instruments?.audit(tally, message)
        },
        block: (message) => {
          const tally = counts.block(message)
          instruments?.blocked(tally)
        },
        thread: (message) => {
          const tally = counts.thread(message)
          instruments?.thread(tally, message)
        },
      },
      (err) => this.#logger?.warn({ err }, 'A message of a host could not be counted.'),
    )
    this.#eventLoop.start()
    instruments?.start()
  }

  /** Counts no more. What was counted can still be asked for. */
  stop(): void {
    this.#undo?.()
    this.#undo = undefined
    this.#eventLoop.stop()
    this.#instruments?.stop()
  }

  [Symbol.dispose](): void {
    this.stop()
  }

  /** What was counted since the start. It can be turned into JSON as it is, and has at most as much as `maxNames` allows. */
  snapshot(): MetricsSnapshot {
    const { since, starts, failures, plugins, reloads, reloadDuration } = this.#counts
    const handlers = this.#counts.handlers().map((tally) => tally.snapshot())
    return {
      since: since.toISOString(),
      takenAt: new Date().toISOString(),
      starts,
      failures,
      states: this.#states(),
      reloads: Object.fromEntries(reloads),
      reloadDuration: reloadDuration.snapshot(),
      plugins: Object.fromEntries(
        Array.from(plugins.entries(), ([name, tally]) => [name, tally.snapshot(this.#workOf(name))]),
      ),
      handlers: handlers.sort((a, b) => b.duration.sumMs - a.duration.sumMs),
      eventLoop: this.#eventLoop.snapshot(),
    }
  }

  #states(): Record<string, number> {
    const { source } = this.#options
    const states = source ? Array.from(source.statuses(), ({ state }) => state) : this.#counts.states.values()
    const counted: Record<string, number> = {}
    for (const state of states) counted[state] = (counted[state] ?? 0) + 1
    return counted
  }

  #workOf(plugin: string): Pick<PluginMetrics, 'inFlight' | 'parked'> {
    const { source } = this.#options
    const inFlight = told(() => source?.inFlight?.(plugin))
    const parked = told(() => source?.parked?.(plugin))
    return { ...(inFlight !== undefined && { inFlight }), ...(parked !== undefined && { parked }) }
  }

  #gauges(): Gauges {
    const plugins = Array.from(
      this.#counts.plugins.entries(),
      ([name, { syncMs, runningThreads: threads }]) => [name, { syncMs, threads, ...this.#workOf(name) }] as const,
    )
    return { states: this.#states(), plugins: new Map(plugins) }
  }
}

/** A host knows nothing of a plugin that was unloaded, and says so by throwing. */
function told(ask: () => number | undefined): number | undefined {
  try {
    return ask()
  } catch {
    return undefined
  }
}
