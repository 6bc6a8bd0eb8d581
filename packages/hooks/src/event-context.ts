// What a handler is told about the event that it handles, made as far as it is read.
import type { EventContext } from '@cf-plugins/plugin-api'

/** Which event it is among those of one `PluginEvents`. */
export interface EventIds {
  readonly prefix: string
}

export class HandlerContext<Payload = unknown> implements EventContext<Payload> {
  readonly event: string
  readonly payload: Payload
  readonly source: string
  readonly parent: EventContext['parent']
  readonly #ids: EventIds
  readonly #number: number
  readonly #abortedBy: AbortSignal | undefined
  #time: number | undefined
  #controller: AbortController | undefined
  #ended: { readonly reason: unknown } | undefined

  /** @param abortedBy the signal given to `emit` */
  constructor(
    event: string,
    payload: Payload,
    source: string,
    ids: EventIds,
    number: number,
    abortedBy: AbortSignal | undefined,
    parent: EventContext['parent'],
    time?: number,
  ) {
    this.event = event
    this.payload = payload
    this.source = source
    this.#ids = ids
    this.#number = number
    this.#abortedBy = abortedBy
    this.parent = parent
    this.#time = time
  }

  get id(): string {
    return `${this.#ids.prefix}-${this.#number}`
  }

  // A clock costs a sync dispatch half its time. Whoever keeps a context for later reads this once in time.
  get time(): number {
    this.#time ??= Date.now()
    return this.#time
  }

  // An AbortController costs more than a whole dispatch, and few handlers read it.
  get signal(): AbortSignal {
    this.#controller ??= new AbortController()
    const cause = this.#ended ?? (this.#abortedBy?.aborted ? this.#abortedBy : undefined)
    if (cause !== undefined) this.#controller.abort(cause.reason)
    return this.#controller.signal
  }

  /** The same event for a handler whose deadline is its own. */
  forOne(): HandlerContext<Payload> {
    const { event, payload, source, parent, time } = this
    return new HandlerContext(event, payload, source, this.#ids, this.#number, this.#abortedBy, parent, time)
  }

  /** Aborts the signal, also one that is read later. */
  end(reason: unknown): void {
    this.#ended ??= { reason }
    this.#controller?.abort(reason)
  }
}
