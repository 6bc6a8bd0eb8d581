import { request } from 'node:http'
import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import { routed, routes } from './routed.ts'

const Order = z.object({ thing: z.string().min(1), count: z.int().min(1), to: z.object({ city: z.string() }) })

const echoing = routes((app) => {
  app.post('/order', {}, async (exchange) => ({ status: 201, body: await exchange.json(Order) }))
  app.post('/json', {}, async (exchange) => ({ body: { got: await exchange.json() } }))
  app.post('/small', { maxBytes: 8 }, async (exchange) => ({ body: (await exchange.bytes()).length }))
  app.post('/bytes', {}, async (exchange) => ({ body: await exchange.bytes() }))
  app.post('/text', {}, async (exchange) => ({ body: await exchange.text() }))
  app.post('/form', {}, async (exchange) => ({ body: Object.fromEntries(await exchange.form()) }))
  app.post('/unread', {}, () => ({ body: 'not read' }))
})

const errorOf = (body: unknown) => (body as { error: { code: string; message: string; details?: unknown } }).error
const JSON_TYPE = { 'content-type': 'application/json' }

describe('a body', () => {
  it('is checked, and every problem told', async () => {
    const { send } = await routed([echoing])
    const order = { thing: 'tea', count: 2, to: { city: 'Kyiv' } }
    expect(await send('POST', '/order', order)).toMatchObject({ status: 201, body: order })
    const { status, body } = await send('POST', '/order', { count: 0, to: {} })
    expect(status).toBe(400)
    expect(errorOf(body).code).toBe('BODY_INVALID')
    const details = errorOf(body).details as { path: string; message: string }[]
    expect(details.map(({ path }) => path)).toEqual(['thing', 'count', 'to.city'])
    expect(details.every(({ message }) => errorOf(body).message.includes(message))).toBe(true)
  })

  it('is 400 where it is no JSON, or no text', async () => {
    const { ask } = await routed([echoing])
    const post = (path: string, body: string | Uint8Array<ArrayBuffer>) =>
      ask(path, { method: 'POST', headers: JSON_TYPE, body })
    for (const wrong of ['', '{', '{"a":1}x', new Uint8Array([0x22, 0xff, 0x22])])
      expect((await post('/json', wrong)).status, String(wrong)).toBe(400)
    expect(errorOf((await post('/json', '{')).body).code).toBe('JSON_INVALID')
    expect(errorOf((await post('/text', new Uint8Array([0xff]))).body).code).toBe('TEXT_INVALID')
  })

  it('is 415 where its type is none that is read', async () => {
    const { ask } = await routed([echoing])
    const post = (path: string, headers: Record<string, string>, body = '{}') =>
      ask(path, { method: 'POST', headers, body })
    expect(await post('/json', { 'content-type': 'text/plain' })).toMatchObject({ status: 415 })
    expect((await post('/json', {}, '{}')).status).toBe(415)
    expect((await post('/json', { ...JSON_TYPE, 'content-encoding': 'gzip' })).status).toBe(415)
    expect((await post('/json', { 'content-type': 'Application/JSON; charset=utf-8' })).status).toBe(200)
    expect((await post('/json', { 'content-type': 'application/merge-patch+json' })).status).toBe(200)
    const form = { 'content-type': 'application/x-www-form-urlencoded' }
    expect((await post('/form', form, 'a=1&b=x+y')).body).toEqual({ a: '1', b: 'x y' })
    expect((await post('/form', JSON_TYPE)).status).toBe(415)
  })

  it('is 413 where it is too much, told beforehand or not', async () => {
    const { ask, url } = await routed([echoing], { terms: { maxBodyBytes: 100 } })
    const post = (path: string, size: number) => ask(path, { method: 'POST', body: 'x'.repeat(size) })
    expect((await post('/small', 8)).body).toBe(8)
    const refused = await post('/small', 9)
    expect(refused.status).toBe(413)
    expect(errorOf(refused.body)).toMatchObject({ code: 'BODY_TOO_LARGE', details: { maxBytes: 8 } })
    expect((await post('/bytes', 100)).status).toBe(200)
    expect((await post('/bytes', 101)).status).toBe(413)
    expect(await chunked(`${url}/bytes`, 20, 1000)).toBe(413)
    expect(await chunked(`${url}/bytes`, 10, 10)).toBe(200)
  })

  it('that nobody reads is no hindrance to the next request', async () => {
    const { ask } = await routed([echoing])
    for (let round = 0; round < 3; round++) {
      const body = 'x'.repeat(500_000)
      expect((await ask('/unread', { method: 'POST', body })).body).toBe('not read')
      expect((await ask('/nowhere', { method: 'POST', body })).status).toBe(404)
    }
  })
})

/** Sends so many chunks, without saying how many there will be. */
function chunked(url: string, chunks: number, size: number): Promise<number | undefined> {
  return new Promise((resolve, reject) => {
    const sent = request(url, { method: 'POST' }, (response) => {
      response.resume()
      resolve(response.statusCode)
    })
    sent.on('error', reject)
    for (let at = 0; at < chunks; at++) sent.write('x'.repeat(size))
    sent.end()
  })
}
