// What one generation takes of the services that others offer.
import type { Logger, Ownable, PluginRecord, ServiceConsumer } from '@cf-plugins/plugin-api'
import type { PublishedService } from '@cf-plugins/registry'
import type { Dependencies, ServiceLookup } from './generation-start.ts'
import type { PluginHost } from './host.ts'
import { PluginScoped } from './provided-services.ts'
import type { Scope } from './scope.ts'

/** Who takes services. */
interface Taker {
  readonly name: string
  readonly record: PluginRecord
  readonly host: PluginHost
  readonly dependencies: Dependencies
  readonly lookup: ServiceLookup
  readonly scope: Scope
  readonly logger: Logger
}

/** The services that one generation takes: of whom, those made for it alone, and whether it would be given others by now. */
export class ServiceUse {
  readonly #of: Taker
  /** Of those that may come and go, by service: whose it got. */
  readonly #optional = new Map<string, readonly string[]>()
  readonly #collected = new Map<string, readonly string[]>()
  readonly #made = new Map<PluginScoped, unknown>()

  constructor(of: Taker) {
    this.#of = of
  }

  /** Whose offer it gets of a service, of those on whom it depends. @throws `CFP_SERVICE_AMBIGUOUS` */
  one(service: string): PublishedService | undefined {
    const { name, record, host, lookup } = this.#of
    const offers = this.#offers(service)
    if (offers.length === 0) return lookup(service).find(({ owner }) => owner === name)
    // Whoever names the plugin means that one, whoever else offers the service, and whomever the host chose.
    if (!isByService(record, service)) {
      const named = offers.find(({ owner }) => owner === service)
      if (named || offers.length === 1) return named ?? offers[0]
    }
    return host.pickService(service, offers)
  }

  /** The same as `one`, of what may come and go: noted, whether or not it is there. @throws `CFP_SERVICE_AMBIGUOUS` */
  optional(service: string): PublishedService | undefined {
    const found = this.one(service)
    this.#optional.set(service, found ? [found.owner] : [])
    return found
  }

  /** Everybody's offers of a service but its own, in the order in which their plugins start; noted, for they may come and go. */
  collected(service: string): readonly PublishedService[] {
    const offers = this.#all(service)
    this.#collected.set(service, ownersOf(offers))
    return offers
  }

  /** Whether it would be given others by now of what may come and go. */
  get isOutdated(): boolean {
    for (const [service, owners] of this.#optional) if (!isSame(owners, this.#ownersOfOne(service))) return true
    for (const [service, owners] of this.#collected) if (!isSame(owners, ownersOf(this.#all(service)))) return true
    return false
  }

  /** The service of an offer: itself, or the one that is made for this plugin, once. */
  given({ service }: PublishedService): unknown {
    if (!(service instanceof PluginScoped)) return service
    if (!this.#made.has(service)) this.#made.set(service, this.#make(service))
    return this.#made.get(service)
  }

  #make(service: PluginScoped): unknown {
    const { name, scope } = this.#of
    const of = this.#of
    const consumer: ServiceConsumer = {
      name,
      get logger() {
        return of.logger
      },
      get signal() {
        return scope.signal
      },
    }
    const made = service.madeFor(consumer)
    if (isDisposable(made)) scope.own(made)
    return made
  }

  #ownersOfOne(service: string): string[] {
    try {
      const found = this.one(service)
      return found ? [found.owner] : []
    } catch {
      // Several offer it by now, and it is clear no more which of them is meant.
      return []
    }
  }

  #all(service: string): readonly PublishedService[] {
    const { rankOf } = this.#of.host
    return this.#offers(service).sort((one, other) => rankOf(one.owner) - rankOf(other.owner))
  }

  #offers(service: string): PublishedService[] {
    const { name, dependencies, lookup } = this.#of
    return lookup(service).filter(({ owner }) => owner !== name && dependencies.names.includes(owner))
  }
}

/** Whether metadata asks for the service, whoever provides it. */
function isByService({ meta }: PluginRecord, service: string): boolean {
  const { requires, optionalDependencies } = meta
  return requires.includes(service) || optionalDependencies.some(({ name, range }) => name === service && range === '*')
}

const ownersOf = (offers: readonly PublishedService[]) => offers.map(({ owner }) => owner)

const isSame = (one: readonly string[], other: readonly string[]) =>
  one.length === other.length && one.every((each, at) => each === other[at])

function isDisposable(value: unknown): value is Exclude<Ownable, () => unknown> {
  return (
    ((typeof value === 'object' && value !== null) || typeof value === 'function') &&
    (Symbol.asyncDispose in value || Symbol.dispose in value)
  )
}
