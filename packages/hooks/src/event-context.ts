// What a handler is told about the event that it handles, made as far as it is read.
import type { EventContext } from '@cf-plugins/plugin-api'

/** What every context of one emit shares. */
export interface EmitFacts<Payload> {
  readonly event: string
  readonly payload: Payload
  readonly source: string
  readonly id: string
  readonly time: number
  /** The signal given to `emit`. */
  readonly abortedBy: AbortSignal | undefined
}

export class HandlerContext<Payload = unknown> implements EventContext<Payload> {
  readonly event: string
  readonly payload: Payload
  readonly source: string
  readonly #facts: EmitFacts<Payload>
  #controller: AbortController | undefined
  #ended: { readonly reason: unknown } | undefined

  constructor(facts: EmitFacts<Payload>) {
    this.event = facts.event
    this.payload = facts.payload
    this.source = facts.source
    this.#facts = facts
  }

  get id(): string {
    return this.#facts.id
  }

  get time(): number {
    return this.#facts.time
  }

  // An AbortController costs more than a whole dispatch, and few handlers read it.
  get signal(): AbortSignal {
    this.#controller ??= new AbortController()
    if (this.#ended !== undefined) this.#controller.abort(this.#ended.reason)
    const { abortedBy } = this.#facts
    if (abortedBy?.aborted) this.#controller.abort(abortedBy.reason)
    return this.#controller.signal
  }

  /** Aborts the signal, also one that is read later. */
  end(reason: unknown): void {
    this.#ended ??= { reason }
    this.#controller?.abort(reason)
  }
}
