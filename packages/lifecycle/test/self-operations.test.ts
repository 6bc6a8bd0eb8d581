// Operations that a plugin asks for on its own unit: it gets the acceptance, for they wait for what it has in flight.
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { compileFunction } from 'node:vm'
import type { PluginContext, PluginRecord } from '@cf-plugins/plugin-api'
import { toPluginRecord } from '@cf-plugins/plugin-api/host'
import { describe, expect, it } from 'vitest'
import type { Lifecycle } from '../src/index.ts'
import { deferred, logTo, type Meta, noting, plugin, rejection, started, until } from './support.ts'

const folder = join(import.meta.dirname, 'plugins of a "test"')

type Call = (...args: never[]) => Promise<unknown>

/** Code of a file that calls what it is given, at once and after it has waited. */
const CALLER = `return {
  call: (task, ...args) => task(...args),
  later: async (task, ...args) => {
    await null
    await new Promise((resolve) => setTimeout(resolve, 1))
    const result = await task(...args)
    return result
  },
}`

/** Code as the loader evaluates it: its frames on a stack name its file. */
function codeOf(
  file: string,
  as: 'url' | 'path' = 'url',
): {
  call: (task: Call, ...args: unknown[]) => Promise<unknown>
  later: (task: Call, ...args: unknown[]) => Promise<unknown>
} {
  const filename = as === 'url' ? pathToFileURL(file).href : file
  return compileFunction(CALLER, [], { filename })()
}

/** A plugin of a file, whose handlers of `<name>.call` and `<name>.later` run the task that they are given. */
function caller(meta: Meta, { generation = 1, as }: { generation?: number; as?: 'url' | 'path' } = {}): PluginRecord {
  const file = join(folder, `${meta.name}.js`)
  const helper = join(folder, meta.name, 'helper.js')
  const code = codeOf(generation === 1 ? file : helper, as)
  const register = (_app: never, { on }: PluginContext) => {
    on(`${meta.name}.call`, (task) => code.call(task as Call))
    on(`${meta.name}.later`, (task) => code.later(task as Call))
    return { generation }
  }
  return toPluginRecord(
    { PLUGIN_META: { version: '1.0.0', ...meta }, register },
    { generation, file, files: [file, helper] },
  )
}

/** Runs `task` in a handler of the plugin, which waits for it; gives what it resolved to. */
async function within(
  lifecycle: Lifecycle,
  plugin: string,
  task: Call,
  way: 'call' | 'later' = 'later',
): Promise<unknown> {
  let result: unknown
  const { failures } = await lifecycle.events.emit(`${plugin}.${way}`, async () => {
    result = await task()
  })
  if (failures.length > 0) throw failures[0]?.error
  return result
}

describe('a plugin that asks for an operation on itself', () => {
  for (const way of ['call', 'later'] as const) {
    for (const as of ['url', 'path'] as const) {
      it(`(${way}, frames by ${as}) gets the acceptance, and it is done when the plugin is idle`, async () => {
        const lifecycle = await started([caller({ name: 'self' }, { as })])
        const from = performance.now()
        const ask = (task: Call) => within(lifecycle, 'self', task, way)
        expect(await ask(() => lifecycle.reload({ restart: ['self'] }))).toMatchObject({
          outcome: 'accepted',
          members: ['self'],
        })
        const before = lifecycle.instance('self')
        await until(() => lifecycle.instance('self') !== before && lifecycle.status('self').state === 'active')
        expect(await ask(() => lifecycle.disable('self'))).toBeUndefined()
        await until(() => lifecycle.status('self').state === 'disabled')
        await lifecycle.enable('self')
        expect(await ask(() => lifecycle.enable('self'))).toBeUndefined()
        expect(await ask(() => lifecycle.unload('self'))).toBeUndefined()
        await until(() => !lifecycle.registry.has('self'))
        expect(performance.now() - from).toBeLessThan(2000)
      })
    }
  }

  it('or on what it depends on, from a file that it imports, gets the acceptance too', async () => {
    const lifecycle = await started([
      plugin({ name: 'base' }),
      caller({ name: 'user', dependencies: ['base'] }, { generation: 2 }),
    ])
    const report = await within(lifecycle, 'user', () => lifecycle.reload({ restart: ['base'] }))
    expect(report).toMatchObject({ outcome: 'accepted', members: ['base', 'user'] })
    await lifecycle.disable('base')
    expect(lifecycle.statuses().map(({ state }) => state)).toEqual(['disabled', 'blocked'])
  })

  it('gets the completion of one on plugins that do not need it', async () => {
    const lifecycle = await started([caller({ name: 'asker' }), plugin({ name: 'other' })])
    const outcome = await within(
      lifecycle,
      'asker',
      async () => (await lifecycle.reload({ restart: ['other'] })).outcome,
    )
    expect(outcome).toBe('committed')
    await within(lifecycle, 'asker', () => lifecycle.disable('other'))
    expect(lifecycle.status('other').state).toBe('disabled')
  })

  it('may ask in its setup, which the operation waits for', async () => {
    const log: string[] = []
    const file = join(folder, 'eager.js')
    const eager = toPluginRecord(
      {
        PLUGIN_META: { name: 'eager', version: '1.0.0' },
        register: () => ({
          setup: async () => {
            await codeOf(file).later(() => lifecycle.disable('eager'))
            log.push('setup')
          },
          onDisable: () => void log.push('onDisable'),
        }),
      },
      { generation: 1, file, files: [file] },
    )
    const lifecycle: Lifecycle = await started([])
    await lifecycle.add([eager])
    await until(() => lifecycle.status('eager').state === 'disabled')
    expect(log).toEqual(['setup', 'onDisable'])
  })

  it('is told by the log what went wrong with it', async () => {
    const entries: string[] = []
    const lifecycle = await started([caller({ name: 'self' })], { logger: logTo(entries) })
    const file = join(folder, 'self.js')
    const bad = plugin({ name: 'self' }, () => ({ setup: () => Promise.reject('no') }), { file })
    await within(lifecycle, 'self', () => lifecycle.reload({ set: [bad] }))
    await until(() => entries.length > 0)
    expect(entries[0]).toMatch(/^error: Could not reload, as the plugin itself asked: .*failed in setup\(\).*: no$/)
    const lacking = plugin({ name: 'self', dependencies: ['nobody'] }, undefined, { file })
    await within(lifecycle, 'self', () => lifecycle.reload({ set: [lacking] }))
    await until(() => entries.length > 1)
    expect(entries[1]).toContain('nobody')
    expect(lifecycle.status('self').state).toBe('active')
  })

  it('is refused at once where the lifecycle has been stopped', async () => {
    const lifecycle = await started([caller({ name: 'self' })])
    const gate = deferred()
    const asked = lifecycle.events.emit('self.later', async () => {
      await gate.promise
      return lifecycle.disable('self')
    })
    const stop = lifecycle.stop()
    gate.resolve()
    expect((await asked).failures).toMatchObject([{ error: { code: 'CFP_STOPPED' } }])
    await stop
  })

  it('and stops the host, does not wait for itself to end', async () => {
    const lifecycle = await started([caller({ name: 'self' })])
    const from = performance.now()
    expect(await within(lifecycle, 'self', () => lifecycle.stop())).toMatchObject({ stopped: ['self'], hung: [] })
    expect(performance.now() - from).toBeLessThan(2000)
  })

  it('without a file, which no stack can tell, ends by the bound of the drain', async () => {
    const reports: unknown[] = []
    const lifecycle = await started([
      plugin({ name: 'self' }, (_app, { on }) => {
        on('reload', async () => void reports.push(await lifecycle.reload({ restart: ['self'] })))
        return {}
      }),
    ])
    const reloading = lifecycle.events.emit('reload')
    await until(() => reports.length > 0)
    await reloading
    expect(reports).toMatchObject([{ outcome: 'rolled-back', error: { code: 'CFP_DRAIN_TIMEOUT' } }])
  })
})

describe('a lease', () => {
  it('that a plugin of the unit asks for while it drains is given at once', async () => {
    const gate = deferred()
    const lifecycle = await started([caller({ name: 'self' })])
    const leased = within(lifecycle, 'self', async () => {
      await gate.promise
      return lifecycle.use('self', (service) => (service as { generation: number }).generation)
    })
    const reload = lifecycle.reload({ restart: ['self'] })
    await until(() => lifecycle.status('self').state === 'gating')
    gate.resolve()
    expect(await leased).toBe(1)
    expect((await reload).outcome).toBe('committed')
  })
})

describe('who asks', () => {
  it('is told by code on the stack, however deep, and leaves the limit of stacks as it was', async () => {
    const { stackTraceLimit } = Error
    const lifecycle = await started([caller({ name: 'self' }), plugin({ name: 'other' })])
    const deep = (levels: number): boolean => (levels > 0 ? deep(levels - 1) : lifecycle.asksForItself(['self']))
    expect(lifecycle.asksForItself(['self'])).toBe(false)
    expect(await within(lifecycle, 'self', async () => deep(500), 'call')).toBe(true)
    expect(await within(lifecycle, 'self', async () => lifecycle.asksForItself(['other', 'nobody']), 'call')).toBe(
      false,
    )
    expect(Error.stackTraceLimit).toBe(stackTraceLimit)
  })

  it('is told where somebody has stacks as lists', async () => {
    const lifecycle = await started([caller({ name: 'self' })])
    const { prepareStackTrace } = Error
    Error.prepareStackTrace = (_error, sites) => sites
    try {
      const asked = await within(lifecycle, 'self', async () => lifecycle.asksForItself(['self']), 'call')
      expect(asked).toBe(true)
    } finally {
      Error.prepareStackTrace = prepareStackTrace
    }
  })
})

describe('operations that race', () => {
  it('run one by one, each on what the one before it left, and each ends (faults 40, 47)', async () => {
    const log: string[] = []
    const version = (generation: number) => noting(log, { name: 'a' }, { generation })
    const user = noting(log, { name: 'user', dependencies: ['a'] })
    const lifecycle = await started([version(1), user])
    const results = await Promise.allSettled([
      lifecycle.disable('a'),
      lifecycle.reload({ set: [version(2)] }),
      lifecycle.enable('a'),
      lifecycle.unload('a'),
      lifecycle.reload({ restart: ['user'] }),
      lifecycle.add([version(3)]),
      lifecycle.enable('user'),
      lifecycle.reload({ set: [version(4)] }),
      lifecycle.disable('user'),
    ])
    expect(results.map(({ status }) => status)).toEqual(results.map(() => 'fulfilled'))
    expect(lifecycle.statuses().map(({ plugin, state }) => `${plugin} ${state}`)).toEqual(['a active', 'user disabled'])
    const count = (hook: string) => log.filter((entry) => entry === hook).length
    expect(count('setup a') - count('teardown a')).toBe(1)
    expect(count('setup user') - count('teardown user')).toBe(1)
    for (const hook of ['register a', 'setup a', 'teardown a']) expect(count(hook)).toBeGreaterThan(1)
    await lifecycle.stop()
    expect(count('setup a') - count('teardown a')).toBe(0)
    expect(await rejection(lifecycle.enable('a'))).toMatchObject({ code: 'CFP_STOPPED' })
  })
})
