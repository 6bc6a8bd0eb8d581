// A service of a plugin in a thread, as others have it: it stays the same object where the thread is replaced.
import type { ServiceShape } from './context-ops.ts'
import { type StubCall, stubOf } from './service-stub.ts'
import type { ThreadCaller } from './thread-caller.ts'

export class LastingService {
  readonly stub: object
  readonly #caller: ThreadCaller
  readonly #parts: (readonly [stub: object, path: readonly string[]])[] = []
  #shape: ServiceShape

  /** @param what for messages: `its service "mail"` */
  constructor(what: string, shape: ServiceShape, caller: ThreadCaller) {
    this.#shape = shape
    this.#caller = caller
    const call: StubCall = (_shape, method, path) => {
      const called = [...path, ...(method === undefined ? [] : [method])].join('.')
      const options = { what: called === '' ? what : `${called}() of ${what}` }
      return (args) => caller.call('service', () => [idAt(this.#shape, path), method, args], options)
    }
    this.stub = stubOf(shape, call, (stub, _shape, path) => this.#parts.push([stub, path]))
    this.renew(shape)
  }

  /** A new thread offers it. */
  renew(shape: ServiceShape): void {
    this.#shape = shape
    for (const [stub, path] of this.#parts) this.#caller.standsFor(stub, idAt(shape, path))
  }
}

/** What must be the same for a service to be the same again: what it has, not what it is. */
export function outlineOf({ isFunction, methods, parts }: ServiceShape): unknown {
  const outlines = Object.entries(parts).map(([name, part]) => [name, outlineOf(part)])
  return [isFunction, [...methods].sort(), outlines]
}

function idAt(shape: ServiceShape, path: readonly string[]): number {
  let at = shape
  for (const name of path) at = at.parts[name] as ServiceShape
  return at.id
}
