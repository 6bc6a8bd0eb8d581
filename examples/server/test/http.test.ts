import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { rm } from 'node:fs/promises'
import { Agent, get, type IncomingMessage, request } from 'node:http'
import type { AddressInfo } from 'node:net'
import { createServer } from 'node:net'
import { describe, expect, it, onTestFinished, vi } from 'vitest'
import { Asking } from './asking.ts'
import { type ServerProcess, type ServerProcessOptions, serverForTest, spawnServer } from './server-process.ts'

const WORDS = `import { definePlugin } from './_shared/plugin.ts'
import { word } from './_word.ts'

export default definePlugin({
  name: 'words',
  version: '1.0.0',
  async setup({ app, after }) {
    app.get('/word', {}, () => ({ body: word }))
    app.post('/echo', {}, async (exchange) => ({ body: await exchange.text() }))
    app.get('/slow/:ms', {}, async ({ params }) => {
      await new Promise((resolve) => setTimeout(resolve, Number(params.ms)))
      return { body: 'slow' }
    })
    app.post('/stray', {}, () => void setTimeout(() => { throw new Error('astray') }, 1))
  },
})
`
const LATE = `import { definePlugin } from './_shared/plugin.ts'

export default definePlugin({
  name: 'late',
  version: '1.0.0',
  setup: ({ app }) => void app.get('/late', {}, () => ({ body: 'better late' })),
})
`
const FILES = { 'words.ts': WORDS, '_word.ts': `export const word = 'one'\n` }

/** The plugin http, and one with routes. */
const served = (options: ServerProcessOptions = {}) =>
  serverForTest({ only: ['http'], config: configOf(), ...options, files: { ...FILES, ...options.files } })

const textOf = async (url: string, init?: RequestInit) => (await fetch(url, init)).text()

/** Waits until a path answers so. */
const answers = ({ url }: { readonly url: string }, path: string, text: string) =>
  vi.waitFor(async () => expect(await textOf(`${url}${path}`)).toBe(text), { timeout: 10_000, interval: 20 })

describe('a server', () => {
  it('says what is up, where it can be opened, and what can be edited', async () => {
    const server = await served()
    expect(server.text()).toMatch(/ +http +.*█.* \d/)
    expect(server.text()).toContain('2 active in')
    expect(server.text()).toMatch(/^Open +http:\/\/127\.0\.0\.1:\d+$/m)
    expect(server.text()).toMatch(/^Edit +plugins while it runs$/m)
    expect(await textOf(`${server.url}/word`)).toBe('one')
  })

  it('answers all requests while a plugin and its helper are edited, and then by the new code', async () => {
    const server = await served()
    const asking = Asking.start(`${server.url}/word`)
    for (const word of ['two', 'three', 'four', 'five']) {
      await server.write('plugins/_word.ts', `export const word = '${word}'\n`)
      await answers(server, '/word', word)
    }
    await server.edit('plugins/words.ts', 'body: word', 'body: "the " + word')
    await answers(server, '/word', 'the five')
    const { failed, answered } = await asking.stop()
    expect(failed).toEqual([])
    expect(answered).toBeGreaterThan(20)
    await server.written(/reloaded words/)
  })

  it('answers all requests while the plugin that listens is edited, on the same connections', async () => {
    const server = await served()
    const asking = Asking.start(`${server.url}/word`)
    for (let version = 1; version <= 5; version++) {
      await server.edit('plugins/http.ts', `version: '1.0.${version - 1}'`, `version: '1.0.${version}'`)
      await vi.waitFor(() => expect(server.text().match(/reloaded http/g)).toHaveLength(version), { timeout: 10_000 })
    }
    const { failed, connections } = await asking.stop()
    expect(failed).toEqual([])
    expect(connections).toBe(Asking.CLIENTS)
  })

  it('goes on with the old code where an edit is no good, and says why', async () => {
    const server = await served()
    const asking = Asking.start(`${server.url}/word`)
    await server.write('plugins/_word.ts', `export const word = \n`)
    await server.written(/not reloaded words/)
    await server.edit(
      'plugins/words.ts',
      'async setup({ app, after }) {',
      'async setup({ app, after }) { throw new Error(word)',
    )
    await server.write('plugins/_word.ts', `export const word = 'no setup'\n`)
    await server.written(/rolled back words/)
    await server.edit('plugins/words.ts', 'throw new Error(word)', '')
    await answers(server, '/word', 'no setup')
    expect((await asking.stop()).failed).toEqual([])
  })

  it('moves to another port when its configuration is edited, and what was under way is answered', async () => {
    const server = await served()
    const free = await freePort()
    const slow = textOf(`${server.url}/slow/700`)
    await server.write('plugins.yaml', configOf(free))
    const moved = { url: `http://127.0.0.1:${free}` }
    await answers(moved, '/word', 'one')
    expect(await slow).toBe('slow')
    await expect(fetch(`${server.url}/word`)).rejects.toThrow()
  })

  it('stays where it is when its configuration asks for a port that is taken', async () => {
    const server = await served()
    const taken = await takenPort()
    await server.write('plugins.yaml', configOf(taken))
    await server.written(`port ${taken} of 127.0.0.1 is taken`)
    expect(await textOf(`${server.url}/word`)).toBe('one')
  })

  it('answers 503 for a plugin that is disabled, and as before once it is enabled again', async () => {
    const server = await served()
    await server.write('plugins.yaml', `${configOf()}words:\n  enabled: false\n`)
    await vi.waitFor(async () => expect((await fetch(`${server.url}/word`)).status).toBe(503), { timeout: 10_000 })
    const off = await fetch(`${server.url}/word`)
    expect([off.status, off.headers.get('retry-after')]).toEqual([503, '1'])
    await server.write('plugins.yaml', configOf())
    await answers(server, '/word', 'one')
  })

  it('takes up the routes of a plugin that is added, and drops those of one that is deleted', async () => {
    const server = await served()
    expect((await fetch(`${server.url}/late`)).status).toBe(404)
    await server.write('plugins/late.ts', LATE)
    await answers(server, '/late', 'better late')
    await rm(`${server.folder}/plugins/late.ts`)
    await vi.waitFor(async () => expect((await fetch(`${server.url}/late`)).status).toBe(404), { timeout: 10_000 })
  })

  it('has the routes of the new code, by whatever names their parts go, and none that it left out', async () => {
    const server = await served({ files: { 'late.ts': LATE } })
    await server.edit('plugins/late.ts', "'/late'", "'/late/:who'")
    await answers(server, '/late/bird', 'better late')
    expect((await fetch(`${server.url}/late`)).status).toBe(404)
    await server.edit(
      'plugins/late.ts',
      ":who', {}, () => ({ body: 'better late' })",
      ":name', {}, ({ params }) => ({ body: params.name })",
    )
    await answers(server, '/late/bird', 'bird')
  })

  it('refuses a plugin whose path another one has, and gives it to it once that is gone', async () => {
    const server = await served({ files: { 'late.ts': LATE } })
    await server.write(
      'plugins/later.ts',
      LATE.replace("name: 'late'", "name: 'later'").replace('better late', 'later'),
    )
    await server.written('GET /late is a route of plugin "late" already.')
    expect(await textOf(`${server.url}/late`)).toBe('better late')
    await rm(`${server.folder}/plugins/late.ts`)
    await server.edit('plugins/later.ts', "version: '1.0.0'", "version: '1.0.1'")
    await answers(server, '/late', 'later')
  })

  it('is not held up by a client that sends slowly, or not at all: its plugin is replaced meanwhile', async () => {
    const server = await served()
    const sending = request(`${server.url}/echo`, { method: 'POST', headers: { 'content-length': '10' } })
    sending.write('first')
    const answered = once(sending, 'response') as Promise<[IncomingMessage]>
    await server.write('plugins/_word.ts', `export const word = 'two'\n`)
    await answers(server, '/word', 'two')
    sending.end('later')
    const [response] = await answered
    expect((await response.setEncoding('utf8').toArray()).join('')).toBe('firstlater')
  })

  it('stays up when a plugin throws where nobody catches it', async () => {
    const server = await served()
    await fetch(`${server.url}/stray`, { method: 'POST' })
    await server.written('astray')
    expect(await textOf(`${server.url}/word`)).toBe('one')
  })
})

describe('the start', () => {
  it('ends where the port is taken, and says what to do', async () => {
    const taken = await takenPort()
    const server = await spawned({ env: { PORT: String(taken) } })
    expect(await server.ended).toBe(1)
    expect(server.text()).toContain(`port ${taken} of 127.0.0.1 is taken: another program listens there.`)
    expect(server.text()).toContain(`PORT=${taken + 1} npm start`)
    expect(server.text()).not.toContain('    at ')
  })

  it('ends where the configuration is wrong, and says where', async () => {
    const server = await spawned({ config: 'http:\n  settings:\n    port: many\n' })
    expect(await server.ended).toBe(1)
    expect(server.text()).toMatch(/plugins\.yaml:3:11.*port/)
  })

  it('goes on without a plugin that cannot start, and with it when it is mended', async () => {
    const server = await served({ files: { '_word.ts': 'export const word = (\n' } })
    expect(server.text()).toContain('1 active, 1 not')
    expect(server.text()).toMatch(/^error .*CFP_SYNTAX.*_word\.ts:/m)
    expect((await fetch(`${server.url}/word`)).status).toBe(404)
    await server.write('plugins/_word.ts', `export const word = 'mended'\n`)
    await answers(server, '/word', 'mended')
  })

  it('knows its options, and says which there are', async () => {
    const server = await spawned({ args: ['--prot', '80'] })
    expect(await server.ended).toBe(2)
    expect(server.text()).toContain("Unknown option '--prot'")
    expect(server.text()).toContain('--config <file>')
  })
})

describe('the stop', () => {
  it('refuses new connections, and lets what is under way end, on connections that are kept alive too', async () => {
    const server = await served()
    const agent = new Agent({ keepAlive: true, maxSockets: 1 })
    onTestFinished(() => agent.destroy())
    const idle = new Agent({ keepAlive: true })
    onTestFinished(() => idle.destroy())
    await responseOf(`${server.url}/word`, idle)
    const slow = responseOf(`${server.url}/slow/800`, agent)
    await vi.waitFor(() => expect(Object.keys(agent.sockets)).toHaveLength(1))
    await answers(server, '/word', 'one')
    server.child.kill('SIGTERM')
    await vi.waitFor(() => expect(fetch(`${server.url}/word`)).rejects.toThrow(), { timeout: 5000, interval: 10 })
    const { response, text } = await slow
    expect([response.statusCode, response.headers.connection, text]).toEqual([200, 'close', 'slow'])
    expect(await server.ended).toBe(0)
    expect(server.text()).toMatch(/Stopped 2 plugins in \d/)
  })

  it('is bounded: what never ends is left', async () => {
    const server = await served()
    const never = fetch(`${server.url}/slow/600000`).catch((error: Error) => error)
    await answers(server, '/word', 'one')
    server.child.kill('SIGINT')
    expect(await server.ended).toBe(0)
    expect(await never).toBeInstanceOf(Error)
  })

  it('leaves a trail of what was done to whom', async () => {
    const server = await served()
    await server.write('plugins/_word.ts', `export const word = 'two'\n`)
    await answers(server, '/word', 'two')
    const trail = readFileSync(`${server.folder}/data/audit.jsonl`, 'utf8')
    expect(trail).toContain('"words"')
  })
})

function configOf(port = 0): string {
  return `http:\n  settings:\n    port: ${port}\n`
}

async function spawned(options: ServerProcessOptions): Promise<ServerProcess> {
  const server = await spawnServer({ only: ['http'], ...options })
  onTestFinished(async () => void (await server.stop()))
  return server
}

async function takenPort(): Promise<number> {
  const server = createServer()
  await once(server.listen(0, '127.0.0.1'), 'listening')
  onTestFinished(() => void server.close())
  return (server.address() as AddressInfo).port
}

async function freePort(): Promise<number> {
  const server = createServer()
  await once(server.listen(0, '127.0.0.1'), 'listening')
  const { port } = server.address() as AddressInfo
  server.close()
  await once(server, 'close')
  return port
}

function responseOf(url: string, agent: Agent): Promise<{ response: IncomingMessage; text: string }> {
  return new Promise((resolve, reject) => {
    get(url, { agent }, async (response) => {
      const text = (await response.setEncoding('utf8').toArray()).join('')
      resolve({ response, text })
    }).on('error', reject)
  })
}
