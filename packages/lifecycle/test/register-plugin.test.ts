import { type PluginContext, PluginError } from '@cf-plugins/plugin-api'
import { describe, expect, it } from 'vitest'
import { loadAndRegisterOrdered, type RegisteredPlugin, registerPlugin } from '../src/index.ts'
import { noting, plugin, rejection, sleep } from './support.ts'

describe('registerPlugin', () => {
  it('gives a sync plugin at once, and an async one as a promise', async () => {
    const log: string[] = []
    const sync = registerPlugin(noting(log, { name: 'a' }), {}, {}) as RegisteredPlugin
    expect(sync).not.toBeInstanceOf(Promise)
    expect(log).toEqual(['register a', 'setup a'])
    const viaRegister = registerPlugin(
      plugin({ name: 'b' }, async () => ({})),
      {},
      {},
    )
    const viaSetup = registerPlugin(
      plugin({ name: 'c' }, () => ({ setup: () => sleep(1) })),
      {},
      {},
    )
    expect(viaRegister).toBeInstanceOf(Promise)
    expect(viaSetup).toBeInstanceOf(Promise)
    expect((await viaSetup).name).toBe('c')
    await sync.stop()
    expect(log.at(-1)).toBe('teardown a')
  })

  it('gives the plugin the app and the shared object, and whoever asks its service', async () => {
    const app = { is: 'app' }
    const shared = { is: 'shared' }
    let seen: unknown
    const record = plugin({ name: 'a' }, (given, context: PluginContext) => {
      seen = [given, context.app, context.shared, context.name, context.meta.version, context.generation]
      return { hello: 'world' } as never
    })
    const registered = registerPlugin(record, app, shared) as RegisteredPlugin
    expect(seen).toEqual([app, app, shared, 'a', '1.0.0', 1])
    expect(registered.service).toEqual({ hello: 'world' })
  })

  it('throws what a sync plugin throws, and rejects with what an async one does', async () => {
    const throwing = plugin({ name: 'a' }, () => ({
      setup: () => {
        throw new Error('no')
      },
    }))
    expect(() => registerPlugin(throwing, {}, {})).toThrow(PluginError)
    const rejecting = plugin({ name: 'a' }, () => Promise.reject(new Error('no')))
    const promise = registerPlugin(rejecting, {}, {})
    expect(await rejection(promise as Promise<unknown>)).toMatchObject({ code: 'CFP_REGISTER_FAILED' })
  })

  it('throws for a plugin that lacks something', () => {
    expect(() => registerPlugin(plugin({ name: 'a', dependencies: ['db'] }), {}, {})).toThrow(
      expect.objectContaining({ plugin: 'a' }),
    )
  })

  it('stops at the end of an `await using` block', async () => {
    const log: string[] = []
    const registered = (await registerPlugin(noting(log, { name: 'a' }), {}, {})) as RegisteredPlugin
    await registered[Symbol.asyncDispose]()
    expect(log.at(-1)).toBe('teardown a')
  })
})

describe('loadAndRegisterOrdered', () => {
  it('starts in order, and gives the lifecycle that the plugins live in', async () => {
    const log: string[] = []
    const { active, failed, lifecycle } = await loadAndRegisterOrdered(
      [noting(log, { name: 'b', dependencies: ['a'] }), noting(log, { name: 'a' })],
      {},
      {},
    )
    expect([active, failed]).toEqual([['a', 'b'], []])
    expect(log).toEqual(['register a', 'setup a', 'register b', 'setup b'])
    await lifecycle.stop()
  })

  it('one after another leaves no two starting at a time', async () => {
    let running = 0
    let most = 0
    const setup = async () => {
      most = Math.max(most, ++running)
      await sleep(1)
      running--
    }
    const records = ['a', 'b', 'c'].map((name) => plugin({ name }, () => ({ setup })))
    const { active } = await loadAndRegisterOrdered(records, {}, {}, { parallel: false })
    expect([active, most]).toEqual([['a', 'b', 'c'], 1])
  })

  it('refuses two plugins of one name', async () => {
    const twice = [plugin({ name: 'a' }), plugin({ name: 'a' })]
    expect(await rejection(loadAndRegisterOrdered(twice, {}, {}))).toMatchObject({ code: 'CFP_DUPLICATE_NAME' })
  })
})
