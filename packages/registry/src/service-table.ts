// Which services are offered right now, and by whom.
import { PluginError } from '@cf-plugins/plugin-api'
import type { RegistryErrorCode } from './error-codes.ts'

/** A service that is offered. */
export interface PublishedService {
  /** The plugin that offers it. */
  readonly owner: string
  readonly service: unknown
}

/**
 * The services that are offered, by name. Every method is synchronous, so that a commit can swap several owners'
 * services in one step that nobody sees half done.
 */
export class ServiceTable {
  readonly #services = new Map<string, PublishedService>()
  /** Of those who offer more than the service of their own name. */
  readonly #namesOf = new Map<string, readonly string[]>()

  lookup(name: string): PublishedService | undefined {
    return this.#services.get(name)
  }

  /**
   * Makes `services` all that `owner` offers, in place of what it offered before.
   *
   * @throws `CFP_SERVICE_TAKEN` where another owner offers one of them; the table is then as it was.
   */
  publish(owner: string, services: ReadonlyMap<string, unknown>): void {
    for (const name of services.keys()) {
      const taken = this.#services.get(name)
      if (taken !== undefined && taken.owner !== owner) throw serviceTaken(name, taken.owner, owner)
    }
    this.withdraw(owner)
    for (const [name, service] of services) this.#services.set(name, { owner, service })
    const isOnlyOwn = services.size === 1 && services.has(owner)
    if (services.size > 0 && !isOnlyOwn) this.#namesOf.set(owner, [...services.keys()])
  }

  /**
   * Makes the service of its own name all that `owner` offers: as `publish` does, and cheaper, for nearly every plugin.
   *
   * @throws `CFP_SERVICE_TAKEN`
   */
  publishOwn(owner: string, service: unknown): void {
    const taken = this.#services.get(owner)
    if (taken !== undefined && taken.owner !== owner) throw serviceTaken(owner, taken.owner, owner)
    if (this.#namesOf.has(owner)) this.withdraw(owner)
    this.#services.set(owner, { owner, service })
  }

  /** Takes back everything that `owner` offers. */
  withdraw(owner: string): void {
    const names = this.#namesOf.get(owner)
    if (names !== undefined) {
      for (const name of names) this.#services.delete(name)
      this.#namesOf.delete(owner)
    } else if (this.#services.get(owner)?.owner === owner) this.#services.delete(owner)
  }

  /** The names of everything offered. */
  names(): string[] {
    return [...this.#services.keys()]
  }
}

function serviceTaken(name: string, holder: string, owner: string): PluginError {
  const code: RegistryErrorCode = 'CFP_SERVICE_TAKEN'
  const message = `Plugin "${owner}" cannot offer the service "${name}": plugin "${holder}" offers it already. Disable one of them, or rename one service.`
  return new PluginError(code, message, { plugin: owner, phase: 'commit' })
}
