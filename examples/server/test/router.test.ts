import { connect } from 'node:net'
import { describe, expect, it, vi } from 'vitest'
import { HttpRequest } from '../plugins/_shared/hooks.ts'
import { HttpError } from '../plugins/_shared/http-error.ts'
import { definePlugin } from '../plugins/_shared/plugin.ts'
import type { User } from '../src/exchange.ts'
import { routed, routes } from './routed.ts'

const codeOf = (body: unknown) => (body as { error: { code: string } }).error.code

/** Says that whoever brings `x-roles` has those. */
const identity = definePlugin({
  name: 'identity',
  version: '1.0.0',
  setup({ hooks }) {
    hooks.on(HttpRequest, async (exchange) => {
      const roles = exchange.headers['x-roles']
      if (roles === 'expired') throw new HttpError(401, 'TOKEN_EXPIRED', 'The token has expired.')
      if (typeof roles === 'string') exchange.user = { sub: '1', name: 'Ada', roles: roles.split(',') } satisfies User
    })
  },
})

describe('a route', () => {
  it('gets what stands in its path, decoded, and the query', async () => {
    const { ask } = await routed([
      routes((app) => {
        app.get('/notes/:id/lines/:line', {}, ({ params, url }) => ({
          body: { ...params, q: url.searchParams.get('q') },
        }))
        app.get('/files/*', {}, ({ params }) => ({ body: params['*'] ?? '' }))
      }),
    ])
    expect((await ask('/notes/a%2Fb/lines/2?q=x%20y')).body).toEqual({ id: 'a/b', line: '2', q: 'x y' })
    expect((await ask('/files/deep/er/%C3%A9.txt')).body).toBe('deep/er/é.txt')
  })

  it('answers each method for itself, and HEAD as GET without the body', async () => {
    const { ask } = await routed([
      routes((app) => {
        app.get('/x', {}, () => ({ body: 'got' }))
        app.put('/x', {}, () => ({ body: 'put' }))
        app.delete('/x', {}, () => {})
      }),
    ])
    expect((await ask('/x')).body).toBe('got')
    expect((await ask('/x', { method: 'PUT' })).body).toBe('put')
    expect(await ask('/x', { method: 'DELETE' })).toMatchObject({ status: 204, body: '' })
    const head = await ask('/x', { method: 'HEAD' })
    expect(head).toMatchObject({ status: 200, body: '' })
    expect(head.headers.get('content-length')).toBe('3')
  })

  it('is 404 where there is none, 405 with what there is for another method, 400 where the path cannot be read', async () => {
    const { ask } = await routed([
      routes((app) => {
        app.get('/x/:id', {}, () => {})
        app.patch('/x/:id', {}, () => {})
      }),
    ])
    const missing = await ask('/y')
    expect(missing.status).toBe(404)
    expect(missing.body).toEqual({ error: { code: 'NOT_FOUND', message: 'There is nothing at /y.' } })
    expect(missing.headers.get('x-request-id')).toMatch(/^[\w-]{36}$/)
    const wrong = await ask('/x/1', { method: 'POST' })
    expect([wrong.status, codeOf(wrong.body), wrong.headers.get('allow')]).toEqual([
      405,
      'METHOD_NOT_ALLOWED',
      'GET, PATCH, HEAD',
    ])
    expect(await ask('/x/%zz')).toMatchObject({ status: 400, body: { error: { code: 'URL_INVALID' } } })
  })

  it('is refused where the path is not understood, or another plugin has it, and the plugin fails with the reason', async () => {
    const { failed } = await routed([
      routes((app) => app.get('/x/:id', {}, () => {}), 'first'),
      definePlugin({
        name: 'second',
        version: '1.0.0',
        dependencies: ['first'],
        setup: ({ app }) => void app.get('/x/:other', {}, () => {}),
      }),
      routes((app) => app.get('no-slash', {}, () => {}), 'third'),
      routes((app) => {
        app.get('/twice', {}, () => {})
        app.get('/twice', {}, () => {})
      }, 'fourth'),
    ])
    const reasons = Object.fromEntries(failed.map(({ plugin, error }) => [plugin, error.message]))
    expect(reasons.second).toContain('GET /x/:other is a route of plugin "first" already.')
    expect(reasons.third).toContain('The path of GET no-slash, a route of plugin "third", is not understood')
    expect(reasons.fourth).toContain('Plugin "fourth" has GET /twice twice.')
  })

  it('can be taken back', async () => {
    let undo = () => {}
    const { ask, router } = await routed([
      routes((app) => {
        undo = app.get('/x', {}, () => ({ body: 'here' }))
      }),
    ])
    expect(router.routes()).toEqual([{ method: 'GET', path: '/x', plugin: 'subject', roles: undefined, isLive: true }])
    undo()
    expect((await ask('/x')).status).toBe(404)
    expect(router.routes()).toEqual([])
  })
})

describe('a route for some', () => {
  const guarded = routes((app) => {
    app.get('/anybody', { roles: [] }, ({ user }) => ({ body: user?.name ?? 'nobody' }))
    app.get('/editors', { roles: ['editor', 'admin'] }, () => ({ body: 'edit' }))
    app.post('/editors', { roles: ['editor'] }, async (exchange) => ({ body: await exchange.json() }))
    app.get('/all', {}, ({ user }) => ({ body: user?.name ?? 'nobody' }))
  })

  it('lets in users with one of its roles', async () => {
    const { ask } = await routed([identity, guarded])
    const as = (roles: string) => ({ headers: { 'x-roles': roles } })
    expect((await ask('/anybody', as('reader'))).body).toBe('Ada')
    expect((await ask('/editors', as('reader,editor'))).body).toBe('edit')
    const refused = await ask('/editors', as('reader'))
    expect(refused).toMatchObject({ status: 403, body: { error: { code: 'FORBIDDEN' } } })
    const nobody = await ask('/anybody')
    expect([nobody.status, codeOf(nobody.body)]).toEqual([401, 'UNAUTHENTICATED'])
    expect(nobody.headers.get('www-authenticate')).toMatch(/^Bearer /)
    expect((await ask('/all')).body).toBe('nobody')
  })

  it('lets in nobody where no plugin says who asks', async () => {
    const { ask, send } = await routed([guarded])
    expect((await ask('/anybody', { headers: { 'x-roles': 'admin' } })).status).toBe(401)
    expect((await send('POST', '/editors', {}, { 'x-roles': 'admin' })).status).toBe(401)
    expect((await ask('/all')).status).toBe(200)
  })

  it('is answered with what the plugin that finds out who asks has against it', async () => {
    const { ask, told } = await routed([identity, guarded])
    const refused = await ask('/all', { headers: { 'x-roles': 'expired' } })
    expect(refused).toMatchObject({ status: 401, body: { error: { code: 'TOKEN_EXPIRED' } } })
    expect(told).toEqual([])
  })
})

describe('what goes wrong', () => {
  it('is told where it was meant for the client, whatever class it is of, and else by an id that the log has', async () => {
    const { ask, told } = await routed([
      routes((app) => {
        app.get('/meant', {}, () => {
          throw Object.assign(new Error('There is no tea.'), { status: 418, code: 'TEAPOT', details: { tea: 0 } })
        })
        app.get('/secret', {}, async ({ id }) => {
          throw new Error(`password is 1234, ${id.length}`)
        })
        app.get('/unwritable', {}, () => ({ headers: { 'x-tea': 'té\n' }, body: 1n as unknown as number }))
      }),
    ])
    const meant = await ask('/meant')
    expect(meant.status).toBe(418)
    expect(meant.body).toEqual({ error: { code: 'TEAPOT', message: 'There is no tea.', details: { tea: 0 } } })
    const secret = await ask('/secret')
    const id = secret.headers.get('x-request-id')
    expect(secret.status).toBe(500)
    expect(secret.body).toEqual({
      error: { code: 'INTERNAL', message: 'Something went wrong here. The log has it.', id },
    })
    expect(told).toEqual([`GET /secret failed (${id}): password is 1234, 36`])
    expect(await ask('/unwritable')).toMatchObject({ status: 500, body: { error: { code: 'INTERNAL' } } })
  })

  it('is 503 until the start is over', async () => {
    const { ask, router, manager } = await routed([routes((app) => app.get('/x', {}, () => ({ body: 'up' })))], {
      isOpen: false,
    })
    const early = await ask('/x')
    expect([early.status, codeOf(early.body), early.headers.get('retry-after')]).toEqual([503, 'STARTING', '1'])
    router.open(manager)
    expect((await ask('/x')).body).toBe('up')
  })

  it('is 503 while its plugin is disabled, and 404 once it is gone', async () => {
    const { ask, manager, router } = await routed([routes((app) => app.get('/x', {}, () => ({ body: 'up' })))])
    await manager.disable('subject')
    const off = await ask('/x')
    expect([off.status, codeOf(off.body), off.headers.get('retry-after')]).toEqual([503, 'UNAVAILABLE', '1'])
    expect(router.routes()).toMatchObject([{ plugin: 'subject', isLive: false }])
    await manager.enable('subject')
    expect((await ask('/x')).body).toBe('up')
    await manager.unload('subject')
    expect((await ask('/x')).status).toBe(404)
    expect(router.routes()).toEqual([])
  })

  it('has a path that rests go to the plugin that takes it', async () => {
    const other = definePlugin({
      name: 'other',
      version: '1.0.0',
      setup: ({ app }) => void app.get('/:word', {}, ({ params }) => ({ body: `other ${params.word}` })),
    })
    const { ask, manager } = await routed([routes((app) => app.get('/:name', {}, () => ({ body: 'first' })))])
    expect((await ask('/x')).body).toBe('first')
    await manager.disable('subject')
    await manager.add(other)
    expect((await ask('/x')).body).toBe('other x')
  })

  it.each(['what?', 'GET /x HTTP/1.1\r\nHost: a/admin', 'GET nowhere HTTP/1.1\r\nHost: a'])(
    'is 400 where what arrives is no request: %j',
    async (head) => {
      const { port, ask } = await routed([routes((app) => app.get('/x', {}, () => ({ body: 'up' })))])
      const socket = connect(port, '127.0.0.1')
      let answer = ''
      socket.setEncoding('utf8').on('data', (text: string) => {
        answer += text
      })
      socket.end(`${head}\r\nConnection: close\r\n\r\n`)
      await vi.waitFor(() => expect(answer).toMatch(/^HTTP\/1.1 400 /))
      expect((await ask('/x')).body).toBe('up')
    },
  )
})
