// Definitions: what they are, and the instances that are made of them.

import { describe, expect, it } from 'vitest'
import { serviceOf, toPluginRecord } from '../src/host.ts'
import { createDefinePlugin, definePlugin, type EventContext, type PluginContext, serviceName } from '../src/index.ts'

const source = { generation: 1, files: [] }
const least = { name: 'cache', version: '1.0.0' }

async function make(definition: object, context: object = {}) {
  const record = toPluginRecord(definition, source)
  return record.register(null as never, context as PluginContext<never, never, never>)
}

describe('a definition', () => {
  it('is frozen, and leaves what it was given alone', () => {
    const given = { ...least, setup: () => 1 }
    const defined = definePlugin(given)
    expect(Object.isFrozen(defined)).toBe(true)
    expect(Object.isFrozen(given)).toBe(false)
    expect(Object.getOwnPropertySymbols(defined)).toEqual([Symbol.for('cf-plugins.definition')])
  })

  it('is made in the same way where its types are those of one host', () => {
    expect(createDefinePlugin<{ route(): void }>()).toBe(definePlugin)
  })

  it('is the reference of its own service', () => {
    expect(serviceName(definePlugin(least))).toBe('cache')
  })

  it("has the metadata that stands in it, its state's version among it", () => {
    const { meta } = toPluginRecord(
      definePlugin({ ...least, dependencies: ['db'], state: { version: 4 }, setup() {} }),
      source,
    )
    expect(meta).toMatchObject({ name: 'cache', stateVersion: 4, dependencies: [{ name: 'db', range: '*' }] })
    expect(meta).not.toHaveProperty('setup')
    expect(meta.state).toEqual({ shared: [] })
    expect(toPluginRecord(definePlugin(least), source).meta.stateVersion).toBe(0)
  })

  it('that is wrong is told whole, hooks and state too', () => {
    const wrong = {
      ...least,
      version: '1',
      setup: 7,
      teardwon() {},
      stateVersion: 1,
      state: { version: -1, save: null, resotre() {} },
    }
    expect(() => toPluginRecord(definePlugin(wrong as never), { ...source, file: '/cache.ts' })).toThrow(
      expect.objectContaining({
        code: 'CFP_META_INVALID',
        file: '/cache.ts',
        issues: [
          { path: 'version', message: expect.any(String) },
          { path: 'setup', message: 'must be a function, not 7' },
          { path: 'teardwon', message: 'is not known; did you mean "teardown"?' },
          { path: 'stateVersion', message: 'is not known' },
          { path: 'state.version', message: expect.any(String) },
          { path: 'state.save', message: 'must be a function, not null' },
          { path: 'state.resotre', message: 'is not known; did you mean "restore"?' },
        ],
      }),
    )
  })
})

describe('an instance of a definition', () => {
  it('has only the hooks that the definition has', async () => {
    expect(Object.keys(await make(definePlugin(least)))).toEqual([])
    const whole = definePlugin({
      ...least,
      setup: () => 1,
      teardown() {},
      onEnable() {},
      onDisable() {},
      onReload() {},
      handleEvent() {},
      health: () => ({ status: 'healthy' }),
      state: { save: () => 1, restore() {}, migrate: () => 1 },
    })
    expect(Object.keys(await make(whole)).sort()).toEqual([
      'getReloadState',
      'handleEvent',
      'health',
      'migrateState',
      'onDisable',
      'onEnable',
      'onReload',
      'setReloadState',
      'setup',
      'teardown',
    ])
  })

  it('offers what setup returned, given its context, and sync stays sync', async () => {
    const context = { name: 'cache' }
    const instance = await make(definePlugin({ ...least, setup: (given) => ({ given }) }), context)
    expect(serviceOf(instance)).toBeUndefined()
    expect(instance.setup?.()).toBeUndefined()
    expect(serviceOf(instance)).toEqual({ given: context })
  })

  it('offers what an async setup resolved to', async () => {
    const instance = await make(definePlugin({ ...least, setup: async () => ({ size: 3 }) }))
    const done = instance.setup?.()
    expect(serviceOf(instance)).toBeUndefined()
    await done
    expect(serviceOf(instance)).toEqual({ size: 3 })
  })

  it('offers nothing where setup returns nothing, or is not there', async () => {
    const instance = await make(definePlugin({ ...least, setup() {} }))
    instance.setup?.()
    expect(serviceOf(instance)).toBeUndefined()
    expect(serviceOf(await make(definePlugin(least)))).toBeUndefined()
  })

  it('shares nothing with another instance of the same definition', async () => {
    const definition = definePlugin({ ...least, setup: () => ({}) })
    const [one, other] = [await make(definition), await make(definition)]
    one.setup?.()
    other.setup?.()
    expect(serviceOf(one)).not.toBe(serviceOf(other))
  })

  it('gives each hook its arguments, then the service, with the definition as `this`', async () => {
    const calls: unknown[] = []
    const note = (name: string) =>
      function (this: unknown, ...args: unknown[]) {
        calls.push([name, ...args, this === definition])
        return name
      }
    const definition = definePlugin({
      ...least,
      setup: () => 'service',
      teardown: note('teardown'),
      onEnable: note('onEnable'),
      onDisable: note('onDisable'),
      onReload: note('onReload'),
      handleEvent: note('handleEvent'),
      health: note('health') as never,
      state: {
        save: (service) => ['saved', service],
        restore: (state, service) => ['restored', state, service],
        migrate: (state, from) => ['migrated', state, from],
      },
    })
    const instance = await make(definition)
    instance.setup?.()
    const event = {} as EventContext
    expect(instance.onEnable?.()).toBe('onEnable')
    expect(instance.onDisable?.()).toBe('onDisable')
    expect(instance.onReload?.()).toBe('onReload')
    expect(instance.handleEvent?.('user.login', event)).toBe('handleEvent')
    expect(instance.health?.()).toBe('health')
    expect(instance.teardown?.()).toBe('teardown')
    expect(calls).toEqual([
      ['onEnable', 'service', true],
      ['onDisable', 'service', true],
      ['onReload', 'service', true],
      ['handleEvent', 'user.login', event, 'service', true],
      ['health', 'service', true],
      ['teardown', 'service', true],
    ])
    expect(instance.getReloadState?.()).toEqual(['saved', 'service'])
    expect(instance.setReloadState?.(7 as never)).toEqual(['restored', 7, 'service'])
    expect(instance.migrateState?.(7 as never, 1, 'reload')).toEqual(['migrated', 7, 1])
  })

  it('lets errors of its hooks through, thrown or rejected', async () => {
    const thrower = await make(
      definePlugin({
        ...least,
        setup: () => {
          throw new Error('sync')
        },
      }),
    )
    expect(() => thrower.setup?.()).toThrow('sync')
    const rejecter = await make(definePlugin({ ...least, setup: () => Promise.reject(new Error('async')) }))
    await expect(rejecter.setup?.()).rejects.toThrow('async')
  })

  it('tears down nothing where setup failed, for there is no service to tear down', async () => {
    const torn: unknown[] = []
    const instance = await make(
      definePlugin({
        ...least,
        setup: () => {
          throw new Error('half-way')
        },
        teardown: (service) => torn.push(service),
      }),
    )
    expect(() => instance.setup?.()).toThrow('half-way')
    expect(instance.teardown?.()).toBeUndefined()
    expect(torn).toEqual([])
  })

  it('tears down once what a setup makes that wakes after its teardown', async () => {
    const torn: unknown[] = []
    const { promise, resolve } = deferred<string>()
    const instance = await make(
      definePlugin({
        ...least,
        setup: () => promise,
        teardown: (service) => {
          torn.push(service)
        },
      }),
    )
    const late = instance.setup?.()
    instance.teardown?.()
    expect(torn).toEqual([])
    resolve('service')
    await late
    expect(torn).toEqual(['service'])
  })

  it('is torn down where it has a teardown alone', async () => {
    let torn = 0
    const instance = await make(
      definePlugin({
        ...least,
        teardown: () => {
          torn++
        },
      }),
    )
    instance.teardown?.()
    expect(torn).toBe(1)
  })
})

function deferred<T>() {
  let resolve: (value: T) => void = () => {}
  const promise = new Promise<T>((resolved) => {
    resolve = resolved
  })
  return { promise, resolve }
}
