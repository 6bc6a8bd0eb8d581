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
  isThenable,
  PluginError,
  type SingleEventOptions,
  type Undo,
} from '@cf-plugins/plugin-api'
import { Batches } from './batches.ts'
import type { DeliveryGate, HandlerOwner } from './delivery-gate.ts'
import { DispatchCore, type DispatchOptions, HOST } from './dispatch-core.ts'
import { Emission } from './emission.ts'
import { type EventIds, HandlerContext } from './event-context.ts'
import type { HandlerEntry } from './handler-entry.ts'
import { checkTimeout, invalid } from './handler-options.ts'
import { type HandlerStage, type Named, nameOf } from './handler-stage.ts'
import type { ListenerView, Plan } from './handler-table.ts'
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

const NO_OPTIONS: EmitOptions = Object.freeze({})
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
  readonly #ids: EventIds = { prefix: randomUUID().slice(0, 8) }
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
  async emit(named: Named, payload?: unknown, options: EmitOptions = NO_OPTIONS): Promise<EmitReport> {
    const event = nameOf(named)
    if (options !== NO_OPTIONS) checkOptions(event, options)
    const plan = this.#core.table.plan(event)
    const emission = this.#dispatch(plan, event, payload, options, true)
    if (emission === undefined) return { event, handled: plan.handlers.length, failures: NO_FAILURES }
    if (emission.pending) {
      if (options.signal === undefined) await emission.ended()
      else await endedOrAborted(event, emission, options.signal)
    }
    return emission.report()
  }

  /**
   * The same without waiting. Failures go to `onFailure` and the logger.
   *
   * @throws `CFP_HANDLER_INVALID` for a bad name or option, `CFP_EMIT_ABORTED` where `signal` is aborted already.
   */
  publish<Payload>(event: EventRef<Payload>, payload: Payload, options?: EmitOptions): void
  publish(event: string, payload?: unknown, options?: EmitOptions): void
  publish(named: Named, payload?: unknown, options: EmitOptions = NO_OPTIONS): void {
    const event = nameOf(named)
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
    const { signal, source = HOST, parent, timeoutMs } = options
    const core = this.#core
    const cause = parent === undefined ? undefined : { id: parent.id, event: parent.event }
    const context = new HandlerContext(event, payload, source, this.#ids, ++this.#emitted, signal, cause)
    const { entries, handlers } = plan
    const fully = core.watch.looksAt(plan)
    let emission: Emission | undefined
    for (let index = 0; index < handlers.length; index++) {
      let gate: DeliveryGate | undefined
      if (fully || !plan.plain) {
        const entry = entries[index] as HandlerEntry<EventHandler>
        gate = entry.gate
        if (fully || !entry.usual || !entry.live || gate?.closed || emission?.isApart(entry)) {
          emission ??= this.#emission(plan, context, fully, timeoutMs, awaited)
          emission.meet(index)
          continue
        }
        if (!plan.counts) entry.record.calls++
        gate?.enter()
      }
      try {
        const handler = handlers[index] as EventHandler
        const result = handler(payload, context)
        if (result !== undefined && isThenable(result)) {
          emission ??= this.#emission(plan, context, fully, timeoutMs, awaited)
          emission.watch(entries[index] as HandlerEntry<EventHandler>, result)
          continue
        }
      } catch (error) {
        emission ??= this.#emission(plan, context, fully, timeoutMs, awaited)
        emission.failed(entries[index] as HandlerEntry<EventHandler>, error)
      }
      gate?.leave()
    }
    emission?.seal()
    return emission
  }

  // No closure: what one holds on to, every dispatch would pay for.
  #emission(
    plan: Plan<EventHandler>,
    context: HandlerContext,
    fully: boolean,
    timeoutMs: number | undefined,
    awaited: boolean,
  ): Emission {
    return new Emission({ core: this.#core, batches: this.#batches, plan, context, fully, timeoutMs }, awaited)
  }
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
