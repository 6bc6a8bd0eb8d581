// When each plugin came up, how long that took, and what of it.
import type { Logger } from '@cf-plugins/plugin-api'
import { safeLogger } from '@cf-plugins/plugin-api/host'
import { type HookCall, HookCalls } from './hook-calls.ts'
import { listenToHost } from './host-messages.ts'
import type { ObservedHook, ObservedState, ObservedThread } from './messages.ts'
import { wholeNumber } from './options.ts'

/** One start of one plugin. Times in milliseconds; `startedMs` and `endedMs` from the timeline's own beginning. */
export interface TimelineStart {
  readonly plugin: string
  /** Which load of its code, from 1. */
  readonly generation: number
  readonly startedMs: number
  /** Nothing while it is under way. */
  readonly endedMs: number | undefined
  /** Of a plugin in a thread, how long that took to start; it is a part of `registerMs`. */
  readonly threadMs?: number | undefined
  readonly registerMs: number | undefined
  readonly setupMs: number | undefined
  /** How long it kept the event loop meanwhile. */
  readonly syncMs: number
  /** Where the plugin went: `active`, `failed`, ... Nothing while it is under way. */
  readonly outcome: string | undefined
}

/** The starts that are known, in the order in which they began. */
export interface TimelineReport {
  /** When the timeline began, as ISO 8601. */
  readonly since: string
  readonly starts: readonly TimelineStart[]
  /** How many there were before those, and are no longer kept. */
  readonly dropped: number
}

export interface TimelineOptions {
  /** The id of the host that is listened to: `lifecycle.id`. @default every host in the process */
  readonly host?: string
  /** How many starts are kept; the oldest go first. @default 1000 */
  readonly keep?: number
  /** Told where something is published that cannot be read. @default silent */
  readonly logger?: Logger
}

/**
 * Writes down each start of a plugin while it is started, reloads among them.
 *
 * @throws `CFP_MONITOR_OPTIONS`
 * @example
 * const timeline = new Timeline({ host: lifecycle.id })
 * timeline.start()
 * await lifecycle.start()
 * console.log(renderTimeline(timeline.report()))
 */
export class Timeline implements Disposable {
  readonly #host: string | undefined
  readonly #logger: Logger | undefined
  readonly #keep: number
  readonly #starts: OpenStart[] = []
  readonly #underWay = new Map<string, OpenStart>()
  #since = new Date()
  #zero = performance.now()
  #dropped = 0
  #undo: (() => void) | undefined

  constructor({ host, keep = 1000, logger }: TimelineOptions = {}) {
    wholeNumber('Timeline', 'keep', keep, 1, 1_000_000)
    this.#host = host
    this.#keep = keep
    this.#logger = logger && safeLogger(logger)
  }

  /** Begins to listen; the timeline begins here. */
  start(): void {
    if (this.#undo) return
    this.#starts.length = this.#dropped = 0
    this.#underWay.clear()
    this.#since = new Date()
    this.#zero = performance.now()
    const calls = new HookCalls(
      (call) => this.#onCall(call),
      (hook, message, at) => hook === 'register' && this.#begin(message, at),
    )
    this.#undo = listenToHost(
      this.#host,
      {
        hook: calls.listener,
        state: (message) => this.#onState(message),
        thread: (message) => this.#onThread(message),
      },
      (err) => this.#logger?.warn({ err }, 'A message of a host has no place in the timeline.'),
    )
  }

  /** Listens no more. What is written down stays. */
  stop(): void {
    this.#undo?.()
    this.#undo = undefined
  }

  [Symbol.dispose](): void {
    this.stop()
  }

  report(): TimelineReport {
    return {
      since: this.#since.toISOString(),
      starts: this.#starts.map((start) => ({ ...start })),
      dropped: this.#dropped,
    }
  }

  #begin({ plugin, generation }: ObservedHook, at: number): void {
    const startedMs = at - this.#zero
    // One that is begun again, as a rollback does, has not ended by itself.
    this.#end(plugin, 'replaced')
    const start: OpenStart = {
      ...{ plugin, generation, startedMs, syncMs: 0 },
      ...{ endedMs: undefined, registerMs: undefined, setupMs: undefined, outcome: undefined },
    }
    this.#underWay.set(plugin, start)
    this.#starts.push(start)
    if (this.#starts.length <= this.#keep) return
    this.#starts.shift()
    this.#dropped++
  }

  #onCall({ hook, plugin, generation, durationMs, syncMs, failed }: HookCall): void {
    const start = this.#underWay.get(plugin)
    // The teardown of the code before belongs to that.
    if (hook === 'teardown' || start?.generation !== generation) return
    start.syncMs += syncMs
    if (hook === 'register') start.registerMs = durationMs
    else start.setupMs = durationMs
    if (failed) this.#end(plugin, 'failed')
  }

  /** One that takes the place of another while the plugin is up is no part of a start. */
  #onThread({ kind, role, plugin, generation, durationMs }: ObservedThread): void {
    const start = this.#underWay.get(plugin)
    if (kind === 'started' && role === 'plugin' && start?.generation === generation) start.threadMs = durationMs
  }

  #onState({ plugin, to }: ObservedState): void {
    if (SETTLED.has(to)) this.#end(plugin, to)
  }

  #end(plugin: string, outcome: string): void {
    const start = this.#underWay.get(plugin)
    if (!start) return
    this.#underWay.delete(plugin)
    start.endedMs = performance.now() - this.#zero
    start.outcome = outcome
  }
}

type OpenStart = { -readonly [Key in keyof TimelineStart]: TimelineStart[Key] }

/** States in which a start has come to its end. */
const SETTLED: ReadonlySet<string> = new Set(['active', 'failed', 'blocked', 'disabled', 'stopped', 'resolved'])
