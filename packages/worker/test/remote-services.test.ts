// Services of another side, as stubs: what crosses of them, and what comes home.
import { describe, expect, it } from 'vitest'
import type { CrossedService } from '../src/context-ops.ts'
import { RemoteServices } from '../src/remote-services.ts'

/** Two sides; what goes between them is cloned, as by a link. */
function sides() {
  const host: RemoteServices = new RemoteServices((id, method, args) => thread.serve(id, method, args))
  const thread: RemoteServices = new RemoteServices((id, method, args) => host.serve(id, method, args))
  const give = (service: unknown) => thread.receive(structuredClone(host.cross(service)) as CrossedService)
  return { host, thread, give }
}

class Counter {
  readonly label = 'counter'
  readonly limits = { most: 3, list: [1, 2] }
  #count = 0
  get count() {
    return this.#count
  }
  get broken(): number {
    throw new Error('cannot be read')
  }
  readonly socket = new WeakMap()
  readonly nested = { twice: (value: number) => value * 2, deeper: { by: (value: number) => value + this.#count } }
  next(by = 1) {
    this.#count += by
    return this.#count
  }
}

class Loud extends Counter {
  shout(text: string) {
    return `${text.toUpperCase()} ${this.count}`
  }
}

describe('a service with methods', () => {
  it('has its methods and those of its classes, awaited, whole or destructured', async () => {
    const service = new Loud()
    const { next, shout } = sides().give(service) as {
      next(by?: number): Promise<number>
      shout(text: string): unknown
    }
    expect(await next(2)).toBe(2)
    expect(await next()).toBe(3)
    expect(await shout('now')).toBe('NOW 3')
    expect(service.count).toBe(3)
  })

  it('has its values as frozen copies, from when it was given', async () => {
    const service = new Counter()
    const stub = sides().give(service) as Counter
    await stub.next()
    expect(stub).toMatchObject({ label: 'counter', count: 0, limits: { most: 3, list: [1, 2] } })
    expect([stub, stub.limits, stub.limits.list].map(Object.isFrozen)).toEqual([true, true, true])
    expect(Object.isFrozen(service.limits)).toBe(false)
  })

  it('has parts with methods of their own', async () => {
    const service = new Counter()
    const stub = sides().give(service) as Counter
    service.next(5)
    expect(await stub.nested.twice(4)).toBe(8)
    expect(await stub.nested.deeper.by(1)).toBe(6)
  })

  it('says what cannot cross when that is read, and not before', () => {
    const stub = sides().give(new Counter()) as Counter
    expect(() => stub.socket).toThrow(/"socket" of a service in another thread is something that cannot be copied/)
    expect(() => stub.broken).toThrow(/"broken" .* is something that throws when it is read/)
    expect(Object.keys(stub)).not.toContain('socket')
  })

  it('may be a function that has methods', async () => {
    const greet = Object.assign((name: string) => `hello ${name}`, { loud: (name: string) => `HELLO ${name}` })
    const stub = sides().give(greet) as typeof greet
    expect(await stub('Ada')).toBe('hello Ada')
    expect(await stub.loud('Ada')).toBe('HELLO Ada')
  })

  it('is no promise, whatever it has', async () => {
    // biome-ignore lint/suspicious/noThenProperty: it is what this is about
    const stub = sides().give({ then: (done: (value: number) => void) => done(1), other: () => 2 })
    expect(await stub).toBe(stub)
  })

  it('rejects what it throws', async () => {
    const stub = sides().give({
      fail: () => {
        throw new RangeError('no')
      },
    }) as { fail(): Promise<never> }
    await expect(stub.fail()).rejects.toThrow(RangeError)
  })

  it('may go in circles', async () => {
    const service: { self?: unknown; call(): number } = { call: () => 1 }
    service.self = service
    const stub = sides().give(service) as typeof service
    expect(await stub.call()).toBe(1)
    expect(() => stub.self).toThrow(/too deep/)
  })
})

describe('what has no methods', () => {
  it.each([1, 'text', undefined, null, { port: 80, deep: { list: [1] } }])('%j is a copy', (value) => {
    expect(sides().give(value)).toEqual(value)
  })

  it('is a copy too where its class has methods that a copy has', () => {
    const given = new Map([['a', new Date(7)]])
    expect(sides().give(given)).toEqual(given)
  })
})

describe('identity', () => {
  it('is kept: the same service is the same stub, another another', () => {
    const { give } = sides()
    const service = new Counter()
    expect(give(service)).toBe(give(service))
    expect(give(new Counter())).not.toBe(give(service))
  })

  it('is that of the service itself where its stub comes home, alone or among other values', () => {
    const { host, thread, give } = sides()
    const service = new Counter()
    const stub = give(service) as Counter
    const home = thread.types.find((type) => type.is(stub))
    expect(home?.tag).toBe('stub')
    expect(host.types.find(({ tag }) => tag === 'stub')?.unpack(home?.pack(stub))).toBe(service)
    // Its parts come home, too.
    const part = thread.types.find((type) => type.is(stub.nested))
    expect(host.types.find(({ tag }) => tag === 'stub')?.unpack(part?.pack(stub.nested))).toBe(service.nested)
  })

  it('has a service that the other side knows cross as its stub', () => {
    const { host, thread, give } = sides()
    const service = new Counter()
    const stub = give(service)
    const type = host.types.find((each) => each.is(service))
    expect(thread.types.find(({ tag }) => tag === type?.tag)?.unpack(type?.pack(service))).toBe(stub)
  })

  it('is not shown where it is the own of who offers it', () => {
    const { host, give } = sides()
    const context = { emit: () => {} }
    host.hide(context)
    const stub = give({ context, run: () => 1 }) as { context: unknown }
    expect(() => stub.context).toThrow(/its plugin's own/)
  })
})
