import type { PluginContext, PluginError } from '@cf-plugins/plugin-api'
import { definePlugin, serviceRef } from '@cf-plugins/plugin-api'
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

  it('of a plugin that is not declared is refused, with what to declare', async () => {
    const lifecycle = lifecycleOf([
      plugin({ name: 'db' }),
      plugin({ name: 'user' }, (_app, { inject }) => ({ setup: async () => inject('db', { optional: true }) })),
    ])
    const { failed } = await lifecycle.start()
    expect(failed[0]?.error).toMatchObject({ code: 'CFP_SERVICE_UNDECLARED', plugin: 'user' })
    expect(failed[0]?.error.message).toContain("Add 'db' to its dependencies")
  })

  it('of a service that nobody offers is refused, unless it is optional', async () => {
    let context: PluginContext | undefined
    await started([
      plugin({ name: 'user' }, (_app, given) => {
        context = given
        return {}
      }),
    ])
    expect(context?.inject('nobody', { optional: true })).toBeUndefined()
    expect(errorOf(() => context?.inject('nobody'))).toMatchObject({ code: 'CFP_SERVICE_UNKNOWN', plugin: 'user' })
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

  it('of a service that another plugin offers fails the second, and leaves the first alone', async () => {
    const mailer = (name: string) =>
      plugin({ name, provides: ['mail'] }, (_app, { provide }) => {
        provide('mail', name)
        return { teardown: () => {} }
      })
    const lifecycle = lifecycleOf([mailer('a'), mailer('b')])
    const { active, failed } = await lifecycle.start()
    expect(active).toEqual(['a'])
    expect(failed).toMatchObject([{ plugin: 'b', error: { code: 'CFP_SERVICE_TAKEN' } }])
    expect(lifecycle.service('mail')).toBe('a')
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
    expect(errorOf(() => lifecycle.service('mail')).code).toBe('CFP_PLUGIN_UNKNOWN')
    expect(lifecycle.service('a')).toBe(lifecycle.instance('a'))
  })

  it('in a reload of what another plugin offers is rolled back', async () => {
    const lifecycle = await started([
      plugin({ name: 'a', provides: ['mail'] }, (_app, { provide }) => {
        provide('mail', 'a')
        return {}
      }),
      plugin({ name: 'b', provides: ['mail'] }),
    ])
    const taker = plugin(
      { name: 'b', provides: ['mail'] },
      (_app, { provide }) => ({ health: () => void provide('mail', 'b') }) as never,
      { generation: 2 },
    )
    const report = await lifecycle.reload({ set: [taker] })
    expect(report).toMatchObject({ outcome: 'rolled-back', error: { code: 'CFP_SERVICE_TAKEN' } })
    expect(lifecycle.service('mail')).toBe('a')
    expect(lifecycle.status('b')).toMatchObject({ state: 'active', generation: 1 })
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
