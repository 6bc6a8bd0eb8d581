import { once } from 'node:events'
import { rm } from 'node:fs/promises'
import { type IncomingMessage, request } from 'node:http'
import { type AddressInfo, createServer } from 'node:net'
import { describe, expect, it, vi } from 'vitest'
import { Asking } from './asking.ts'
import { answers, configOf, LATE, served, takenPort, textOf } from './words.ts'

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
      await vi.waitFor(() => expect(server.text().match(/reloaded http/g)).toHaveLength(version), { timeout: 20_000 })
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
      'async setup({ app, on }) {',
      'async setup({ app, on }) { throw new Error(word)',
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
    await vi.waitFor(async () => expect((await fetch(`${server.url}/word`)).status).toBe(503), { timeout: 20_000 })
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
    await vi.waitFor(async () => expect((await fetch(`${server.url}/late`)).status).toBe(404), { timeout: 20_000 })
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

async function freePort(): Promise<number> {
  const server = createServer()
  await once(server.listen(0, '127.0.0.1'), 'listening')
  const { port } = server.address() as AddressInfo
  server.close()
  await once(server, 'close')
  return port
}
