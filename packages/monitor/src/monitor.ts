// All that is there to watch one host, in one.
import type { Logger } from '@cf-plugins/plugin-api'
import type { Meter } from '@opentelemetry/api'
import { AuditTrail } from './audit-trail.ts'
import type { AuditTrailOptions } from './audit-trail-options.ts'
import { Health, type HealthOptions, type HealthReport, type HealthSource } from './health.ts'
import { Metrics, type MetricsOptions, type WorkSource } from './metrics.ts'
import type { MetricsSnapshot } from './metrics-snapshot.ts'
import { invalid } from './options.ts'
import { Timeline, type TimelineReport } from './timeline.ts'

export interface MonitorOptions {
  /** The id of the host: `lifecycle.id`. @default every host in the process */
  readonly host?: string
  /** Who is asked for health, states and what is in flight, where `health()` names nobody else: a `Lifecycle`. */
  readonly source?: HealthSource & WorkSource
  /** Keeps an audit trail in this file. @default none */
  readonly audit?: string | Omit<AuditTrailOptions, 'host'>
  /** OpenTelemetry's, such as `metrics.getMeter('my-app')`: what is counted is its instruments too. @default none */
  readonly meter?: Meter
  /** How much is counted; `false` where nothing is, and then listening costs a host's dispatch nothing. */
  readonly metrics?: false | Pick<MetricsOptions, 'maxNames' | 'sampleMs'>
  readonly health?: HealthOptions
  /** Takes secrets out of what the audit trail keeps. */
  readonly hideSecrets?: (text: string) => string
  /** Told what goes wrong with watching itself. @default silent */
  readonly logger?: Logger
}

/**
 * Watches one host: how well it is, what its plugins do, when they started, and what was done to them.
 *
 * @throws `CFP_MONITOR_OPTIONS`
 * @example
 * const monitor = new Monitor({ host: lifecycle.id, source: lifecycle, audit: '/var/log/my-app/audit.jsonl' })
 * await monitor.start() // before the host's own start, which it would miss
 * await lifecycle.start()
 * const { ready } = await monitor.health()
 */
export class Monitor implements AsyncDisposable {
  /** The audit trail, where one is kept. */
  readonly audit: AuditTrail | undefined
  readonly #source: HealthSource | undefined
  readonly #healthOptions: HealthOptions | undefined
  readonly #healths = new WeakMap<HealthSource, Health>()
  readonly #metrics: Metrics
  readonly #counts: boolean
  readonly #timeline: Timeline

  constructor(options: MonitorOptions = {}) {
    const { host, source, audit, meter, metrics, health, hideSecrets, logger } = options
    const common = { ...(host !== undefined && { host }), ...(logger && { logger }) }
    this.#source = source
    this.#healthOptions = health
    this.#counts = metrics !== false
    this.#metrics = new Metrics({ ...common, ...(source && { source }), ...(meter && { meter }), ...(metrics || {}) })
    this.#timeline = new Timeline(common)
    if (audit === undefined) return
    const trail = typeof audit === 'string' ? { file: audit } : audit
    this.audit = new AuditTrail({ ...common, ...(hideSecrets && { hideSecrets }), ...trail })
  }

  /** Begins to watch. @throws `CFP_AUDIT_OPEN_FAILED`, `CFP_AUDIT_FILE_UNSAFE`; nothing is watched then */
  async start(): Promise<void> {
    await this.audit?.start()
    if (this.#counts) this.#metrics.start()
    this.#timeline.start()
  }

  /** Ends watching, once the audit trail is written, or its bound is over. */
  async stop(): Promise<void> {
    this.#metrics.stop()
    this.#timeline.stop()
    await this.audit?.stop()
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop()
  }

  /** How well the host is, or was a moment ago. @throws `CFP_MONITOR_OPTIONS` where nobody was named who is asked */
  async health(source = this.#source): Promise<HealthReport> {
    if (!source) throw invalid('Monitor', 'health() has nobody to ask; give it, or the monitor, a source')
    const health = this.#healths.get(source) ?? new Health(source, this.#healthOptions)
    this.#healths.set(source, health)
    return health.check()
  }

  /** What was counted since the start. */
  metrics(): MetricsSnapshot {
    return this.#metrics.snapshot()
  }

  /** When each plugin came up. */
  timeline(): TimelineReport {
    return this.#timeline.report()
  }
}
