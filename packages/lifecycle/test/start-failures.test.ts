import { resolve } from 'node:path'
import { PluginError } from '@cf-plugins/plugin-api'
import { describe, expect, it } from 'vitest'
import { deferred, lifecycleOf, logTo, never, noting, plugin, rejection, started, until } from './support.ts'

const refused = Object.assign(new Error('connect ECONNREFUSED 127.0.0.1:5432'), { code: 'ECONNREFUSED' })

describe('a plugin that fails to start', () => {
  const ways = {
    'throws in register': () => {
      throw refused
    },
    'rejects in register': () => Promise.reject(refused),
    'throws in setup': () => ({
      setup: () => {
        throw refused
      },
    }),
    'rejects in setup': () => ({ setup: () => Promise.reject(refused) }),
  }
  for (const [way, register] of Object.entries(ways)) {
    it(`and ${way} blocks who needs it, says why in words, and leaves others alone`, async () => {
      const hook = way.split(' ').at(-1)
      const log: string[] = []
      const lifecycle = lifecycleOf([
        plugin({ name: 'database' }, register, { generation: 3, file: resolve('plugins/database.ts') }),
        noting(log, { name: 'billing', dependencies: ['database'] }),
        noting(log, { name: 'reports', dependencies: ['billing'] }),
        noting(log, { name: 'other' }),
      ])
      const { active, failed } = await lifecycle.start()
      expect(active).toEqual(['other'])
      expect(log).toEqual(['register other', 'setup other'])
      const [database, billing, reports] = failed
      expect(failed.map(({ plugin, state }) => `${plugin} ${state}`)).toEqual([
        'database failed',
        'billing blocked',
        'reports blocked',
      ])
      expect(database?.error).toMatchObject({
        code: hook === 'setup' ? 'CFP_SETUP_FAILED' : 'CFP_REGISTER_FAILED',
        message: `Plugin "database" failed in ${hook}() (plugins/database.ts): connect ECONNREFUSED 127.0.0.1:5432`,
        plugin: 'database',
        phase: hook,
        file: resolve('plugins/database.ts'),
        generation: 3,
        cause: refused,
      })
      expect(`${billing?.error}`).toBe(
        `PluginError [CFP_DEPENDENCY_FAILED]: Plugin "billing" was not started: it needs "database", which failed in ${hook}(): connect ECONNREFUSED 127.0.0.1:5432`,
      )
      expect(reports?.error.message).toBe(
        `Plugin "reports" was not started: it needs "billing", which was not started: it needs "database", which failed in ${hook}(): connect ECONNREFUSED 127.0.0.1:5432`,
      )
      expect(lifecycle.explain('reports').rootCause).toMatchObject({ plugin: 'database', state: 'failed' })
    })
  }

  it('and hangs in setup is given up at its deadline, in words that say what to do', async () => {
    const lifecycle = lifecycleOf([
      plugin({ name: 'reports', timeouts: { setupMs: 20 } }, () => ({ setup: never }), {
        file: resolve('plugins/reports.ts'),
      }),
      plugin({ name: 'user', dependencies: ['reports'] }),
    ])
    const { failed } = await lifecycle.start()
    expect(`${failed[0]?.error}`).toBe(
      'PluginError [CFP_SETUP_TIMEOUT]: Plugin "reports" did not finish setup() within 20 ms (plugins/reports.ts). Raise timeouts.setupMs in its PLUGIN_META, or move the work out of setup().',
    )
    expect(failed[1]?.error.code).toBe('CFP_DEPENDENCY_FAILED')
  })

  it('is told with its whole path where that leaves the working directory', async () => {
    const file = resolve('../elsewhere/plugins/database.ts')
    const { failed } = await lifecycleOf([
      plugin({ name: 'database' }, () => Promise.reject(refused), { file }),
    ]).start()
    expect(failed[0]?.error.message).toContain(`failed in register() (${file}): connect`)
  })

  it('and hangs in register is given up at the deadline of the host, in seconds where it has some', async () => {
    const lifecycle = lifecycleOf([plugin({ name: 'slow' }, never)], { timeouts: { registerMs: 1000 } })
    const { failed } = await lifecycle.start()
    expect(failed[0]?.error.code).toBe('CFP_REGISTER_TIMEOUT')
    expect(failed[0]?.error.message).toContain('did not finish register() within 1 s.')
  })

  it('and returns no instance is told what to return', async () => {
    for (const result of [undefined, null, 1, 'x']) {
      const lifecycle = lifecycleOf([plugin({ name: 'a' }, () => result as never)])
      const { failed } = await lifecycle.start()
      expect(failed[0]?.error).toMatchObject({ code: 'CFP_REGISTER_RESULT', plugin: 'a', phase: 'register' })
    }
  })

  it('and let an error of another plugin through has one of its own, with that as the cause', async () => {
    const cause = new PluginError('CFP_NOT_ACTIVE', 'Plugin "other" is not active.', { plugin: 'other' })
    const lifecycle = lifecycleOf([plugin({ name: 'a' }, () => ({ setup: () => Promise.reject(cause) }))])
    const { failed } = await lifecycle.start()
    expect(failed[0]?.error).toMatchObject({ code: 'CFP_SETUP_FAILED', plugin: 'a', cause })
  })

  it('and throws what is no error at all is told as well as it can be', async () => {
    const thrown = { toString: null }
    const lifecycle = lifecycleOf([plugin({ name: 'a' }, () => ({ setup: () => Promise.reject(thrown) }))])
    const { failed } = await lifecycle.start()
    expect(failed[0]?.error).toMatchObject({ code: 'CFP_SETUP_FAILED', cause: thrown })
  })

  it('is tried again by the next start, and whoever waited for it with it', async () => {
    let broken = true
    const setup = async () => {
      if (broken) throw new Error('not yet')
    }
    const lifecycle = lifecycleOf([
      plugin({ name: 'a' }, () => ({ setup })),
      plugin({ name: 'b', dependencies: ['a'] }),
    ])
    expect((await lifecycle.start()).active).toEqual([])
    broken = false
    expect((await lifecycle.start()).active).toEqual(['a', 'b'])
  })

  it('with a bad configuration hears of every problem, and is not registered', async () => {
    const config = {
      '~standard': {
        version: 1 as const,
        vendor: 'test',
        validate: (value: unknown) =>
          (value as { ok?: boolean }).ok
            ? { value: { ttl: 300 } }
            : {
                issues: [
                  { message: 'must be there', path: ['ok'] },
                  { message: 'is odd', path: [{ key: 'a' }, 0] },
                ],
              },
      },
    }
    const seen: unknown[] = []
    const record = plugin({ name: 'cache', config }, (_app, context) => {
      seen.push(context.config)
      return {}
    })
    const bad = await lifecycleOf([record]).start()
    expect(bad.failed[0]?.error).toMatchObject({
      code: 'CFP_CONFIG_INVALID',
      message:
        'The configuration of plugin "cache" does not match its schema: cache.ok: must be there; cache.a.0: is odd.',
      issues: [
        { path: 'ok', message: 'must be there' },
        { path: 'a.0', message: 'is odd' },
      ],
    })
    await started([record], { configOf: (name) => (name === 'cache' ? { ok: true } : undefined) })
    expect(seen).toEqual([{ ttl: 300 }])
  })
})

describe('what a failed start leaves', () => {
  it('is nothing: no handler, service, timer, listener, owned thing, addition to the app or publish (fault 36)', async () => {
    const log: string[] = []
    const emitter = new EventTarget()
    const lifecycle = lifecycleOf(
      [
        plugin({ name: 'half', provides: ['part'] }, (_app, context) => ({
          setup: async () => {
            context.on('event', () => void log.push('event'))
            context.hooks.on('hook', () => log.push('hook'))
            context.provide('part', {})
            context.every(1, () => log.push('every'))
            context.after(1, () => log.push('after'))
            context.listen(emitter, 'heard', () => log.push('heard'))
            context.own(() => void log.push('released'))
            context.publish('event')
            throw new Error('half-way')
          },
          teardown: () => void log.push('teardown'),
        })),
      ],
      {},
    )
    lifecycle.events.on('event', () => void log.push('published'))
    await lifecycle.start()
    await lifecycle.events.emit('event')
    expect(await lifecycle.hooks.call('hook')).toEqual([])
    emitter.dispatchEvent(new Event('heard'))
    await new Promise((resolve) => setTimeout(resolve, 10))
    expect(lifecycle.registry.services.names()).toEqual([])
    expect(log).toEqual(['teardown', 'released', 'published'])
  })

  it('is a fence: a setup that wakes after its deadline can do nothing, and its late failure hurts nobody (fault 37)', async () => {
    const wake = deferred()
    const late: string[] = []
    const lifecycle = await started([
      plugin({ name: 'sleeper', timeouts: { setupMs: 10 } }, (_app, context) => {
        const { on, emit, publish, every, inject, own, hooks, provide, listen, after } = context
        return {
          setup: async () => {
            await wake.promise
            const uses = [
              () => on('x', () => {}),
              () => publish('x'),
              () => every(1, () => {}),
              () => after(1, () => {}),
              () => inject('x', { optional: true }),
              () => own(() => {}),
              () => hooks.on('x', () => {}),
              () => provide('x', 1),
              () => listen(new EventTarget(), 'x', () => {}),
            ]
            for (const use of uses) {
              try {
                use()
                late.push('allowed')
              } catch (error) {
                late.push((error as PluginError).code)
              }
            }
            late.push((await rejection(emit('x'))).code ?? '')
            throw new Error('nobody hears this')
          },
        }
      }),
    ])
    expect(lifecycle.status('sleeper').error?.code).toBe('CFP_SETUP_TIMEOUT')
    wake.resolve()
    await until(() => late.length === 10)
    expect(new Set(late)).toEqual(new Set(['CFP_GENERATION_RETIRED']))
    expect(lifecycle.events.listeners('x')).toEqual([])
  })

  it('calls teardown once where setup began, and not where it did not', async () => {
    const log: string[] = []
    const teardown = (name: string) => () => void log.push(name)
    await started([
      plugin({ name: 'began' }, () => ({ setup: () => Promise.reject(new Error('no')), teardown: teardown('began') })),
      plugin({ name: 'bad', events: [] }, () =>
        Promise.reject(Object.assign(new Error(), { teardown: teardown('bad') })),
      ),
    ])
    expect(log).toEqual(['began'])
  })

  it('is told to the log where it could not be released', async () => {
    const entries: string[] = []
    const record = plugin({ name: 'a' }, (_app, { own }) => {
      own(() => {
        throw new Error('stuck')
      })
      throw new Error('no')
    })
    await started([record], { logger: logTo(entries) })
    expect(entries).toEqual(['warn: Plugin "a" owned something that could not be released: stuck.'])
  })
})

describe("a plugin with onFailure: 'abort'", () => {
  it('takes the start back when it fails: what had started is stopped, what runs is not waited for', async () => {
    const log: string[] = []
    const lifecycle = lifecycleOf([
      noting(log, { name: 'up' }),
      plugin({ name: 'hung' }, () => ({ setup: never })),
      plugin({ name: 'vital', onFailure: 'abort' }, () => ({ setup: () => Promise.reject(new Error('no disk')) })),
    ])
    const error = await rejection(lifecycle.start())
    expect(error).toMatchObject({ code: 'CFP_START_ABORTED', plugin: 'vital' })
    expect(error.message).toContain('no disk')
    expect(log).toEqual(['register up', 'setup up', 'teardown up'])
    expect(lifecycle.status('up').state).toBe('stopped')
  })

  it('takes it back when something that it needs fails, or is missing', async () => {
    const vital = plugin({ name: 'vital', onFailure: 'abort', dependencies: ['db'] })
    const broken = plugin({ name: 'db' }, () => Promise.reject(new Error('down')))
    expect(await rejection(lifecycleOf([broken, vital]).start())).toMatchObject({ code: 'CFP_START_ABORTED' })
    expect(await rejection(lifecycleOf([vital]).start())).toMatchObject({ code: 'CFP_START_ABORTED' })
  })

  it('fails like any other when it is added to a host that runs', async () => {
    const lifecycle = await started([plugin({ name: 'up' })])
    const { active, failed } = await lifecycle.add([
      plugin({ name: 'vital', onFailure: 'abort' }, () => Promise.reject(new Error('no'))),
    ])
    expect(active).toEqual(['up'])
    expect(failed[0]?.plugin).toBe('vital')
  })
})
