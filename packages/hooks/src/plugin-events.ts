// Events: what happened is told to everybody who listens, and nobody who fails hurts another.
import { randomUUID } from 'node:crypto'
import {
  type EmitReport,
  type EventHandler,
  type HandlerFailure,
  type HandlerOptions,
  isThenable,
  PluginError,
  type Undo,
} from '@cf-plugins/plugin-api'
import type { DeliveryGate, HandlerOwner } from './delivery-gate.ts'
import { DispatchCore, type DispatchOptions, HOST } from './dispatch-core.ts'
import { Emission } from './emission.ts'
import { type EventIds, HandlerContext } from './event-context.ts'
import type { HandlerEntry } from './handler-entry.ts'
import { checkTimeout } from './handler-options.ts'
import type { HandlerStage } from './handler-stage.ts'
import type { ListenerView, Plan } from './handler-table.ts'

export interface EmitOptions {
  /** Gives up waiting; handlers see it as their context's signal. */
  readonly signal?: AbortSignal | undefined
  /** The plugin that emits. @default 'host' */
  readonly source?: string | undefined
  /**
   * How long each handler may take at most, in milliseconds. A handler without a time of its own may take this long even
   * where it is more than usual.
   */
  readonly timeoutMs?: number | undefined
}

const NO_OPTIONS: EmitOptions = Object.freeze({})
const NO_FAILURES: readonly HandlerFailure[] = Object.freeze([])

/**
 * Events of one host. `emit` waits for every handler and tells how each fared, `publish` does not wait.
 *
 * @example
 * const events = new PluginEvents()
 * const undo = events.on('user.login', async (user: User) => greet(user), { priority: 'high', timeoutMs: 500 })
 * const { failures } = await events.emit('user.login', user)
 */
export class PluginEvents {
  readonly #core: DispatchCore<EventHandler>
  readonly #ids: EventIds = { prefix: randomUUID().slice(0, 8) }
  #emitted = 0

  /** @throws `CFP_HANDLER_INVALID` where `timeoutMs` is no duration. */
  constructor(options: DispatchOptions = {}) {
    this.#core = new DispatchCore('event', options)
  }

  /** Adds a handler of the host's own, live at once. @throws `CFP_HANDLER_INVALID` */
  on<Payload = unknown>(event: string, handler: EventHandler<Payload>, options?: HandlerOptions): Undo {
    return this.#core.own.on(event, handler as EventHandler, options)
  }

  /** Where one generation of a plugin registers its handlers. */
  stage(owner: HandlerOwner): HandlerStage<EventHandler> {
    return this.#core.table.stage(owner)
  }

  /** Who gets `event`, in order. */
  listeners(event: string): readonly ListenerView[] {
    return this.#core.table.listeners(event)
  }

  /**
   * Calls every handler of `event` in order, and waits for those that are async, all together. A handler that fails is
   * an entry of the report, and hurts no other. Deadlines are kept to within a thirty-second part of their length.
   *
   * @throws `CFP_HANDLER_INVALID` for a bad name or duration, `CFP_EMIT_ABORTED` where `signal` is aborted.
   */
  async emit(event: string, payload?: unknown, options: EmitOptions = NO_OPTIONS): Promise<EmitReport> {
    if (options !== NO_OPTIONS) checkOptions(event, options)
    const plan = this.#core.table.plan(event)
    const emission = this.#dispatch(plan, event, payload, options, true)
    if (emission === undefined) return { event, handled: plan.handlers.length, failures: NO_FAILURES }
    if (emission.pending) {
      if (options.signal === undefined) await emission.ended()
      else await endedOrAborted(event, emission, options.signal)
    }
    return emission.report(plan)
  }

  /**
   * The same without waiting. Failures go to `onFailure` and the logger.
   *
   * @throws `CFP_HANDLER_INVALID` for a bad name or duration, `CFP_EMIT_ABORTED` where `signal` is aborted already.
   */
  publish(event: string, payload?: unknown, options: EmitOptions = NO_OPTIONS): void {
    if (options !== NO_OPTIONS) checkOptions(event, options)
    const emission = this.#dispatch(this.#core.table.plan(event), event, payload, options, false)
    if (emission?.pending && options.signal !== undefined) {
      endedOrAborted(event, emission, options.signal).catch(() => undefined)
    }
  }

  /** Nothing where every handler was called directly, and none failed or is pending. */
  #dispatch(
    plan: Plan<EventHandler>,
    event: string,
    payload: unknown,
    options: EmitOptions,
    awaited: boolean,
  ): Emission | undefined {
    const { signal, source = HOST, timeoutMs } = options
    const context = new HandlerContext(event, payload, source, this.#ids, ++this.#emitted, signal)
    const { entries, handlers } = plan
    let emission: Emission | undefined
    for (let index = 0; index < handlers.length; index++) {
      let gate: DeliveryGate | undefined
      if (!plan.plain) {
        const entry = entries[index] as HandlerEntry<EventHandler>
        gate = entry.gate
        if (!entry.usual || !entry.live || gate?.closed || emission?.isApart(entry)) {
          emission ??= new Emission(this.#core, context, timeoutMs, awaited)
          emission.meet(plan, index)
          continue
        }
        gate?.enter()
      }
      try {
        const handler = handlers[index] as EventHandler
        const result = handler(payload, context)
        if (result !== undefined && isThenable(result)) {
          emission ??= new Emission(this.#core, context, timeoutMs, awaited)
          emission.watch(entries[index] as HandlerEntry<EventHandler>, result)
          continue
        }
      } catch (error) {
        emission ??= new Emission(this.#core, context, timeoutMs, awaited)
        emission.fail((entries[index] as HandlerEntry<EventHandler>).owner.name, error)
      }
      gate?.leave()
    }
    emission?.seal()
    return emission
  }
}

function checkOptions(event: string, { signal, timeoutMs }: EmitOptions): void {
  checkTimeout(timeoutMs, `timeoutMs of the emit of ${JSON.stringify(event)}`)
  if (signal?.aborted) throw aborted(event, signal)
}

async function endedOrAborted(event: string, emission: Emission, signal: AbortSignal): Promise<void> {
  let onAbort: () => void = () => undefined
  const abort = new Promise<never>((_, reject) => {
    onAbort = () => {
      emission.abandon(signal.reason)
      reject(aborted(event, signal))
    }
    // A handler may have aborted it just now.
    if (signal.aborted) onAbort()
    else signal.addEventListener('abort', onAbort, { once: true })
  })
  try {
    await Promise.race([emission.ended(), abort])
  } finally {
    signal.removeEventListener('abort', onAbort)
  }
}

function aborted(event: string, signal: AbortSignal): PluginError {
  return new PluginError('CFP_EMIT_ABORTED', `The emit of "${event}" was aborted by its signal.`, {
    cause: signal.reason,
  })
}
