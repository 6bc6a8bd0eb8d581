import { once } from 'node:events'
import { get, type IncomingMessage } from 'node:http'
import { Readable } from 'node:stream'
import { describe, expect, it, vi } from 'vitest'
import type { Answer } from '../src/exchange.ts'
import { routed, routes } from './routed.ts'

const answering = (answers: Record<string, () => Answer>) =>
  routes((app) => {
    for (const [path, answer] of Object.entries(answers)) app.get(path, {}, answer)
  })

describe('an answer', () => {
  it('goes out as what it is', async () => {
    const { ask } = await routed([
      answering({
        '/json': () => ({ body: { a: [1, null] } }),
        '/null': () => ({ body: null }),
        '/text': () => ({ body: 'té' }),
        '/html': () => ({ headers: { 'content-type': 'text/html' }, body: '<p>' }),
        '/bytes': () => ({ body: new Uint8Array([1, 2]) }),
        '/made': () => ({ status: 201, headers: { location: '/json', 'set-cookie': ['a=1', 'b=2'] } }),
        '/nothing': () => ({}),
      }),
    ])
    const typed = async (path: string) => {
      const { status, headers, body } = await ask(path)
      return [status, headers.get('content-type'), headers.get('content-length'), body]
    }
    expect(await typed('/json')).toEqual([200, 'application/json; charset=utf-8', '14', { a: [1, null] }])
    expect(await typed('/null')).toEqual([200, 'application/json; charset=utf-8', '4', null])
    expect(await typed('/text')).toEqual([200, 'text/plain; charset=utf-8', '3', 'té'])
    expect(await typed('/html')).toEqual([200, 'text/html', '3', '<p>'])
    expect(await typed('/bytes')).toEqual([200, 'application/octet-stream', '2', '\u0001\u0002'])
    expect((await typed('/nothing'))[0]).toBe(204)
    const made = await ask('/made')
    expect([made.status, made.headers.get('location'), made.headers.getSetCookie()]).toEqual([
      201,
      '/json',
      ['a=1', 'b=2'],
    ])
  })

  it('that streams arrives bit by bit', async () => {
    let goOn = () => {}
    const { url } = await routed([
      answering({
        '/': () => ({
          headers: { 'content-type': 'text/plain' },
          body: Readable.from(
            (async function* () {
              yield 'first '
              await new Promise<void>((resolve) => {
                goOn = resolve
              })
              yield 'second'
            })(),
          ),
        }),
      }),
    ])
    const response = await fetch(url)
    const reader = response.body?.pipeThrough(new TextDecoderStream()).getReader()
    expect((await reader?.read())?.value).toBe('first ')
    goOn()
    expect((await reader?.read())?.value).toBe('second')
    expect((await reader?.read())?.done).toBe(true)
  })

  it('that streams more than the client takes waits for it, and holds it not in memory', async () => {
    let made = 0
    const { url } = await routed([
      answering({
        '/': () => ({
          body: Readable.from(
            (function* () {
              for (; made < 1000; made++) yield Buffer.alloc(65_536)
            })(),
          ),
        }),
      }),
    ])
    const response = await opened(url)
    response.pause()
    // As much as fits into the sockets' buffers, and no more.
    await vi.waitFor(async () => {
      const before = made
      await new Promise((resolve) => setTimeout(resolve, 50))
      expect(made).toBe(before)
    })
    expect(made).toBeLessThan(900)
    let size = 0
    for await (const chunk of response) size += (chunk as Buffer).length
    expect(size).toBe(65_536_000)
  })

  it('whose stream fails is 500 where nothing was sent, and broken off where something was', async () => {
    const failing = (chunks: readonly string[]) =>
      Readable.from(
        (async function* () {
          yield* chunks
          throw new Error('the disk is gone')
        })(),
      )
    const { ask, url, told } = await routed([
      answering({
        '/early': () => ({ headers: { etag: '"1"' }, body: failing([]) }),
        '/late': () => ({ body: failing(['some']) }),
      }),
    ])
    const early = await ask('/early')
    expect(early).toMatchObject({ status: 500, body: { error: { code: 'INTERNAL' } } })
    expect(early.headers.get('etag')).toBeNull()
    await expect(fetch(`${url}/late`).then((response) => response.text())).rejects.toThrow()
    expect(told).toEqual([
      expect.stringMatching(/^GET \/early failed \(.*\): the disk is gone$/),
      expect.stringMatching(/^GET \/late failed \(.*\): the disk is gone$/),
    ])
  })

  it('to a client that is gone ends its stream, and aborts its signal', async () => {
    let stream: Readable | undefined
    const signals: AbortSignal[] = []
    const { url, told } = await routed([
      routes((app) => {
        app.get('/stream', {}, ({ signal }) => {
          signals.push(signal)
          stream = new Readable({ read() {} })
          stream.push('some')
          return { body: stream }
        })
        app.get('/wait', {}, async ({ signal }) => {
          signals.push(signal)
          await once(signal, 'abort')
          throw signal.reason
        })
      }),
    ])
    const response = await opened(`${url}/stream`)
    response.destroy()
    await vi.waitFor(() => expect(stream?.destroyed).toBe(true))
    const waiting = get(`${url}/wait`).on('error', () => {})
    await vi.waitFor(() => expect(signals).toHaveLength(2))
    waiting.destroy()
    await vi.waitFor(() => expect(signals.map(({ aborted }) => aborted)).toEqual([true, true]))
    expect(told).toEqual([])
  })

  it('that never comes is not waited for once the client is gone: its plugin is not in use for ever', async () => {
    let isIn = false
    const hanging = routes((app) =>
      app.get('/', {}, () => {
        isIn = true
        return new Promise(() => {})
      }),
    )
    const { url, manager, told } = await routed([hanging], { graceMs: 50 })
    const waiting = get(url).on('error', () => {})
    await vi.waitFor(() => expect(isIn).toBe(true))
    waiting.destroy()
    const left = 'The handler of GET / of plugin "subject" still runs 0.05 s after its client went.'
    await vi.waitFor(() => expect(told).toEqual([expect.stringContaining(left)]))
    const from = performance.now()
    await manager.unload('subject')
    // What is in flight would be waited for.
    expect(performance.now() - from).toBeLessThan(2000)
  })

  it('aborts no signal once it is given', async () => {
    let signal: AbortSignal | undefined
    const { ask } = await routed([
      routes((app) =>
        app.get('/', {}, (exchange) => {
          signal = exchange.signal
          return { body: 'done' }
        }),
      ),
    ])
    await ask('/')
    await ask('/')
    expect(signal?.aborted).toBe(false)
  })

  it('of a stream to HEAD is its head, and the stream ends', async () => {
    const stream = new Readable({ read() {} })
    const { ask } = await routed([answering({ '/': () => ({ headers: { 'content-length': '9' }, body: stream }) })])
    const head = await ask('/', { method: 'HEAD' })
    expect(head.headers.get('content-length')).toBe('9')
    expect(stream.destroyed).toBe(true)
  })
})

function opened(url: string): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    get(url, resolve).on('error', reject)
  })
}
