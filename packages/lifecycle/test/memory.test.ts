import { createServer } from 'node:http'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { describe, expect, it } from 'vitest'
import { Lifecycle } from '../src/index.ts'
import { plugin, sleep, started } from './support.ts'

setFlagsFromString('--expose-gc')
const collect: () => void = runInNewContext('gc')

/** How many of `refs` are alive after everything that can go has gone. */
async function alive(refs: readonly WeakRef<object>[]): Promise<number> {
  for (let round = 0; round < 5; round++) {
    await sleep(1)
    collect()
  }
  return refs.filter((ref) => ref.deref() !== undefined).length
}

// Made out here: what is held keeps whatever the functions that it is made of can see.
const openServer = () => createServer()

describe('generations', () => {
  it('of a plugin and its dependents go with each reload, failed ones too, and drag nothing along', async () => {
    const refs: WeakRef<object>[] = []
    const controller = new AbortController()
    const member = (name: string, dependencies: string[], generation: number) =>
      plugin(
        { name, dependencies, optionalDependencies: name === 'c' ? ['side'] : [] },
        (_app, context) => {
          const instance = {
            held: new Uint8Array(1000),
            inject: context.inject,
            setup: async () => {
              for (const dependency of dependencies) context.inject(dependency)
              if (generation % 7 === 0 && name === 'c' && context.reason === 'reload') throw new Error('no')
            },
            getReloadState: () => ({ generation }),
            setReloadState: () => {},
          }
          context.on('tick', () => instance.held.length)
          context.every(60_000, () => instance.held.length)
          context.own(() => instance.held.length)
          refs.push(new WeakRef(instance), new WeakRef(context))
          return instance
        },
        { generation },
      )
    const unit = (generation: number) => [
      member('a', [], generation),
      member('b', ['a'], generation),
      member('c', ['a', 'b'], generation),
    ]
    const lifecycle = await started([...unit(1), plugin({ name: 'side' })])
    for (let generation = 2; generation <= 200; generation++) {
      const reload = lifecycle.reload({ set: unit(generation), signal: controller.signal })
      const emitted = lifecycle.events.emit('tick')
      await reload
      await emitted
      if (generation % 20 === 0) {
        await lifecycle.disable('side')
        await lifecycle.enable('side')
      }
    }
    expect(refs.length).toBeGreaterThan(1200)
    // Three instances and their contexts serve.
    expect(await alive(refs)).toBeLessThanOrEqual(6)
  }, 60_000)

  it('that a leaky listener of the host keeps do not keep those before them', async () => {
    const refs: WeakRef<object>[] = []
    const leaked: unknown[] = []
    const record = (generation: number) =>
      plugin(
        { name: 'a' },
        (_app, context) => {
          const instance = { held: new Uint8Array(1000) }
          refs.push(new WeakRef(instance))
          if (generation === 50) leaked.push(context)
          return instance as never
        },
        { generation },
      )
    const lifecycle = await started([record(1)])
    for (let generation = 2; generation <= 60; generation++) await lifecycle.reload({ set: [record(generation)] })
    expect(await alive(refs)).toBeLessThanOrEqual(2)
    expect(leaked).toHaveLength(1)
  })

  it('that overlapped go as well, and what they have the host hold keeps none of them', async () => {
    const refs: WeakRef<object>[] = []
    const meta = { name: 'a', reload: { strategy: 'overlap' } } as const
    const record = (generation: number) =>
      plugin(
        meta,
        (_app, context) => {
          const instance = { held: new Uint8Array(1000) }
          refs.push(new WeakRef(instance), new WeakRef(context))
          return {
            setup: async () => {
              // Opened by the first generation, and asked for by each of the others.
              const held = await context.hold('kept', openServer)
              context.listen(held, 'request', () => instance.held.length)
              await context.hold(`own ${generation}`, () => ({ close: () => instance.held.length }))
              if (generation % 7 === 0) throw new Error('no')
            },
            getReloadState: () => ({ generation, held: instance.held.length }),
            setReloadState: () => {},
          }
        },
        { generation },
      )
    const lifecycle = await started([record(1)])
    for (let generation = 2; generation <= 100; generation++) await lifecycle.reload({ set: [record(generation)] })
    expect(refs).toHaveLength(200)
    // The one that serves, and its context.
    expect(await alive(refs)).toBeLessThanOrEqual(2)
  })

  it('that took services, one made for them among these, go as well, and so do those services', async () => {
    const refs: WeakRef<object>[] = []
    const provider = (generation: number) =>
      plugin(
        { name: 'provider', provides: ['session'] },
        (_app, context) => {
          refs.push(new WeakRef(context))
          const make = () => {
            const session = { held: new Uint8Array(1000), [Symbol.dispose]: () => {} }
            refs.push(new WeakRef(session))
            return session
          }
          context.provide('session', make, { scope: 'plugin' })
          return {}
        },
        { generation },
      )
    const consumer = (generation: number) =>
      plugin(
        { name: 'consumer', requires: ['session'], collects: ['session'], optionalDependencies: ['late'] },
        (_app, { inject }) => {
          const instance = { own: inject('session'), every: inject('session', { all: true }) }
          inject('late', { optional: true })
          refs.push(new WeakRef(instance))
          return instance as never
        },
        { generation },
      )
    const lifecycle = await started([provider(1), consumer(1)])
    for (let generation = 2; generation <= 60; generation++) {
      await lifecycle.reload({ set: [generation % 3 === 0 ? provider(generation) : consumer(generation)] })
    }
    expect(refs.length).toBeGreaterThan(120)
    expect(await alive(refs)).toBeLessThanOrEqual(3)
  })
})

describe('a lifecycle', () => {
  it('that is dropped without a stop goes, with its plugins', async () => {
    const start = async () => {
      const lifecycle = new Lifecycle({ app: {} })
      lifecycle.registry.add(plugin({ name: 'a' }, () => ({ setup: async () => {} })))
      await lifecycle.start()
      return new WeakRef(lifecycle)
    }
    const refs = [await start(), await start()]
    expect(await alive(refs)).toBe(0)
  })
})
