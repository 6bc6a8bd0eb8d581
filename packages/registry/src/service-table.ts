// Which services are offered right now, and by whom.
import { PluginError } from '@cf-plugins/plugin-api'
import type { RegistryErrorCode } from './error-codes.ts'
import { choiceLine, quoted } from './providers.ts'

/** A service that is offered. */
export interface PublishedService {
  /** The plugin that offers it. */
  readonly owner: string
  readonly service: unknown
}

const NOBODY: readonly PublishedService[] = []

/**
 * The services that are offered, by name. Any number of plugins may offer one name, and none of them is in another's way:
 * whose is taken is decided when somebody asks. Every method is synchronous, so that a commit can swap several owners'
 * services in one step that nobody sees half done.
 */
export class ServiceTable {
  readonly #choices: ReadonlyMap<string, string>
  /** One by itself, without a list: hardly a service is offered by more. */
  readonly #offers = new Map<string, PublishedService | readonly PublishedService[]>()
  /** Of those who offer more than the service of their own name. */
  readonly #namesOf = new Map<string, readonly string[]>()

  /** @param choices the plugin that the host chose, by service */
  constructor(choices: ReadonlyMap<string, string> = new Map()) {
    this.#choices = choices
  }

  /** What whoever asks for one service gets, by `pick`. @throws `CFP_SERVICE_AMBIGUOUS` */
  lookup(service: string): PublishedService | undefined {
    return this.pick(service, this.offers(service))
  }

  /** Everyone's who offers the service, in the order in which they came. */
  offers(service: string): readonly PublishedService[] {
    const offers = this.#offers.get(service)
    return offers === undefined ? NOBODY : isList(offers) ? offers : [offers]
  }

  /**
   * Which of several offers of a service is to be taken: that of the host's choice, and nobody else's; else that of the plugin
   * of that name; else the only one.
   *
   * @throws `CFP_SERVICE_AMBIGUOUS` with the line that the host adds to choose
   */
  pick(service: string, offers: readonly PublishedService[]): PublishedService | undefined {
    const wanted = this.#choices.get(service)
    if (wanted !== undefined) return offers.find(({ owner }) => owner === wanted)
    if (offers.length < 2) return offers[0]
    const own = offers.find(({ owner }) => owner === service)
    if (own !== undefined) return own
    const owners = offers.map(({ owner }) => owner)
    const code: RegistryErrorCode = 'CFP_SERVICE_AMBIGUOUS'
    const message = `The service "${service}" is offered by ${quoted(owners)}. Choose one in the options of the host: ${choiceLine(service, owners[0]!)}.`
    throw new PluginError(code, message, { phase: 'resolve' })
  }

  /** Makes `services` all that `owner` offers, in place of what it offered before. */
  publish(owner: string, services: ReadonlyMap<string, unknown>): void {
    this.withdraw(owner)
    for (const [name, service] of services) this.#add(name, { owner, service })
    const isOnlyOwn = services.size === 1 && services.has(owner)
    if (services.size > 0 && !isOnlyOwn) this.#namesOf.set(owner, [...services.keys()])
  }

  /** Makes the service of its own name all that `owner` offers: as `publish` does, and cheaper, for nearly every plugin. */
  publishOwn(owner: string, service: unknown): void {
    if (this.#namesOf.size > 0 && this.#namesOf.has(owner)) this.withdraw(owner)
    const offers = this.#offers.get(owner)
    const offer = { owner, service }
    if (offers === undefined || (!isList(offers) && offers.owner === owner)) this.#offers.set(owner, offer)
    else {
      this.withdraw(owner)
      this.#add(owner, offer)
    }
  }

  /** Takes back everything that `owner` offers. */
  withdraw(owner: string): void {
    const names = this.#namesOf.get(owner)
    if (names === undefined) this.#remove(owner, owner)
    else for (const name of names) this.#remove(name, owner)
    this.#namesOf.delete(owner)
  }

  /** The names of everything offered. */
  names(): string[] {
    return [...this.#offers.keys()]
  }

  #add(name: string, offer: PublishedService): void {
    const offers = this.#offers.get(name)
    this.#offers.set(name, offers === undefined ? offer : [...(isList(offers) ? offers : [offers]), offer])
  }

  #remove(name: string, owner: string): void {
    const left = this.offers(name).filter((offer) => offer.owner !== owner)
    if (left.length === 0) this.#offers.delete(name)
    else this.#offers.set(name, left)
  }
}

function isList(offers: PublishedService | readonly PublishedService[]): offers is readonly PublishedService[] {
  return Array.isArray(offers)
}
