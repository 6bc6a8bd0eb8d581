import { once } from 'node:events'
import { createServer, get, type Server as HttpServer } from 'node:http'
import { type AddressInfo, connect, createServer as createSocketServer, type Server } from 'node:net'
import type { PluginContext, PluginInstance, PluginRecord } from '@cf-plugins/plugin-api'
import { describe, expect, it } from 'vitest'
import type { Lifecycle } from '../src/index.ts'
import { deferred, logTo, type Meta, never, plugin, rejection, started, until } from './support.ts'

/** Opens a server on a port of its own, or on the one given. */
async function listening<S extends Server>(server: S, port = 0): Promise<S> {
  server.listen(port, '127.0.0.1')
  await once(server, 'listening')
  return server
}

const portOf = (server: Server) => (server.address() as AddressInfo).port

/** Whether somebody listens on a port. */
async function answers(port: number): Promise<boolean> {
  const socket = connect(port, '127.0.0.1')
  try {
    await once(socket, 'connect')
    return true
  } catch {
    return false
  } finally {
    socket.destroy()
  }
}

/** The body of the answer to a request, on a connection of its own. */
async function request(port: number): Promise<string> {
  const [response] = await once(get({ port, host: '127.0.0.1', agent: false }), 'response')
  let body = ''
  for await (const chunk of response) body += chunk
  return body
}

/** A plugin that holds HTTP servers, one a key, and answers with its generation. */
function web(generation: number, keys: readonly string[], servers: HttpServer[], more: Partial<Extra> = {}) {
  const { meta, hooks, before } = more
  return plugin(
    { name: 'web', ...meta },
    (_app, context) => ({
      setup: async () => {
        for (const key of keys) {
          const server = await context.hold(key, () => listening(createServer()))
          if (!servers.includes(server)) servers.push(server)
          context.listen(server, 'request', (_request, response: { end(body: string): void }) =>
            response.end(`g${generation}`),
          )
        }
        await before?.(context)
      },
      ...hooks,
    }),
    { generation },
  )
}

interface Extra {
  readonly meta: Partial<Meta>
  readonly hooks: PluginInstance
  readonly before: (context: PluginContext) => unknown
}

const boom = () => {
  throw new Error('boom')
}

const STRATEGIES = ['exclusive', 'overlap'] as const

for (const strategy of STRATEGIES) {
  const meta = { reload: { strategy } }

  describe(`what a plugin has the host hold, reloaded by ${strategy}`, () => {
    it('is handed to the next generation: no request is refused, each has one answer', async () => {
      const servers: HttpServer[] = []
      const lifecycle = await started([web(1, ['http'], servers, { meta })])
      const [server] = servers as [HttpServer]
      const port = portOf(server)
      expect(await request(port)).toBe('g1')
      for (let generation = 2; generation <= 6; generation++) {
        const reload = lifecycle.reload({ set: [web(generation, ['http'], servers, { meta })] })
        const during = await Promise.all([request(port), request(port), request(port)])
        expect(await reload).toMatchObject({ outcome: 'committed', problems: [] })
        for (const answer of during) expect([`g${generation - 1}`, `g${generation}`]).toContain(answer)
        expect(await request(port)).toBe(`g${generation}`)
      }
      expect(servers).toEqual([server])
      await lifecycle.stop()
      expect(await answers(port)).toBe(false)
    })

    it('is closed once the old generation is gone, where the new one does not ask for it', async () => {
      const servers: HttpServer[] = []
      let openAtTeardown: boolean | undefined
      const hooks = {
        teardown: () => {
          openAtTeardown = servers[1]?.listening
        },
      }
      const lifecycle = await started([web(1, ['kept', 'left'], servers, { meta, hooks })])
      const report = await lifecycle.reload({ set: [web(2, ['kept'], servers, { meta })] })
      expect(report).toMatchObject({ outcome: 'committed', problems: [] })
      expect(openAtTeardown).toBe(true)
      expect(servers.map(({ listening }) => listening)).toEqual([true, false])
    })

    it('goes back to the old code after a rollback, which closes only what the failed code opened', async () => {
      const servers: HttpServer[] = []
      const lifecycle = await started([web(1, ['http'], servers, { meta })])
      const [server] = servers as [HttpServer]
      const failing = web(2, ['http', 'new'], servers, { meta, before: boom })
      expect(await lifecycle.reload({ set: [failing] })).toMatchObject({ outcome: 'rolled-back' })
      expect(servers.map(({ listening }) => listening)).toEqual([true, false])
      expect(await request(portOf(server))).toBe('g1')
      const late = web(3, ['http', 'newer'], servers, { meta, hooks: { onReload: boom } })
      expect(await lifecycle.reload({ set: [late] })).toMatchObject({ outcome: 'rolled-back' })
      expect(servers.map(({ listening }) => listening)).toEqual([true, false, false])
      expect(await request(portOf(server))).toBe('g1')
      expect((await lifecycle.reload({ set: [web(4, ['http'], servers, { meta })] })).outcome).toBe('committed')
      expect(await request(portOf(server))).toBe('g4')
      expect(servers).toHaveLength(3)
    })

    it('frees its key where open fails, also for the generation after', async () => {
      const record = (generation: number, open: () => Promise<Server>) =>
        plugin({ name: 'a', ...meta }, (_app, { hold }) => ({ setup: () => hold('key', open).then(() => {}) }), {
          generation,
        })
      const lifecycle = await started([plugin({ name: 'a', ...meta })])
      const failed = await lifecycle.reload({ set: [record(2, () => Promise.reject(new Error('no port')))] })
      expect(failed).toMatchObject({ outcome: 'rolled-back', error: { code: 'CFP_SETUP_FAILED' } })
      expect(failed.error?.message).toContain('no port')
      const thrown = await lifecycle.reload({ set: [record(3, boom)] })
      expect(thrown).toMatchObject({ outcome: 'rolled-back', error: { code: 'CFP_SETUP_FAILED' } })
      const server = createSocketServer()
      expect((await lifecycle.reload({ set: [record(4, () => listening(server))] })).outcome).toBe('committed')
      await lifecycle.stop()
      expect(server.listening).toBe(false)
    })

    it('is closed when it arrives too late, and its key is free until then', async () => {
      const arrival = deferred<Server>()
      const late = createSocketServer()
      const server = createSocketServer()
      let told: unknown
      const record = (generation: number, open: () => Promise<Server>) =>
        plugin(
          { name: 'a', timeouts: { setupMs: 50 }, ...meta },
          (_app, { hold }) => ({
            setup: async () => {
              await hold('key', open).catch((error: unknown) => {
                told = error
                throw error
              })
            },
          }),
          { generation },
        )
      const lifecycle = await started([plugin({ name: 'a', ...meta })])
      const report = await lifecycle.reload({ set: [record(2, () => arrival.promise)] })
      expect(report).toMatchObject({ outcome: 'rolled-back', error: { code: 'CFP_SETUP_TIMEOUT' } })
      expect(told).toMatchObject({ code: 'CFP_GENERATION_RETIRED' })
      expect((await lifecycle.reload({ set: [record(3, () => listening(server))] })).outcome).toBe('committed')
      arrival.resolve(await listening(late))
      await until(() => !late.listening)
      expect(server.listening).toBe(true)
    })
  })
}

/** A plugin that holds one thing, whose ends are noted. */
function holding(log: string[], meta: Meta, extra: (context: PluginContext) => PluginInstance = () => ({})) {
  return plugin(meta, (_app, context) => ({
    setup: async () => {
      await context.hold(`${meta.name}:1`, () => thing(log, `${meta.name}:1`))
      await context.hold(`${meta.name}:2`, () => thing(log, `${meta.name}:2`))
    },
    ...extra(context),
  }))
}

const thing = (log: string[], name: string) => ({ [Symbol.dispose]: () => void log.push(`closed ${name}`) })

describe('hold', () => {
  it('gives one generation the same thing for the same key, opened once, also while it opens', async () => {
    let opened = 0
    let things: unknown[] = []
    const record = plugin({ name: 'a' }, (_app, { hold }) => ({
      setup: async () => {
        const open = async () => {
          opened++
          return { close: () => {} }
        }
        things = await Promise.all([hold('key', open), hold('key', open)])
        things.push(await hold('key', open))
      },
    }))
    await started([record])
    expect(opened).toBe(1)
    expect(new Set(things).size).toBe(1)
  })

  it('refuses a key of another plugin, and says whose it is', async () => {
    let error: unknown
    const log: string[] = []
    const lifecycle = await started([
      holding(log, { name: 'a' }),
      plugin({ name: 'b', dependencies: ['a'] }, (_app, { hold }) => ({
        setup: async () => {
          error = await rejection(hold('a:1', () => thing(log, 'stolen')))
        },
      })),
    ])
    expect(error).toMatchObject({ code: 'CFP_HOLD_TAKEN', plugin: 'b' })
    expect((error as Error).message).toContain('plugin "a"')
    await lifecycle.unload('b')
    expect(log).toEqual([])
  })

  it('opens anew in the same generation where the first try failed', async () => {
    const log: string[] = []
    const lifecycle = await started([
      plugin({ name: 'a' }, (_app, { hold }) => ({
        setup: async () => {
          await rejection(hold('key', () => Promise.reject(new Error('not yet'))))
          await hold('key', () => thing(log, 'key'))
        },
      })),
    ])
    expect(lifecycle.status('a').state).toBe('active')
    await lifecycle.unload('a')
    expect(log).toEqual(['closed key'])
  })

  it('that nobody waits for ends with its plugin, and without a stray rejection', async () => {
    const strays: unknown[] = []
    const note = (error: unknown) => void strays.push(error)
    process.on('unhandledRejection', note)
    const lifecycle = await started([
      plugin({ name: 'a' }, (_app, { hold }) => {
        void hold('key', never)
        return {}
      }),
    ])
    await lifecycle.unload('a')
    // Node tells them after the tick in which nobody took them.
    await new Promise(setImmediate)
    process.off('unhandledRejection', note)
    expect(strays).toEqual([])
  })

  it('gives a key that its plugin has let go to whoever asks first', async () => {
    const log: string[] = []
    const lifecycle = await started([holding(log, { name: 'a' })])
    await lifecycle.unload('a')
    let error: unknown
    const other = plugin({ name: 'b' }, (_app, { hold }) => ({
      setup: async () => {
        await hold('a:1', () => thing(log, 'b')).catch((thrown: unknown) => {
          error = thrown
        })
      },
    }))
    await lifecycle.add([other])
    expect(error).toBeUndefined()
  })

  it('closes all of it, the last opened first, when its plugin is unloaded or stopped', async () => {
    const log: string[] = []
    const lifecycle = await started([holding(log, { name: 'a' }), holding(log, { name: 'b', dependencies: ['a'] })])
    await lifecycle.unload('b')
    expect(log).toEqual(['closed b:2', 'closed b:1'])
    await lifecycle.stop()
    expect(log.slice(2)).toEqual(['closed a:2', 'closed a:1'])
  })

  it('closes all of it at disabling, of dependents too, and lets onEnable hold again', async () => {
    const log: string[] = []
    const again = ({ hold }: PluginContext) => ({
      onEnable: async () => {
        await hold('a:1', () => thing(log, 'a:1 again'))
      },
    })
    const lifecycle = await started([
      holding(log, { name: 'a' }, again),
      holding(log, { name: 'b', dependencies: ['a'] }),
    ])
    await lifecycle.disable('a')
    expect(log).toEqual(['closed b:2', 'closed b:1', 'closed a:2', 'closed a:1'])
    log.length = 0
    await lifecycle.enable('a')
    expect(log).toEqual([])
    await lifecycle.disable('a')
    expect(log).toEqual(['closed a:1 again'])
  })

  it('closes what an onEnable that fails had opened', async () => {
    const log: string[] = []
    const failing = ({ hold }: PluginContext) => ({
      onEnable: async () => {
        await hold('new', () => thing(log, 'new'))
        throw new Error('no')
      },
    })
    const lifecycle = await started([holding(log, { name: 'a' }, failing)])
    await lifecycle.disable('a')
    log.length = 0
    await rejection(lifecycle.enable('a'))
    expect(log).toEqual(['closed new'])
  })

  it('closes what a start that fails had opened', async () => {
    const log: string[] = []
    await started([
      plugin({ name: 'a' }, (_app, { hold }) => ({
        setup: async () => {
          await hold('key', () => thing(log, 'key'))
          throw new Error('no')
        },
      })),
    ])
    expect(log).toEqual(['closed key'])
  })

  it('closes all of it where neither version comes up, and the next good one opens it anew', async () => {
    const log: string[] = []
    let starts = 0
    const fragile = plugin({ name: 'a' }, (_app, { hold }) => ({
      setup: async () => {
        await hold('key', () => thing(log, 'key'))
        if (++starts > 1) throw new Error('not twice')
      },
    }))
    const lifecycle = await started([fragile])
    expect((await lifecycle.reload({ restart: ['a'] })).outcome).toBe('failed')
    expect(log).toEqual(['closed key'])
    expect((await lifecycle.reload({ set: [holding(log, { name: 'a' })] })).outcome).toBe('committed')
  })

  it('hands over what the teardown of the old generation might still use', async () => {
    const log: string[] = []
    const lifecycle = await started([
      holding(log, { name: 'a' }, () => ({ teardown: () => void log.push('teardown') })),
    ])
    await lifecycle.reload({ restart: ['a'] })
    expect(log).toEqual(['teardown'])
    await lifecycle.stop()
    expect(log).toEqual(['teardown', 'teardown', 'closed a:2', 'closed a:1'])
  })

  it('closes by force the connections of a server that outlast the bound', async () => {
    const servers: HttpServer[] = []
    const meta = { timeouts: { teardownMs: 100 } }
    const lifecycle = await started([
      plugin({ name: 'web', ...meta }, (_app, { hold }) => ({
        setup: async () => {
          servers.push(await hold('http', () => listening(createServer())))
        },
      })),
    ])
    const hanging = get({ port: portOf(servers[0] as HttpServer), host: '127.0.0.1', agent: false })
    const ended = new Promise((resolve) => hanging.on('error', resolve))
    await once(servers[0] as HttpServer, 'request')
    expect(await lifecycle.stop()).toMatchObject({ stopped: ['web'], problems: [] })
    await ended
  })

  it('tells what could not be closed, closes the rest, and never rolls back for it', async () => {
    const log: string[] = []
    const entries: string[] = []
    const open = (close: () => unknown) => () => ({ close })
    const record = plugin({ name: 'a', timeouts: { teardownMs: 50 } }, (_app, { hold }) => ({
      setup: async () => {
        await hold('first', () => thing(log, 'first'))
        await hold('throws', open(boom))
        await hold('hangs', open(never))
      },
    }))
    const lifecycle = await started([record], { logger: logTo(entries) })
    const report = await lifecycle.reload({ set: [plugin({ name: 'a' })] })
    expect(report).toMatchObject({ outcome: 'committed' })
    expect(report.problems.map(({ code }) => code)).toEqual(['CFP_RELEASE_FAILED', 'CFP_RELEASE_FAILED'])
    expect(report.problems.map(({ message }) => message)).toEqual([
      expect.stringMatching(/"hangs", which could not be closed: it did not close in time/),
      expect.stringMatching(/"throws", which could not be closed: boom/),
    ])
    expect(log).toEqual(['closed first'])
  })

  it('refuses what it cannot use: no key, no function, a thing that has no end, a generation that is over', async () => {
    const errors: unknown[] = []
    let held: PluginContext['hold'] | undefined
    const tried = async (task: () => unknown) => {
      try {
        await task()
      } catch (error) {
        errors.push((error as { code?: string }).code)
      }
    }
    const record: PluginRecord = plugin({ name: 'a' }, (_app, { hold }) => ({
      setup: async () => {
        held = hold
        await tried(() => hold('', () => thing([], '')))
        await tried(() => hold('key', 'open' as never))
        await tried(() => hold('key', () => 17 as never))
      },
      teardown: () => tried(() => hold('key', () => thing([], ''))),
    }))
    const lifecycle = await started([record])
    await lifecycle.unload('a')
    await tried(() => held?.('key', () => thing([], '')))
    expect(errors).toEqual([
      'CFP_CONTEXT_ARGUMENT',
      'CFP_CONTEXT_ARGUMENT',
      'CFP_CONTEXT_ARGUMENT',
      'CFP_GENERATION_RETIRED',
      'CFP_GENERATION_RETIRED',
    ])
  })

  it('takes what has an async end, and waits for it', async () => {
    const log: string[] = []
    const end = deferred()
    const lifecycle = await started([
      plugin({ name: 'a' }, (_app, { hold }) => ({
        setup: async () => {
          await hold('key', () => ({
            [Symbol.asyncDispose]: async () => {
              await end.promise
              log.push('ended')
            },
          }))
        },
      })),
    ])
    const stop = lifecycle.stop()
    end.resolve()
    await stop
    expect(log).toEqual(['ended'])
  })

  it('is one table a lifecycle', async () => {
    const log: string[] = []
    const [one, other] = [await started([holding(log, { name: 'a' })]), await started([holding(log, { name: 'a' })])]
    await (one as Lifecycle).unload('a')
    expect(log).toHaveLength(2)
    expect(other.status('a').state).toBe('active')
  })
})
