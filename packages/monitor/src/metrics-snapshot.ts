// Metrics as a plain object: what `JSON.stringify` takes as it is.
import type { EventLoopMetrics } from './event-loop-delay.ts'
import type { HistogramSnapshot } from './histogram.ts'

/** What is known of one handler. Those that there was no room for are one, by the name and of the plugin `other`. */
export interface HandlerMetrics {
  readonly kind: 'event' | 'hook' | 'pipeline'
  /** The event's, the hook's or the pipeline's name. */
  readonly name: string
  readonly plugin: string
  /** How often it was called; when it was passed over is not among it. */
  readonly calls: number
  readonly failed: number
  readonly timeouts: number
  readonly skipped: number
  /** How long it kept the event loop, all calls together. */
  readonly syncMs: number
  readonly duration: HistogramSnapshot
}

/** What is known of one plugin. */
export interface PluginMetrics {
  /** How often it came up, reloads not among it. */
  readonly starts: number
  /** How often it went to `failed`. */
  readonly failures: number
  /** How often one of its handlers failed; that took too long is not among it. */
  readonly errors: number
  readonly timeouts: number
  /** Errors that it left to nobody, where the host watches for those. */
  readonly strayErrors: number
  /** How often it was denied something. */
  readonly denied: number
  /** How long its code kept the event loop: handlers, `register`, `setup` and `teardown`, up to where each returned or first waited. */
  readonly syncMs: number
  /** The longest of these at once: by so much it made everybody else late. */
  readonly syncMaxMs: number
  readonly register: HistogramSnapshot
  readonly setup: HistogramSnapshot
  readonly teardown: HistogramSnapshot
  /** Calls of it that have not ended, where the host tells. */
  readonly inFlight?: number
  /** What waits for it to be back, where the host tells. */
  readonly parked?: number
}

/** What was counted since the monitor started. */
export interface MetricsSnapshot {
  /** From when on it was counted, as ISO 8601. */
  readonly since: string
  readonly takenAt: string
  readonly starts: number
  readonly failures: number
  /** How many plugins there are in each state. */
  readonly states: Readonly<Record<string, number>>
  /** How many reloads ended in each way. */
  readonly reloads: Readonly<Record<string, number>>
  readonly reloadDuration: HistogramSnapshot
  readonly plugins: Readonly<Record<string, PluginMetrics>>
  /** Whoever took most time first. */
  readonly handlers: readonly HandlerMetrics[]
  readonly eventLoop: EventLoopMetrics
}
