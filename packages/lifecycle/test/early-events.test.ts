import { EventEmitter, once } from 'node:events'
import { createServer, get, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { PluginContext } from '@cf-plugins/plugin-api'
import { describe, expect, it } from 'vitest'
import { deferred, lifecycleOf, logTo, type Meta, plugin, rejection, sleep, started, until } from './support.ts'

async function listening(server: Server = createServer()): Promise<Server> {
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return server
}

async function request(server: Server, path = '/'): Promise<string> {
  const { port } = server.address() as AddressInfo
  const [response] = await once(get({ port, path, host: '127.0.0.1', agent: false }), 'response')
  let body = ''
  for await (const chunk of response) body += chunk
  return body
}

interface Response {
  end(body: string): void
}

/** Sends requests one after another, each on a connection of its own and one heard before the next, until `isEnough`. */
async function requests(server: Server, count: number): Promise<{ readonly answers: Promise<string[]> }> {
  const answers: Promise<string>[] = []
  for (let each = 0; each < count; each++) {
    const heard = once(server, 'request')
    const answer = request(server, `/${each}`)
    answer.catch(() => {})
    answers.push(answer)
    await heard
  }
  return { answers: Promise.all(answers) }
}

/** A plugin whose server is open while its setup goes on; tells each server, and notes the paths in order. */
function slowWeb(
  generation: number,
  { meta, key = 'http', opened, during, seen = [] }: Slow,
  hooks: (context: PluginContext) => object = () => ({}),
) {
  return plugin(
    { name: 'web', ...meta },
    (_app, context) => ({
      setup: async () => {
        const server = await context.hold(key, () => listening())
        context.listen(server, 'request', ({ url }: { url: string }, response: Response) => {
          seen.push(url)
          response.end(`g${generation}`)
        })
        opened?.(server)
        await during?.()
      },
      ...hooks(context),
    }),
    { generation },
  )
}

interface Slow {
  readonly meta?: Partial<Meta>
  readonly key?: string
  readonly opened?: (server: Server) => void
  readonly during?: () => unknown
  readonly seen?: string[]
}

describe('requests to a server that a plugin opened in its setup', () => {
  it('wait until the plugin is active, at a start, and are answered once each, in order', async () => {
    const opened = deferred<Server>()
    const seen: string[] = []
    const lifecycle = lifecycleOf([slowWeb(1, { opened: opened.resolve, during: () => sleep(300), seen })])
    const start = lifecycle.start()
    const server = await opened.promise
    const { answers } = await requests(server, 20)
    expect(lifecycle.status('web').state).toBe('starting')
    expect(seen).toEqual([])
    await start
    expect(await answers).toEqual(Array(20).fill('g1'))
    expect(seen).toEqual(Array.from({ length: 20 }, (_, each) => `/${each}`))
    expect(await request(server)).toBe('g1')
    expect(server.listenerCount('request')).toBe(1)
  })

  for (const strategy of ['exclusive', 'overlap'] as const) {
    const meta = { reload: { strategy } }

    it(`wait for the commit of a reload by ${strategy} that opens it under a new key`, async () => {
      const first = deferred<Server>()
      const lifecycle = await started([slowWeb(1, { meta, opened: first.resolve })])
      const old = await first.promise
      const opened = deferred<Server>()
      const setUp = deferred()
      const seen: string[] = []
      const next = slowWeb(2, { meta, key: 'new', opened: opened.resolve, during: () => setUp.promise, seen })
      const reload = lifecycle.reload({ set: [next] })
      const server = await opened.promise
      const { answers } = await requests(server, 5)
      if (strategy === 'overlap') expect(await request(old)).toBe('g1')
      expect(seen).toEqual([])
      setUp.resolve()
      expect(await reload).toMatchObject({ outcome: 'committed', strategy, problems: [] })
      expect(await answers).toEqual(Array(5).fill('g2'))
      expect(seen).toEqual(['/0', '/1', '/2', '/3', '/4'])
      expect(await request(server)).toBe('g2')
    })

    it(`are answered once, by the old or the new code, where a reload by ${strategy} hands the server over`, async () => {
      const first = deferred<Server>()
      const seen: string[] = []
      const lifecycle = await started([slowWeb(1, { meta, opened: first.resolve, seen })])
      const server = await first.promise
      const staged = deferred()
      const setUp = deferred()
      const next = slowWeb(2, { meta, opened: () => staged.resolve(), during: () => setUp.promise, seen })
      const reload = lifecycle.reload({ set: [next] })
      await staged.promise
      const { answers } = await requests(server, 5)
      setUp.resolve()
      await reload
      expect(await answers).toEqual(Array(5).fill(strategy === 'overlap' ? 'g1' : 'g2'))
      expect(seen).toHaveLength(5)
    })

    it(`are cut at once, and told to the log, where a reload by ${strategy} fails`, async () => {
      const entries: string[] = []
      const lifecycle = await started([slowWeb(1, { meta })], { logger: logTo(entries) })
      const opened = deferred<Server>()
      const setUp = deferred()
      const next = slowWeb(2, { meta, key: 'new', opened: opened.resolve, during: () => setUp.promise })
      const reload = lifecycle.reload({ set: [next] })
      const server = await opened.promise
      const { answers } = await requests(server, 3)
      const cut = rejection(answers)
      setUp.reject(new Error('boom'))
      const report = await reload
      expect(report).toMatchObject({ outcome: 'rolled-back', problems: [] })
      expect(await cut).toMatchObject({ code: 'ECONNRESET' })
      expect(server.listening).toBe(false)
      expect(entries.filter((entry) => entry.includes('3 events waited for it'))).toHaveLength(1)
      // Closing by force takes teardownMs, which is 5000.
      expect(report.phases.find(({ phase }) => phase === 'rollback')?.durationMs).toBeLessThan(3000)
    })
  }

  it('are cut where the start fails, those that come while it is ended among them', async () => {
    const entries: string[] = []
    const opened = deferred<Server>()
    const setUp = deferred()
    const ending = deferred()
    const torn = deferred()
    const record = slowWeb(1, { opened: opened.resolve, during: () => setUp.promise }, () => ({
      teardown: () => {
        ending.resolve()
        return torn.promise
      },
    }))
    const lifecycle = lifecycleOf([record], { logger: logTo(entries) })
    const start = lifecycle.start()
    const server = await opened.promise
    const { answers } = await requests(server, 1)
    const cut = rejection(answers)
    setUp.reject(new Error('boom'))
    await ending.promise
    expect(await cut).toMatchObject({ code: 'ECONNRESET' })
    expect(await rejection(request(server))).toMatchObject({ code: 'ECONNRESET' })
    torn.resolve()
    expect((await start).failed).toMatchObject([{ plugin: 'web', error: { code: 'CFP_SETUP_FAILED' } }])
    expect(server.listening).toBe(false)
    expect(server.listenerCount('request')).toBe(0)
    expect(entries.filter((entry) => entry.includes('did not become active while an event waited'))).toHaveLength(1)
  })

  it('wait for a plugin that is switched on again', async () => {
    const servers: Server[] = []
    const enabling = deferred()
    const record = slowWeb(1, {}, ({ hold, listen }) => ({
      onEnable: async () => {
        const server = await hold('http', () => listening())
        listen(server, 'request', (_request, response: Response) => response.end('again'))
        servers.push(server)
        await enabling.promise
      },
    }))
    const lifecycle = await started([record])
    await lifecycle.disable('web')
    const enable = lifecycle.enable('web')
    await until(() => servers.length === 1)
    const { answers } = await requests(servers[0] as Server, 2)
    enabling.resolve()
    await enable
    expect(await answers).toEqual(['again', 'again'])
  })

  it('are refused, each told, where a thousand wait already', async () => {
    const errors: string[] = []
    let heard = 0
    const setUp = deferred()
    const server = Object.assign(new EventEmitter(), { close: () => {} })
    const record = plugin({ name: 'a' }, (_app, { hold, listen }) => ({
      setup: async () => {
        await hold('key', () => server)
        listen(server, 'tick', () => void heard++)
        await setUp.promise
      },
    }))
    const lifecycle = lifecycleOf([record], { logger: logTo(errors) })
    const start = lifecycle.start()
    await until(() => server.listenerCount('tick') > 0)
    for (let each = 0; each < 1002; each++) server.emit('tick')
    expect(errors.filter((entry) => entry.includes('1000 events wait for it already'))).toHaveLength(2)
    setUp.resolve()
    await start
    expect(heard).toBe(1000)
  })

  it('reach nobody who took the listener back', async () => {
    let heard = 0
    const server = Object.assign(new EventEmitter(), { close: () => {} })
    const record = plugin({ name: 'a' }, (_app, { hold, listen }) => ({
      setup: async () => {
        await hold('key', () => server)
        const undo = listen(server, 'tick', () => void heard++)
        server.emit('tick')
        undo()
        server.emit('tick')
      },
    }))
    await started([record])
    server.emit('tick')
    expect(heard).toBe(0)
    expect(server.listenerCount('tick')).toBe(0)
  })
})
