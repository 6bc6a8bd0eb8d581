import type { PluginContext, PluginError } from '@cf-plugins/plugin-api'
import { BasePlugin, definePlugin, plugin as pluginDecorator, serviceRef } from '@cf-plugins/plugin-api'
import { toPluginRecord } from '@cf-plugins/plugin-api/host'
import { describe, expect, it } from 'vitest'
import { lifecycleOf, plugin, rejection, started } from './support.ts'

const errorOf = (task: () => unknown): PluginError => {
  try {
    task()
  } catch (error) {
    return error as PluginError
  }
  throw new Error('It did not throw')
}

describe('inject', () => {
  it('gives the very object that the plugin registered, and for a definition what its setup returned', async () => {
    const service = { get: () => 1 }
    const cache = toPluginRecord(definePlugin({ name: 'cache', version: '1.0.0', setup: () => service }), {
      generation: 1,
      files: [],
    })
    const db = {}
    let found: unknown
    const lifecycle = await started([
      cache,
      plugin({ name: 'db' }, () => db),
      plugin({ name: 'user', dependencies: ['cache', 'db'] }, (_app, { inject }) => {
        found = [inject(serviceRef('cache')), inject('db')]
        return {}
      }),
    ])
    expect(found).toEqual([service, db])
    expect((found as unknown[])[0]).toBe(service)
    expect(lifecycle.service('cache')).toBe(service)
  })

  it('of what is not declared is refused, with the line to add, whether or not anybody offers it', async () => {
    const errors: Record<string, PluginError> = {}
    const dependencies = { cache: '^1.0.0' }
    await started([
      plugin({ name: 'db' }),
      plugin({ name: 'cache', provides: ['store'] }, (_app, { provide }) => {
        provide('store', {})
        return {}
      }),
      plugin({ name: 'user', dependencies, requires: ['store'], optionalDependencies: ['x'] }, (_app, { inject }) => {
        errors.db = errorOf(() => inject('db'))
        errors.optional = errorOf(() => inject('nobody', { optional: true }))
        errors.all = errorOf(() => inject('exporter', { all: true }))
        // Of one on whom it depends, it may have whatever that offers.
        expect(inject('store')).toEqual({})
        return {}
      }),
      plugin({ name: 'other' }, (_app, { inject }) => {
        errors.store = errorOf(() => inject('store'))
        return {}
      }),
    ])
    const isRefused = { code: 'CFP_SERVICE_UNDECLARED', plugin: 'user', generation: 1 }
    for (const name of ['db', 'optional', 'all']) expect(errors[name]).toMatchObject(isRefused)
    expect(errors.db?.message).toBe(
      `Plugin "user" asked for the service "db" of "db" without declaring it. Write dependencies: { cache: '^1.0.0', db: '*' } in PLUGIN_META.`,
    )
    expect(errors.optional?.message).toContain("Write optionalDependencies: ['x', 'nobody'] in PLUGIN_META.")
    expect(errors.all?.message).toContain("Write collects: ['exporter'] in PLUGIN_META.")
    expect(errors.store?.message).toContain(
      `the service "store" of "cache" without declaring it. Write requires: ['store'] in PLUGIN_META.`,
    )
  })

  it('tells the line to add in the form in which the plugin is written', async () => {
    const messages: string[] = []
    const tell = (task: () => unknown) => void messages.push(errorOf(task).message.replace(/.*Write /, ''))
    const setup = ({ inject, provide }: PluginContext) => {
      tell(() => inject('db'))
      tell(() => inject('metrics', { optional: true }))
      tell(() => inject('sink', { all: true }))
      tell(() => provide('mail', {}))
    }
    @pluginDecorator({ name: 'written', version: '1.0.0' })
    class Written extends BasePlugin {
      override setup() {
        setup(this.context)
      }
    }
    const source = { generation: 1, files: [] }
    await started([
      plugin({ name: 'db' }),
      toPluginRecord(definePlugin({ name: 'defined', version: '1.0.0', setup }), source),
      toPluginRecord(Written, source),
    ])
    expect(messages).toEqual([
      "dependencies: ['db'] in definePlugin({ ... }).",
      "optionalDependencies: ['metrics'] in definePlugin({ ... }).",
      "collects: ['sink'] in definePlugin({ ... }).",
      "provides: ['mail'] in definePlugin({ ... }).",
      "dependencies: ['db'] in @plugin({ ... }), or take it by @inject('db').",
      "optionalDependencies: ['metrics'] in @plugin({ ... }), or take it by @inject('metrics', { optional: true }).",
      "collects: ['sink'] in @plugin({ ... }), or take it by @inject('sink', { all: true }).",
      "provides: ['mail'] in @plugin({ ... }).",
    ])
  })

  it('of a service that nobody offers is refused, and says where there is somebody who could', async () => {
    const errors: PluginError[] = []
    const user = (name: string, requires: string[]) =>
      plugin({ name, requires }, (_app, { inject }) => {
        errors.push(errorOf(() => inject(requires[0] ?? 'nobody')))
        return {}
      })
    await started([plugin({ name: 'smtp', provides: ['mail'] }), user('a', []), user('b', ['mail'])])
    for (const error of errors) expect(error.code).toBe('CFP_SERVICE_UNKNOWN')
    expect(errors.map(({ message }) => message)).toEqual([
      'Plugin "a" asked for the service "nobody", which nobody offers. Check the name, or ask with { optional: true }.',
      'Plugin "b" asked for the service "mail", which "smtp" declares and does not offer now: provide() it in setup(), or ask with { optional: true }.',
    ])
  })

  it('of a plugin whose setup() returned nothing says so', async () => {
    const definition = definePlugin({ name: 'silent', version: '1.0.0', setup() {} })
    const silent = toPluginRecord(definition, { generation: 1, files: [] })
    let error: PluginError | undefined
    const user = plugin({ name: 'user', dependencies: ['silent'] }, (_app, { inject }) => {
      error = errorOf(() => inject('silent'))
      return {}
    })
    await started([silent, user])
    expect(error).toMatchObject({
      code: 'CFP_SERVICE_UNKNOWN',
      message:
        'Plugin "user" asked for the service "silent", and setup() of that plugin returned nothing: return it there, or ask with { optional: true }.',
    })
  })

  it('finds a required service under whichever plugin provides it', async () => {
    let found: unknown
    await started([
      plugin({ name: 'user', requires: ['mail'] }, (_app, { inject }) => {
        found = inject('mail')
        return {}
      }),
      plugin({ name: 'smtp', provides: ['mail'] }, (_app, { provide }) => {
        provide('mail', 'a mailer')
        return {}
      }),
    ])
    expect(found).toBe('a mailer')
  })
})

describe('provide', () => {
  it('of a service that the metadata does not name is refused', async () => {
    const lifecycle = lifecycleOf([
      plugin({ name: 'a' }, (_app, { provide }) => ({ setup: () => void provide('mail', {}) })),
    ])
    const { failed } = await lifecycle.start()
    expect(failed[0]?.error).toMatchObject({ code: 'CFP_SERVICE_NOT_DECLARED', plugin: 'a' })
  })

  it('while active is seen at once, and its undo takes it back', async () => {
    let context: PluginContext | undefined
    const lifecycle = await started([
      plugin({ name: 'a', provides: ['mail'] }, (_app, given) => {
        context = given
        return {}
      }),
    ])
    const undo = context?.provide('mail', 1)
    const undoNewer = context?.provide('mail', 2)
    expect(lifecycle.service('mail')).toBe(2)
    undo?.()
    expect(lifecycle.service('mail')).toBe(2)
    undoNewer?.()
    expect(errorOf(() => lifecycle.service('mail'))).toMatchObject({
      code: 'CFP_NOT_ACTIVE',
      message: 'Plugin "a" does not offer "mail" right now.',
    })
    expect(lifecycle.service('a')).toBe(lifecycle.instance('a'))
  })
})

describe('use', () => {
  it('gives the service of an active plugin, and rejects for any other with why', async () => {
    const lifecycle = await started([
      plugin({ name: 'a' }, () => ({ add: (x: number, y: number) => x + y }) as never),
      plugin({ name: 'broken' }, () => Promise.reject(new Error('no'))),
    ])
    const sum = await lifecycle.use('a', (service) => (service as { add(x: number, y: number): number }).add(1, 2))
    expect(sum).toBe(3)
    expect(await rejection(lifecycle.use('broken', () => {}))).toMatchObject({ code: 'CFP_NOT_ACTIVE' })
    expect(await rejection(lifecycle.use('nobody', () => {}))).toMatchObject({ code: 'CFP_PLUGIN_UNKNOWN' })
  })
})
