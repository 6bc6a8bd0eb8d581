import { readFileSync } from 'node:fs'
import { Agent, get, type IncomingMessage } from 'node:http'
import { describe, expect, it, onTestFinished, vi } from 'vitest'
import { type ServerProcess, type ServerProcessOptions, spawnServer } from './server-process.ts'
import { answers, served, takenPort } from './words.ts'

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

  it('is given up when it is asked to end meanwhile', async () => {
    const setup = 'new Promise((resolve) => setTimeout(resolve, 9000))'
    const never = `export default { PLUGIN_META: { name: 'never', version: '1.0.0' }, register: () => ({ setup: () => ${setup} }) }`
    const server = await spawned({ files: { 'never.js': never } })
    await server.written('listens on')
    server.child.kill('SIGTERM')
    expect(await server.ended).toBe(0)
    expect(server.text()).toContain('Stopped before everything was up.')
    expect(server.text()).not.toMatch(/^Open/m)
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
    const slow = responseOf(`${server.url}/until-stop`, agent)
    await vi.waitFor(() => expect(Object.keys(agent.sockets)).toHaveLength(1))
    await answers(server, '/word', 'one')
    server.child.kill('SIGTERM')
    await vi.waitFor(() => expect(fetch(`${server.url}/word`)).rejects.toThrow(), { timeout: 5000, interval: 10 })
    const { response, text } = await slow
    expect([response.statusCode, response.headers.connection, text]).toEqual([200, 'close', 'to the end'])
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

async function spawned(options: ServerProcessOptions): Promise<ServerProcess> {
  const server = await spawnServer({ only: ['http'], ...options })
  onTestFinished(async () => void (await server.stop()))
  return server
}

function responseOf(url: string, agent: Agent): Promise<{ response: IncomingMessage; text: string }> {
  return new Promise((resolve, reject) => {
    get(url, { agent }, async (response) => {
      const text = (await response.setEncoding('utf8').toArray()).join('')
      resolve({ response, text })
    }).on('error', reject)
  })
}
