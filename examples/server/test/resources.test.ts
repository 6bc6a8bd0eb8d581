// Files with metadata over REST, as clients meet them: real requests, real files.

import { readdir, readFile, writeFile } from 'node:fs/promises'
import { request } from 'node:http'
import { join } from 'node:path'
import { readAudit } from 'cf-plugins'
import { describe, expect, it } from 'vitest'
import { type Answered, type Served, serve, serveAll } from './serving.ts'

const ADA = { user: 'ada editor' }
const BOB = { user: 'bob editor' }
const ROOT = { user: 'root admin' }

const files = (config = '') => serve(['resources'], { config })
const SMALL = 'resources:\n  settings:\n    maxBytes: 1000\n'
const etag = ({ headers }: Answered) => headers.get('etag') ?? ''

/** A request whose path goes out as it is: fetch would tidy it up. */
function raw(
  { base }: Served,
  method: string,
  path: string,
): Promise<{ readonly status: number; readonly text: string }> {
  return new Promise((resolve, reject) => {
    const { hostname, port } = new URL(base)
    const sent = request({ hostname, port, method, path, headers: { 'x-user': 'ada editor' } }, async (response) => {
      let text = ''
      for await (const chunk of response.setEncoding('utf8')) text += chunk
      resolve({ status: response.statusCode ?? 0, text })
    })
    sent.on('error', reject).end()
  })
}

describe('what is put', () => {
  const small = serveAll(['resources'], { config: SMALL })

  it('is there with its type, its metadata and its owner, until it is deleted', async () => {
    const { ask, data } = await files()
    const put = await ask('PUT', '/resources/reports/march.md', {
      ...ADA,
      headers: {
        'content-type': 'text/markdown; charset=utf-8',
        'resource-metadata': '{"title":"M\\u00e4rz","words":2}',
      },
      body: '# März',
    })
    expect(put.status).toBe(201)
    expect(put.headers.get('location')).toBe('/resources/reports/march.md')
    expect(put.json).toMatchObject({
      name: 'reports/march.md',
      kind: 'text',
      size: 7,
      metadata: {
        title: 'März',
        words: 2,
        owner: 'ada',
        changedBy: 'ada',
        contentType: 'text/markdown; charset=utf-8',
      },
    })
    const got = await ask('GET', '/resources/reports/march.md')
    expect([got.status, got.text, got.headers.get('content-type')]).toEqual([
      200,
      '# März',
      'text/markdown; charset=utf-8',
    ])
    expect(JSON.parse(got.headers.get('resource-metadata') ?? '')).toMatchObject({ title: 'März', words: 2 })
    expect(etag(got)).toBe(etag(put))
    expect(got.headers.get('content-security-policy')).toContain('sandbox')
    expect(await readFile(join(data, 'resources/reports+march.md.resource'), 'utf8')).toContain('# März')

    expect((await ask('DELETE', '/resources/reports/march.md', ADA)).status).toBe(204)
    expect((await ask('GET', '/resources/reports/march.md')).json).toMatchObject({
      error: { code: 'CFP_RESOURCE_UNKNOWN' },
    })
    expect(await readdir(join(data, 'resources'))).not.toContain('reports+march.md.resource')
  })

  it.each([
    ['bytes', 'image/png', new Uint8Array([0x89, 0x50, 0, 0xff])],
    ['text', 'text/plain', 'a text'],
    ['text', 'text/plain', ''],
    ['json', 'application/json', '{"a":[1,null,"ü"]}'],
    ['json', 'application/geo+json', '[]'],
    ['bytes', 'application/octet-stream', new Uint8Array()],
  ])('is kept as %s where it is %s, and given back as that', async (kind, type, body) => {
    const { ask, base } = small()
    const path = `/resources/${type.replace('+', '-')}/${body.length}`
    const put = await ask('PUT', path, { ...ADA, headers: { 'content-type': type }, body })
    expect([put.status, put.json.kind], put.text).toEqual([201, kind])
    const got = await fetch(`${base}${path}`)
    expect(got.headers.get('content-type')).toBe(type)
    expect(Buffer.from(await got.arrayBuffer())).toEqual(Buffer.from(body))
  })

  it.each(['{"title":"M\\u00e4rz"}', Buffer.from('{"title":"März"}').toString('latin1'), '{"title":"März"}'])(
    'has metadata in a header of whatever letters: %s',
    async (header) => {
      const { ask } = small()
      const init = { ...ADA, headers: { 'resource-metadata': header }, body: 'x' }
      expect((await ask('PUT', '/resources/letters', init)).json.metadata).toMatchObject({ title: 'März' })
    },
  )

  it('replaces the content of what is there, and leaves its metadata and its owner', async () => {
    const { ask } = await files()
    const headers = { 'content-type': 'text/plain', 'resource-metadata': '{"lang":"en","draft":true}' }
    await ask('PUT', '/resources/it', { ...ADA, headers, body: 'one' })
    const put = await ask('PUT', '/resources/it', {
      ...ROOT,
      headers: { 'content-type': 'application/json', 'resource-metadata': '{"draft":false}' },
      body: '{"two":2}',
    })
    expect(put.status).toBe(200)
    expect(put.json).toMatchObject({
      kind: 'json',
      metadata: { lang: 'en', draft: false, owner: 'ada', changedBy: 'root', contentType: 'application/json' },
    })
  })

  it.each([
    [415, 'MEDIA_TYPE', { 'content-type': 'text' }, 'x'],
    [415, 'CHARSET', { 'content-type': 'text/plain; charset=latin1' }, 'x'],
    [400, undefined, { 'content-type': 'text/plain' }, new Uint8Array([0xff, 0xfe])],
    [400, undefined, { 'content-type': 'application/json' }, '{'],
    [415, 'ENCODING_UNSUPPORTED', { 'content-encoding': 'gzip' }, 'x'],
    [422, 'CONTENT', { 'content-type': 'application/json' }, '42'],
    [400, 'METADATA_INVALID', { 'resource-metadata': '[1]' }, 'x'],
    [400, 'METADATA_INVALID', { 'resource-metadata': '{' }, 'x'],
    [400, 'METADATA_RESERVED', { 'resource-metadata': '{"owner":"bob"}' }, 'x'],
    [413, undefined, { 'content-type': 'text/plain' }, 'x'.repeat(1001)],
  ])('is refused by %i %s', async (status, code, headers, body) => {
    const { ask } = small()
    const put = await ask('PUT', '/resources/it', { ...ADA, headers: headers as Record<string, string>, body })
    expect(put.status, put.text).toBe(status)
    if (code) expect(put.json.error.code).toBe(code)
    expect((await ask('GET', '/resources/it')).status).toBe(404)
  })
})

describe('an envelope', () => {
  const small = serveAll(['resources'], { config: SMALL })

  it('creates what is not there', async () => {
    const { ask } = await files()
    const all = [
      { name: 'a/text', content: 'hello', metadata: { n: 1 } },
      { name: 'a/json', content: { hello: ['world'] } },
      { name: 'a/bytes', content: 'iVBO/w==', encoding: 'base64', contentType: 'image/png' },
    ]
    for (const body of all) expect((await ask('POST', '/resources', { ...ADA, body })).status).toBe(201)
    expect((await ask('GET', '/resources/a/text')).headers.get('content-type')).toBe('text/plain; charset=utf-8')
    expect((await ask('GET', '/resources/a/json')).json).toEqual({ hello: ['world'] })
    expect((await ask('GET', '/resources/a/bytes')).headers.get('content-type')).toBe('image/png')
    const again = await ask('POST', '/resources', { ...ADA, body: { name: 'a/text', content: 'other' } })
    expect([again.status, again.json.error.code]).toEqual([409, 'CFP_RESOURCE_EXISTS'])
    const inCapitals = await ask('PUT', '/resources/A/text', { ...ADA, body: 'other' })
    expect([inCapitals.status, inCapitals.json.error.code]).toEqual([409, 'CFP_RESOURCE_EXISTS'])
  })

  it('changes metadata, content or both, and takes away what is null', async () => {
    const { ask } = await files()
    await ask('POST', '/resources', { ...ADA, body: { name: 'it', content: 'one', metadata: { a: 1, b: 2 } } })
    const metadata = await ask('PATCH', '/resources/it', { ...ADA, body: { metadata: { a: null, c: [3] } } })
    expect(metadata.json).toMatchObject({ kind: 'text', metadata: { b: 2, c: [3], owner: 'ada' } })
    expect(metadata.json.metadata).not.toHaveProperty('a')
    const content = await ask('PATCH', '/resources/it', { ...ADA, body: { content: { two: 2 } } })
    expect(content.json).toMatchObject({ kind: 'json', metadata: { b: 2, c: [3] } })
    expect((await ask('GET', '/resources/it')).json).toEqual({ two: 2 })
    expect((await ask('PATCH', '/resources/none', { ...ADA, body: {} })).status).toBe(404)
  })

  it.each([
    [400, { name: 'it' }],
    [400, { name: 'it', content: 3 }],
    [400, { name: 'it', content: 'x', more: 1 }],
    [400, { name: 'it', content: '%', encoding: 'base64' }],
    [400, { name: 'it', content: 'x', metadata: [] }],
    [400, { name: 'it', content: 'x', metadata: { contentType: 'text/html' } }],
    [400, { name: 'it', content: 'x', contentType: 'text/html\r\nset-cookie: a' }],
    [413, { name: 'it', content: 'x'.repeat(1001) }],
    [413, { name: 'it', content: 'x', metadata: { long: 'x'.repeat(70_000) } }],
    [413, { name: 'it', content: 'x'.repeat(200_000) }],
  ])('is refused by %i', async (status, body) => {
    const { ask } = small()
    const made = await ask('POST', '/resources', { ...ADA, body })
    expect(made.status, made.text).toBe(status)
  })

  it('brings nothing into the prototypes of objects', async () => {
    const { ask } = await files()
    const headers = { 'content-type': 'application/json' }
    const body = '{"name":"it","content":{"__proto__":{"evil":1}},"metadata":{"__proto__":{"evil":1}}}'
    const made = await ask('POST', '/resources', { ...ADA, headers, body })
    expect([201, 400, 422]).toContain(made.status)
    expect(({} as { evil?: unknown }).evil).toBeUndefined()
  })
})

describe('a revision', () => {
  it('is not sent again to who has it', async () => {
    const { ask } = await files()
    const put = await ask('PUT', '/resources/it', { ...ADA, headers: { 'content-type': 'text/plain' }, body: 'one' })
    for (const known of [etag(put), `W/${etag(put)}`, `"other", ${etag(put)}`, '*']) {
      const got = await ask('GET', '/resources/it', { headers: { 'if-none-match': known } })
      expect([got.status, got.text, etag(got)]).toEqual([304, '', etag(put)])
    }
    expect((await ask('GET', '/resources/it', { headers: { 'if-none-match': '"other"' } })).status).toBe(200)
    const head = await ask('HEAD', '/resources/it')
    expect([head.status, head.text, etag(head), head.headers.get('content-length')]).toEqual([200, '', etag(put), '3'])
  })

  it('is what a change is made of, or there is none', async () => {
    const { ask } = await files()
    const one = await ask('PUT', '/resources/it', { ...ADA, headers: { 'if-none-match': '*' }, body: 'one' })
    expect(one.status).toBe(201)
    const not = await ask('PUT', '/resources/it', { ...ADA, headers: { 'if-none-match': '*' }, body: 'two' })
    expect([not.status, not.json.error.code, etag(not)]).toEqual([412, 'PRECONDITION_FAILED', etag(one)])
    const seen = { ...ADA, headers: { 'if-match': etag(one) } }
    expect((await ask('PUT', '/resources/it', { ...seen, body: 'two' })).status).toBe(200)
    expect((await ask('PUT', '/resources/it', { ...seen, body: 'three' })).status).toBe(412)
    expect((await ask('PATCH', '/resources/it', { ...seen, body: { metadata: { a: 1 } } })).status).toBe(412)
    expect((await ask('DELETE', '/resources/it', seen)).status).toBe(412)
    expect((await ask('PUT', '/resources/none', { ...seen, body: 'x' })).status).toBe(412)
    const two = await ask('GET', '/resources/it')
    expect(two.text).toBe('two')
    expect((await ask('DELETE', '/resources/it', { ...ADA, headers: { 'if-match': etag(two) } })).status).toBe(204)
  })

  it('loses no change of many who make theirs of what they have seen', async () => {
    const { ask } = await files()
    await ask('PUT', '/resources/count', { ...ADA, headers: { 'content-type': 'text/plain' }, body: '0' })
    const add = async () => {
      for (;;) {
        const seen = await ask('GET', '/resources/count')
        const headers = { 'content-type': 'text/plain', 'if-match': etag(seen) }
        const put = await ask('PUT', '/resources/count', { ...ADA, headers, body: String(Number(seen.text) + 1) })
        if (put.status === 200) return
        expect(put.status).toBe(412)
      }
    }
    await Promise.all(Array.from({ length: 8 }, add))
    expect((await ask('GET', '/resources/count')).text).toBe('8')
  })
})

describe('a list', () => {
  it('is by name, by what metadata say, and page by page', async () => {
    const { ask } = await files()
    for (const [name, metadata] of [
      ['a/1', { by: 'ada', n: 1 }],
      ['a/2', { by: 'ada', n: 2 }],
      ['a/3', { by: 'bob', n: 1 }],
      ['b/1', { by: 'ada', n: 1, code: '42' }],
    ] as const)
      await ask('POST', '/resources', { ...ADA, body: { name, content: name, metadata } })
    const names = async (query: string) =>
      (await ask('GET', `/resources?${query}`)).json.resources.map(({ name }: { name: string }) => name)
    expect(await names('')).toEqual(['a/1', 'a/2', 'a/3', 'b/1'])
    expect(await names('prefix=a/')).toEqual(['a/1', 'a/2', 'a/3'])
    expect(await names('metadata.by=ada')).toEqual(['a/1', 'a/2', 'b/1'])
    expect(await names('metadata.by=ada&metadata.n=1&prefix=a')).toEqual(['a/1'])
    expect(await names('metadata.code="42"')).toEqual(['b/1'])
    expect(await names('metadata.code=42')).toEqual([])

    const first = await ask('GET', '/resources?limit=3')
    expect(first.json).toMatchObject({ next: 'a/3' })
    const [, next = ''] = /^<(.+)>; rel="next"$/.exec(first.headers.get('link') ?? '') ?? []
    const second = await ask('GET', next)
    expect(second.json.resources).toMatchObject([{ name: 'b/1' }])
    expect(second.json).not.toHaveProperty('next')
    expect((await ask('GET', '/resources?limit=0')).json.error).toMatchObject({ details: [{ path: 'limit' }] })
    expect((await ask('GET', '/resources?colour=red')).status).toBe(400)
    expect((await ask('GET', '/resources?prefix=../')).status).toBe(400)
  })

  it('has the metadata that are too long for a header, and so has the view of one', async () => {
    const { ask } = await files()
    const long = 'x'.repeat(10_000)
    await ask('POST', '/resources', { ...ADA, body: { name: 'it', content: 'x', metadata: { long } } })
    expect((await ask('GET', '/resources/it')).headers.has('resource-metadata')).toBe(false)
    const info = await ask('GET', '/resources/it?view=info')
    expect(info.json).toMatchObject({ name: 'it', metadata: { long } })
    expect((await ask('GET', '/resources/it?view=info', { headers: { 'if-none-match': etag(info) } })).status).toBe(304)
    expect((await ask('GET', '/resources/it?view=all')).status).toBe(400)
  })
})

describe('who may', () => {
  it('read: everyone, or who the configuration says', async () => {
    const open = await files()
    expect((await open.ask('GET', '/resources')).status).toBe(200)
    const closed = await files('resources:\n  settings:\n    readers: [reader]\n')
    const statuses = []
    for (const user of [undefined, 'ada editor', 'ada reader'])
      statuses.push((await closed.ask('GET', '/resources', user === undefined ? {} : { user })).status)
    expect(statuses).toEqual([401, 403, 200])
  })

  it('write: a role; and change: the owner, or a role that manages', async () => {
    const { ask } = await files()
    const put = (init: object) => ask('PUT', '/resources/it', { ...init, body: 'x' })
    expect((await put({})).status).toBe(401)
    expect((await put({ user: 'eve' })).status).toBe(403)
    expect((await put(ADA)).status).toBe(201)
    for (const [method, body] of [
      ['PUT', 'y'],
      ['PATCH', {}],
      ['DELETE', undefined],
    ] as const) {
      const answer = await ask(method, '/resources/it', { ...BOB, ...(body !== undefined && { body }) })
      expect([answer.status, answer.json.error.code]).toEqual([403, 'NOT_OWNER'])
    }
    expect((await put(ADA)).status).toBe(200)
    expect((await put(ROOT)).status).toBe(200)
    expect((await ask('DELETE', '/resources/it', ROOT)).status).toBe(204)
  })
})

describe('a name', () => {
  const named = serveAll(['resources'])

  it.each([
    '/resources/..%2f..%2fetc%2fpasswd',
    '/resources/%2e%2e%2fsecrets',
    '/resources/..%5c..%5csecrets',
    '/resources/%2fetc%2fpasswd',
    '/resources/a%00b',
    '/resources/%252e%252e%252fsecrets',
    '/resources/a//b',
    '/resources/con',
    '/resources/',
    `/resources/${'a'.repeat(201)}`,
  ])('that could lead elsewhere, or be nothing, is refused: %s', async (path) => {
    const served = named()
    for (const method of ['GET', 'DELETE']) {
      const { status, text } = await raw(served, method, path)
      expect([400, 404], text).toContain(status)
      expect(text).not.toMatch(/root:|secrets.resource/)
    }
  })

  it('that leads out of the path leads nowhere', async () => {
    const served = named()
    await writeFile(join(served.data, 'secret.resource'), 'secret')
    for (const path of ['/resources/../secret', '/resources/%2e%2e/secret', '/resources/./../../data/secret'])
      expect((await raw(served, 'GET', path)).status).toBeGreaterThanOrEqual(400)
  })

  it('may be written with percent signs', async () => {
    const served = named()
    expect((await served.ask('PUT', '/resources/%61%2Fb', { ...ADA, body: 'x' })).json).toMatchObject({ name: 'a/b' })
    expect((await served.ask('GET', '/resources/a/b')).text).toBe('x')
  })
})

it('what is damaged on the disk is told without the names of files', async () => {
  const { ask, data } = await files()
  await ask('PUT', '/resources/it', { ...ADA, body: 'x' })
  await writeFile(join(data, 'resources/it.resource'), 'by hand')
  const got = await ask('GET', '/resources/it')
  expect([got.status, got.json.error.code]).toEqual([500, 'CFP_RESOURCE_DAMAGED'])
  expect(got.text).not.toContain(data)
})

it('others hear of each change', async () => {
  const EARS = `
    import { definePlugin, DataCreated, DataDeleted, DataUpdated } from 'cf-plugins'
    export default definePlugin({ name: 'ears', version: '1.0.0', setup({ on }) {
      const heard = []
      const note = ({ action, name, owner, metadata }) => void heard.push([action, owner + '/' + name, metadata.changedBy])
      for (const event of [DataCreated, DataUpdated, DataDeleted]) on(event, note)
      return heard
    } })`
  const { ask, server, data } = await serve(['resources'], { files: { 'ears.mjs': EARS } })
  await ask('PUT', '/resources/it', { ...ADA, body: 'x' })
  await ask('PATCH', '/resources/it', { ...ROOT, body: { metadata: { a: 1 } } })
  await ask('DELETE', '/resources/it', ADA)
  await expect
    .poll(() => server.manager.get('ears'))
    .toEqual([
      ['created', 'resources/it', 'ada'],
      ['updated', 'resources/it', 'root'],
      ['deleted', 'resources/it', 'root'],
    ])
  const { entries } = await readAudit(join(data, 'audit.jsonl'), { action: 'resource.*' })
  expect(entries.map(({ action, by }) => [action, by])).toEqual([
    ['resource.create', 'ADA'],
    ['resource.update', 'ROOT'],
    ['resource.delete', 'ADA'],
  ])
})
