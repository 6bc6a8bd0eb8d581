// What a handler is told about the event that it handles, made as far as it is read.
import type { EventContext } from '@cf-plugins/plugin-api'

/** What the events of one emitter have in common. */
export class EventOrigin {
  /** Of the ids of all events of one `PluginEvents`. */
  readonly prefix: string
  readonly source: string
  readonly parent: EventContext['parent']
  /** The signal given to `emit`. */
  readonly signal: AbortSignal | undefined

  constructor(prefix: string, source: string, parent?: EventContext['parent'], signal?: AbortSignal) {
    this.prefix = prefix
    this.source = source
    this.parent = parent
    this.signal = signal
  }
}

/** What few handlers read. */
class Extras {
  /** The context of all others, where it is one handler's own. */
  base: { readonly time: number } | undefined = undefined
  time: number | undefined = undefined
  controller: AbortController | undefined = undefined
  ended: { readonly reason: unknown } | undefined = undefined
}

// Made for each event, so it has few members: each costs about a nanosecond.
export class HandlerContext<Payload = unknown> implements EventContext<Payload> {
  readonly event: string
  readonly payload: Payload
  readonly #origin: EventOrigin
  readonly #number: number
  #extras: Extras | undefined = undefined

  constructor(event: string, payload: Payload, origin: EventOrigin, number: number) {
    this.event = event
    this.payload = payload
    this.#origin = origin
    this.#number = number
  }

  get source(): string {
    return this.#origin.source
  }

  get parent(): EventContext['parent'] {
    return this.#origin.parent
  }

  get id(): string {
    return `${this.#origin.prefix}-${this.#number}`
  }

  // A clock costs a sync dispatch half its time. Whoever keeps a context for later reads this once in time.
  get time(): number {
    const extras = this.#some()
    extras.time ??= extras.base?.time ?? Date.now()
    return extras.time
  }

  // An AbortController costs more than a whole dispatch, and few handlers read it.
  get signal(): AbortSignal {
    const { signal } = this.#origin
    const extras = this.#some()
    extras.controller ??= new AbortController()
    const cause = extras.ended ?? (signal?.aborted ? signal : undefined)
    if (cause !== undefined) extras.controller.abort(cause.reason)
    return extras.controller.signal
  }

  /** The same event for a handler whose deadline is its own. */
  forOne(): HandlerContext<Payload> {
    const context = new HandlerContext(this.event, this.payload, this.#origin, this.#number)
    context.#some().base = this
    return context
  }

  /** Aborts the signal, also one that is read later. */
  end(reason: unknown): void {
    const extras = this.#some()
    extras.ended ??= { reason }
    extras.controller?.abort(reason)
  }

  #some(): Extras {
    this.#extras ??= new Extras()
    return this.#extras
  }
}
