// The services that one generation offers besides its own.
import { messageOf, PluginError, type ServiceConsumer, type Undo } from '@cf-plugins/plugin-api'
import { known } from './known.ts'
import type { CodeOwner, StrayWatch } from './stray-code.ts'

/** Who makes a service for each plugin that asks. */
type ServiceMaker = CodeOwner & { readonly host: { readonly strays?: StrayWatch } }

/** What was given to `provide`, by service name. */
export class ProvidedServices {
  readonly #services = new Map<string, unknown>()
  readonly #onChange: (isOther: boolean) => void

  /** @param onChange called after each change: whether another set of names is offered than before */
  constructor(onChange: (isOther: boolean) => void) {
    this.#onChange = onChange
  }

  all(): Map<string, unknown> {
    return new Map(this.#services)
  }

  /** Adds a service, in place of an earlier one of the name. The undo leaves a later one alone. */
  add(service: string, value: unknown): Undo {
    const isNew = !this.#services.has(service)
    this.#services.set(service, value)
    this.#onChange(isNew)
    return () => {
      if (this.#services.get(service) !== value || !this.#services.delete(service)) return
      this.#onChange(true)
    }
  }
}

/** What stands for a service with `scope: 'plugin'`: it makes one for each plugin that asks. */
export class PluginScoped {
  readonly #provider: ServiceMaker
  readonly #service: string
  readonly #make: (consumer: ServiceConsumer) => unknown

  constructor(provider: ServiceMaker, service: string, make: (consumer: ServiceConsumer) => unknown) {
    this.#provider = provider
    this.#service = service
    this.#make = known(provider, make)
  }

  /** @throws `CFP_SERVICE_MAKE_FAILED`, which is the provider's */
  madeFor(consumer: ServiceConsumer): unknown {
    try {
      return this.#make(consumer)
    } catch (cause) {
      const { name: plugin, record } = this.#provider
      const { file, generation } = record.source
      const message = `Plugin "${plugin}" could not make the service "${this.#service}" for "${consumer.name}": ${messageOf(cause)}`
      throw new PluginError('CFP_SERVICE_MAKE_FAILED', message, { plugin, file, generation, cause })
    }
  }
}
