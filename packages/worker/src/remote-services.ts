// Services of the other side of a thread, as stubs; and those of this side, as the other has stubs of them.
import type { CrossedService, ServiceShape } from './context-ops.ts'
import type { WireType } from './link.ts'
import { describe, isService } from './service-shape.ts'
import { type StubCall, stubOf } from './service-stub.ts'

/** Calls a service of the other side; with no method, the thing itself. */
export type CallService = (id: number, method: string | undefined, args: readonly unknown[]) => unknown

/**
 * One side's view of one link: each has one. A service of this side keeps its number, and so the other side has one stub of it; a stub that comes
 * back to the side of its service is that service again.
 */
export class RemoteServices {
  /** For the link: services and stubs that stand among other arguments and results. */
  readonly types: readonly WireType[]
  readonly #call: CallService
  readonly #own = new Map<number, object>()
  readonly #ids = new WeakMap<object, number>()
  readonly #stubs = new Map<number, object>()
  readonly #homes = new WeakMap<object, number>()
  readonly #hidden = new WeakSet<object>()
  #made = 0

  constructor(call: CallService) {
    this.#call = call
    this.types = [
      {
        tag: 'stub',
        is: (value) => this.#homes.has(value),
        pack: (stub) => this.#homes.get(stub),
        unpack: (id) => this.#at(id as number),
      },
      {
        tag: 'service',
        is: (value) => this.#ids.has(value),
        pack: (service) => this.#shapeOf(service),
        unpack: (shape) => this.#stubOf(shape as ServiceShape),
      },
    ]
  }

  /** A service of this side, as it goes to the other. What is a stub of one over there goes as it is, for the link to bring it home. */
  cross(service: unknown): CrossedService {
    return isService(service) && !this.#homes.has(service) ? { shape: this.#shapeOf(service) } : { value: service }
  }

  /** A service of the other side: a stub, or the copy. */
  receive(crossed: CrossedService): unknown {
    return 'shape' in crossed ? this.#stubOf(crossed.shape) : crossed.value
  }

  /** Notes what is left out of services that have it, such as the context of an instance. */
  hide(own: object): void {
    this.#hidden.add(own)
  }

  /** The number of something of this side, for the other to say what of it `standsFor` that. */
  numberOf(own: object): number {
    return this.#idOf(own)
  }

  /** Notes that `stub`, which was made elsewhere, stands for a service of the other side. */
  standsFor(stub: object, id: number): void {
    this.#homes.set(stub, id)
  }

  /** Calls a service of this side, as the other asks. */
  serve(id: number, method: string | undefined, args: readonly unknown[]): unknown {
    const service = this.#at(id)
    if (method === undefined) return (service as (...args: readonly unknown[]) => unknown)(...args)
    const member = (service as Record<string, unknown>)[method]
    if (typeof member === 'function') return member.apply(service, args)
    throw new TypeError(`the service has no method "${method}" any more`)
  }

  #at(id: number): object {
    const service = this.#own.get(id)
    if (service === undefined) throw new TypeError('the service is not there any more')
    return service
  }

  #shapeOf(service: object): ServiceShape {
    return describe(service, {
      idOf: (part) => this.#idOf(part),
      isHidden: (value) => this.#hidden.has(value) || this.#homes.has(value),
    })
  }

  #idOf(service: object): number {
    const known = this.#ids.get(service)
    if (known !== undefined) return known
    const id = ++this.#made
    this.#own.set(id, service)
    this.#ids.set(service, id)
    return id
  }

  #stubOf(shape: ServiceShape): object {
    const known = this.#stubs.get(shape.id)
    if (known) return known
    const call: StubCall =
      ({ id }, method) =>
      (args) =>
        this.#call(id, method, args)
    return stubOf(shape, call, (stub, { id }) => {
      this.#stubs.set(id, stub)
      this.#homes.set(stub, id)
    })
  }
}
