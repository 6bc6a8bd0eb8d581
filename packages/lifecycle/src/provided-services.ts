// The services that one generation offers besides its own.
import type { Undo } from '@cf-plugins/plugin-api'

/** What was given to `provide`, by service name. */
export class ProvidedServices {
  readonly #services = new Map<string, unknown>()
  readonly #onChange: () => void

  /** @param onChange called after each change; what it throws when one is added takes that back */
  constructor(onChange: () => void) {
    this.#onChange = onChange
  }

  all(): Map<string, unknown> {
    return new Map(this.#services)
  }

  /** Adds a service, in place of an earlier one of the name. The undo leaves a later one alone. */
  add(service: string, value: unknown): Undo {
    const before = this.#services.get(service)
    this.#services.set(service, value)
    try {
      this.#onChange()
    } catch (error) {
      if (before === undefined) this.#services.delete(service)
      else this.#services.set(service, before)
      throw error
    }
    return () => {
      if (this.#services.get(service) !== value || !this.#services.delete(service)) return
      this.#onChange()
    }
  }
}
