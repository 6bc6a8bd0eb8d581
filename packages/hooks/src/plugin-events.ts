// Events: what happened is told to everybody who listens, and nobody who fails hurts another.
import { randomUUID } from 'node:crypto'
import {
  type EmitReport,
  type EventHandler,
  type HandlerFailure,
  type HandlerOptions,
  PluginError,
  type Undo,
} from '@cf-plugins/plugin-api'
import type { HandlerOwner } from './delivery-gate.ts'
import { Emission } from './emission.ts'
import { type DispatchOptions, reportFailure } from './failures.ts'
import { checkName, checkTimeout } from './handler-entry.ts'
import type { HandlerStage } from './handler-stage.ts'
import { HandlerTable, type ListenerView } from './handler-table.ts'

/** @default 30 s */
export const DEFAULT_TIMEOUT_MS = 30_000
export const HOST = 'host'
const NO_FAILURES: readonly HandlerFailure[] = Object.freeze([])

export interface EmitOptions {
  /** Gives up waiting; handlers see it as their context's signal. */
  readonly signal?: AbortSignal | undefined
  /** The plugin that emits. @default 'host' */
  readonly source?: string | undefined
  /** How long each handler may take at most, in milliseconds; also longer than usual for those without a time of their own. */
  readonly timeoutMs?: number | undefined
}

export class PluginEvents {
  readonly #table = new HandlerTable<EventHandler>()
  readonly #options: DispatchOptions
  readonly #usualMs: number
  readonly #own: HandlerStage<EventHandler>
  readonly #idPrefix = randomUUID().slice(0, 8)
  #emitted = 0

  /** @throws `CFP_HANDLER_INVALID` where `timeoutMs` is no duration. */
  constructor(options: DispatchOptions = {}) {
    checkTimeout(options.timeoutMs, 'timeoutMs')
    this.#options = options
    this.#usualMs = options.timeoutMs ?? DEFAULT_TIMEOUT_MS
    this.#own = this.#table.stage({ name: HOST, rank: 0 })
    this.#own.commit()
  }

  /** Adds a handler of the host's own, live at once. @throws `CFP_HANDLER_INVALID` */
  on<Payload = unknown>(event: string, handler: EventHandler<Payload>, options?: HandlerOptions): Undo {
    return this.#own.on(event, handler as EventHandler, options)
  }

  /** Where a plugin's generation registers its handlers. */
  stage(owner: HandlerOwner): HandlerStage<EventHandler> {
    return this.#table.stage(owner)
  }

  /** Who gets `event`, in order. */
  listeners(event: string): readonly ListenerView[] {
    return this.#table.listeners(event)
  }

  /**
   * Calls every handler of `event` in order, and waits for those that are async, all together. A handler that fails is
   * an entry of the report, and hurts no other.
   *
   * @throws `CFP_HANDLER_INVALID` for a bad name or duration, `CFP_EMIT_ABORTED` where `signal` is aborted.
   */
  async emit(event: string, payload?: unknown, options: EmitOptions = {}): Promise<EmitReport> {
    const failures: HandlerFailure[] = []
    let tell = (failure: HandlerFailure): unknown => failures.push(failure)
    const emission = this.#start(event, payload, options, (failure) => tell(failure))
    if (emission === undefined) return { event, handled: 0, failures: NO_FAILURES }
    if (emission.pending) {
      try {
        await endedOrAborted(event, emission.run, options.signal)
      } catch (error) {
        tell = (failure) => this.#report(event, failure)
        throw error
      }
    }
    return { event, handled: emission.run.handled, failures }
  }

  /**
   * The same without waiting. Failures go to `onFailure` and the logger.
   *
   * @throws `CFP_HANDLER_INVALID` for a bad name or duration, `CFP_EMIT_ABORTED` where `signal` is aborted already.
   */
  publish(event: string, payload?: unknown, options: EmitOptions = {}): void {
    const emission = this.#start(event, payload, options, (failure) => this.#report(event, failure))
    if (emission?.pending) endedOrAborted(event, emission.run, options.signal).catch(() => undefined)
  }

  #start(event: string, payload: unknown, options: EmitOptions, fail: (failure: HandlerFailure) => void) {
    checkName(event)
    const { signal, source = HOST, timeoutMs } = options
    checkTimeout(timeoutMs, 'timeoutMs')
    if (signal?.aborted) throw aborted(event, signal)
    const slot = this.#table.slot(event)
    if (slot === undefined) return undefined
    const id = `${this.#idPrefix}-${++this.#emitted}`
    const facts = { event, payload, source, id, time: Date.now(), abortedBy: signal }
    const limits = { usualMs: timeoutMs ?? this.#usualMs, mostMs: timeoutMs ?? Number.POSITIVE_INFINITY }
    const run = new Emission(this.#table, facts, limits, fail)
    return { run, pending: run.start(slot) }
  }

  #report(event: string, failure: HandlerFailure): void {
    reportFailure(this.#options, { ...failure, event })
  }
}

async function endedOrAborted(event: string, run: Emission, signal: AbortSignal | undefined): Promise<void> {
  const ended = run.ended()
  if (signal === undefined) return ended
  let onAbort: () => void = () => undefined
  const abort = new Promise<never>((_, reject) => {
    onAbort = () => {
      run.abort(signal.reason)
      reject(aborted(event, signal))
    }
    if (signal.aborted) onAbort()
    else signal.addEventListener('abort', onAbort, { once: true })
  })
  try {
    await Promise.race([ended, abort])
  } finally {
    signal.removeEventListener('abort', onAbort)
  }
}

function aborted(event: string, signal: AbortSignal): PluginError {
  return new PluginError('CFP_EMIT_ABORTED', `The emit of "${event}" was aborted by its signal.`, {
    cause: signal.reason,
  })
}
