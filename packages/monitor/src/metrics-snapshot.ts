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

/** What is known of the threads of one plugin: its own, and those that its handlers with `offload` run in. */
export interface ThreadMetrics {
  /** How many there are. */
  readonly running: number
  readonly started: number
  /** Ended because a call blocked past its deadline. */
  readonly terminated: number
  /** Ended by themselves: an error that nobody caught, out of memory, an exit. */
  readonly crashed: number
  /** Calls of handlers with `offload` that found the queue full. */
  readonly refused: number
  /** Calls of them that rejected. */
  readonly failed: number
  /** How long those calls took, from when they were asked for until they were answered. */
  readonly calls: HistogramSnapshot
  /** How long of that they waited for a thread. */
  readonly waits: HistogramSnapshot
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
  /** How often it kept the event loop for longer than the host lets pass (`blockMs`), without what others did that it called. */
  readonly blocked: { readonly count: number; readonly totalMs: number; readonly longestMs: number }
  /** Its threads, where it has had any. */
  readonly threads?: ThreadMetrics
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
