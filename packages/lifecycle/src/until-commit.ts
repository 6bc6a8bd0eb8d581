// What one generation sends, and is sent, before it is active: kept for the moment of its commit.
import { EarlyEvents } from './early-events.ts'
import type { PluginPlace } from './generation-start.ts'

/** Made for the first thing to keep: few plugins send or hear anything that early. */
export class UntilCommit {
  readonly #slot: PluginPlace
  #early: EarlyEvents | undefined
  #published: (() => void)[] | undefined

  constructor(slot: PluginPlace) {
    this.#slot = slot
  }

  /** What is sent to it. */
  get early(): EarlyEvents {
    this.#early ??= new EarlyEvents(this.#slot.name, this.#slot.gate)
    return this.#early
  }

  publishLater(publish: () => void): void {
    this.#published ??= []
    this.#published.push(publish)
  }

  /** Passes all of it on: for when everybody who is to get it is live. */
  flush(onError: (error: unknown) => void): void {
    this.#early?.deliver()
    this.#early = undefined
    const published = this.#published
    this.#published = undefined
    for (const publish of published ?? []) {
      try {
        publish()
      } catch (error) {
        onError(error)
      }
    }
  }

  /** Where there is no commit any more, what it published was never said. */
  end(): void {
    this.#published = undefined
    this.rest()
  }

  /** Cuts what was sent to it. */
  rest(): void {
    this.#early?.drop()
  }

  /** Lets go of what it listens to, once that is closed. */
  letGo(): () => void {
    const early = this.#early
    this.#early = undefined
    early?.drop()
    return () => early?.detach()
  }
}
