// Events: what happened is told to everybody who listens, and nobody who fails hurts another.
import { randomUUID } from 'node:crypto'
import {
  type BatchHandler,
  type EmitReport,
  type EventContext,
  type EventHandler,
  type EventOptions,
  type EventRef,
  type HandlerFailure,
  PluginError,
  type SingleEventOptions,
  type Undo,
} from '@cf-plugins/plugin-api'
import { Batches } from './batches.ts'
import type { HandlerOwner } from './delivery-gate.ts'
import { DispatchCore, type DispatchOptions, HOST } from './dispatch-core.ts'
import { Emission } from './emission.ts'
import { callAhead, callGated, EventHalt } from './event-ahead.ts'
import { EventOrigin, HandlerContext } from './event-context.ts'
import type { HandlerEntry } from './handler-entry.ts'
import { checkTimeout, invalid } from './handler-options.ts'
import type { Plan } from './handler-plan.ts'
import { type HandlerStage, type Named, nameOf } from './handler-stage.ts'
import type { ListenerView } from './handler-table.ts'
import type { HandlerView } from './handler-view.ts'

export interface EmitOptions {
  /** Gives up waiting; handlers see it as their context's signal. */
  readonly signal?: AbortSignal | undefined
  /** The plugin that emits. @default 'host' */
  readonly source?: string | undefined
  /** The event whose handler emits this one: its context, or what is known of it. */
  readonly parent?: EventContext['parent']
  /**
   * How long each handler may take at most, in milliseconds. A handler without a time of its own may take this long even
   * where it is more than usual.
   */
  readonly timeoutMs?: number | undefined
}

const NO_FAILURES: readonly HandlerFailure[] = Object.freeze([])

/**
 * Events of one host. `emit` waits for every handler and tells how each fared, `publish` does not wait.
 *
 * @example
 * const UserLogin = eventRef<User>('user.login')
 * const events = new PluginEvents()
 * const undo = events.on(UserLogin, async (user) => greet(user), { priority: 'high', timeoutMs: 500 })
 * events.on(UserLogin, (users) => store(users), { batch: { size: 100, waitMs: 1000 } })
 * const { failures } = await events.emit(UserLogin, user)
 */
export class PluginEvents {
  readonly #core: DispatchCore<EventHandler>
  readonly #batches: Batches
  /** What is said of the host's own events. */
  readonly #host = new EventOrigin(randomUUID().slice(0, 8), HOST)
  readonly #halt = new EventHalt()
  #emitted = 0

  /** @throws `CFP_HANDLER_INVALID` where an option is not what it must be. */
  constructor(options: DispatchOptions = {}) {
    this.#core = new DispatchCore<EventHandler>('event', options, {
      admit: checkEventHandler,
      hiding: (entries) => this.#batches.hiding(entries),
      shown: (entries) => this.#batches?.shown(entries),
    })
    this.#batches = new Batches(this.#core)
  }

  /**
   * Adds a handler of the host's own, live at once. With `batch` it is called with several events: their payloads, and what
   * is known of each.
   *
   * @throws `CFP_HANDLER_INVALID`, `CFP_HANDLER_ORDER`
   */
  on<Payload>(event: EventRef<Payload>, handler: EventHandler<Payload>, options?: SingleEventOptions): Undo
  on<Payload>(event: EventRef<Payload>, handler: BatchHandler<Payload>, options: EventOptions & { batch: object }): Undo
  on<Payload = unknown>(event: string, handler: EventHandler<Payload>, options?: SingleEventOptions): Undo
  on<Payload = unknown>(event: string, handler: BatchHandler<Payload>, options: EventOptions & { batch: object }): Undo
  on(event: Named, handler: EventHandler<never> | BatchHandler<never>, options?: EventOptions): Undo {
    return this.#core.own.on(event, handler as EventHandler, options)
  }

  /** Where one generation of a plugin registers its handlers. */
  stage(owner: HandlerOwner): HandlerStage<EventHandler> {
    return this.#core.table.stage(owner)
  }

  /** Who gets `event`, in order. */
  listeners(event: Named): readonly ListenerView[] {
    return this.#core.table.listeners(nameOf(event))
  }

  /** Every handler of `event`, or of all events, with how it fares; those that are switched off come last. */
  handlers(event?: Named): readonly HandlerView[] {
    return this.#core.handlers(event === undefined ? undefined : nameOf(event))
  }

  /** Has a handler not called until it is switched on again, or its plugin replaced. @throws `CFP_HANDLER_UNKNOWN` */
  switchOff(id: string, reason: string): void {
    this.#core.switchOff(id, reason)
  }

  /** @throws `CFP_HANDLER_UNKNOWN` */
  switchOn(id: string): void {
    this.#core.switchOn(id)
  }

  /**
   * Calls every handler of `event` in order, and waits for those that are async, all together, and for those that take events in
   * batches. A handler that fails is an entry of the report, and hurts no other. Deadlines are kept to within a thirty-second
   * part of their length.
   *
   * @throws `CFP_HANDLER_INVALID` for a bad name or option, `CFP_EMIT_ABORTED` where `signal` is aborted.
   */
  emit<Payload>(event: EventRef<Payload>, payload: Payload, options?: EmitOptions): Promise<EmitReport>
  emit(event: string, payload?: unknown, options?: EmitOptions): Promise<EmitReport>
  // Not an async function, which would make a promise more where a handler is async.
  emit(named: Named, payload?: unknown, options?: EmitOptions): Promise<EmitReport> {
    try {
      const event = nameOf(named)
      if (options !== undefined) checkOptions(event, options)
      const plan = this.#core.table.plan(event)
      const emission = this.#dispatch(plan, event, payload, options, true)
      if (emission === undefined)
        return Promise.resolve({ event, handled: plan.handlers.length, failures: NO_FAILURES })
      if (!emission.pending) return Promise.resolve(emission.report())
      return options?.signal === undefined ? emission.reported() : endedOrAborted(event, emission, options.signal)
    } catch (error) {
      return Promise.reject(error)
    }
  }

  /**
   * The same without waiting. Failures go to `onFailure` and the logger.
   *
   * @throws `CFP_HANDLER_INVALID` for a bad name or option, `CFP_EMIT_ABORTED` where `signal` is aborted already.
   */
  publish<Payload>(event: EventRef<Payload>, payload: Payload, options?: EmitOptions): void
  publish(event: string, payload?: unknown, options?: EmitOptions): void
  publish(named: Named, payload?: unknown, options?: EmitOptions): void {
    const event = nameOf(named)
    if (options !== undefined) checkOptions(event, options)
    const emission = this.#dispatch(this.#core.table.plan(event), event, payload, options, false)
    if (emission?.pending && options?.signal !== undefined) {
      endedOrAborted(event, emission, options.signal).catch(() => undefined)
    }
  }

  /** Nothing where every handler was called directly, and none failed or is pending. */
  #dispatch(
    plan: Plan<EventHandler>,
    event: string,
    payload: unknown,
    options: EmitOptions | undefined,
    awaited: boolean,
  ): Emission | undefined {
    const origin = options === undefined ? this.#host : originOf(this.#host.prefix, options)
    const context = new HandlerContext(event, payload, origin, ++this.#emitted)
    const isFull = this.#core.watch.looksAt(plan)
    let at = 0
    if (!isFull) {
      at =
        plan.bare > 0 ? callAhead(plan, payload, context, this.#halt) : callGated(plan, 0, payload, context, this.#halt)
      if (at === plan.handlers.length) return undefined
    }
    return this.#goOn(plan, at, context, isFull, options?.timeoutMs, awaited)
  }

  /** Goes on from the handler that has halted the others, or that is to be looked at. */
  #goOn(
    plan: Plan<EventHandler>,
    first: number,
    context: HandlerContext,
    fully: boolean,
    timeoutMs: number | undefined,
    awaited: boolean,
  ): Emission {
    const { entries, handlers } = plan
    const { payload } = context
    const halt = this.#halt
    const emission = new Emission(
      { core: this.#core, batches: this.#batches, plan, context, fully, timeoutMs },
      awaited,
    )
    for (let at = first; at < handlers.length; at++) {
      const { what } = halt
      if (what === undefined) emission.meet(at)
      else {
        const told = halt.context ?? context
        halt.context = undefined
        const result = halt.take()
        const entry = entries[at] as HandlerEntry<EventHandler>
        if (what === 'pending') emission.watch(entry, told, result as PromiseLike<unknown>)
        else {
          emission.failed(entry, result)
          entry.gate?.leave()
        }
      }
      if (!fully && !emission.hasApart) at = callGated(plan, at + 1, payload, context, halt) - 1
    }
    emission.seal()
    return emission
  }
}

function originOf(prefix: string, { source = HOST, parent, signal }: EmitOptions): EventOrigin {
  return new EventOrigin(prefix, source, parent && { id: parent.id, event: parent.event }, signal)
}

function checkEventHandler({ name, owner, once, batch }: HandlerEntry<unknown>): void {
  if (once && batch !== undefined)
    throw invalid(owner, `a handler of "${name}" is once, or takes batches, not both`, once)
}

function checkOptions(event: string, { signal, timeoutMs, parent }: EmitOptions): void {
  checkTimeout(timeoutMs, `timeoutMs of the emit of ${JSON.stringify(event)}`)
  if (parent !== undefined && (typeof parent?.id !== 'string' || typeof parent.event !== 'string')) {
    throw invalid(undefined, `the parent of the emit of ${JSON.stringify(event)} must be an event's context`, parent)
  }
  if (signal?.aborted) throw aborted(event, signal)
}

async function endedOrAborted(event: string, emission: Emission, signal: AbortSignal): Promise<EmitReport> {
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
    return await Promise.race([emission.reported(), abort])
  } finally {
    signal.removeEventListener('abort', onAbort)
  }
}

function aborted(event: string, signal: AbortSignal): PluginError {
  return new PluginError('CFP_EMIT_ABORTED', `The emit of "${event}" was aborted by its signal.`, {
    cause: signal.reason,
  })
}
