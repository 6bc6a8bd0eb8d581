// Logging in, being somebody, and logging out again.
import { decodeJwt, SignJWT, UnsecuredJWT } from 'jose'
import { describe, expect, it } from 'vitest'
import { type Auth, type LoginEvent, UserLogin, UserLogout } from '../plugins/auth/service.ts'
import { ADMIN_PASSWORD, place, serveAuth, sharedServer } from './auth-serving.ts'

const SECRET = 'a secret of more than 32 bytes, for tests'

const signed = (claims: object, secret = SECRET) =>
  new SignJWT({ ...claims }).setProtectedHeader({ alg: 'HS256', typ: 'JWT' }).sign(new TextEncoder().encode(secret))

const served = sharedServer({ AUTH_SECRET: SECRET, CF_PLUGIN_AUTH__TOKEN_TTL: '1234' })

describe('the first user', () => {
  it('is admin with the password of the settings, which nobody is told', async () => {
    const { login, ask, log } = served()
    const token = await login('admin', ADMIN_PASSWORD)
    const { status, json, headers } = await ask('GET', '/auth/me', { token })
    expect([status, headers.get('cache-control')]).toEqual([200, 'no-store'])
    expect(json).toMatchObject({ sub: expect.any(String), name: 'admin', roles: ['admin'] })
    expect(log.join('\n')).toContain('The first user is "admin"')
    expect(log.join('\n')).not.toContain(ADMIN_PASSWORD)
  })

  it('has a random password where none is set, which is told once, and what was revoked stays so over a restart', async () => {
    const at = await place()
    const first = await serveAuth({ ADMIN_PASSWORD: '' }, at)
    const [, password = ''] = /with the password (\S+),/.exec(first.log.join('\n')) ?? []
    expect(password).toHaveLength(20)
    const [gone, kept] = [await first.login('admin', password), await first.login('admin', password)]
    expect((await first.ask('POST', '/auth/logout', { token: gone })).status).toBe(204)
    await first.stop()
    const second = await serveAuth({ ADMIN_PASSWORD: '' }, at)
    expect(second.log.join('\n')).not.toContain('The first user')
    await second.login('admin', password)
    expect((await second.ask('GET', '/auth/me', { token: gone })).json.error.code).toBe('TOKEN_REVOKED')
    expect((await second.ask('GET', '/auth/me', { token: kept })).status).toBe(200)
  }, 120_000)
})

describe('a request', () => {
  it('without a header is nobody’s: open routes answer, others ask who', async () => {
    const { ask } = served()
    expect((await ask('GET', '/livez')).status).toBe(200)
    const { status, json, headers } = await ask('GET', '/auth/me')
    expect([status, json.error.code]).toEqual([401, expect.any(String)])
    expect(headers.get('www-authenticate')).toMatch(/^Bearer/)
  })

  it('with a header that says nothing good is told what of it is wrong', async () => {
    const { ask, login } = served()
    const token = await login('admin', ADMIN_PASSWORD)
    const claims = decodeJwt(token)
    const now = Math.floor(Date.now() / 1000)
    const invalid = /^Bearer realm="server", error="invalid_token", error_description="/
    const cases: [header: string, status: number, code: string, challenge: RegExp][] = [
      ['Digest username="admin"', 401, 'AUTH_SCHEME_UNKNOWN', /^Bearer realm="server", Basic realm="server"/],
      ['Bearer', 400, 'AUTH_HEADER_MALFORMED', /error="invalid_request"/],
      ['Basic nonsense!', 400, 'AUTH_HEADER_MALFORMED', /error="invalid_request"/],
      ['Bearer abc', 401, 'TOKEN_MALFORMED', invalid],
      [`Bearer ${await signed({ ...claims, exp: now - 1 })}`, 401, 'TOKEN_EXPIRED', invalid],
      [
        `Bearer ${await signed({ ...claims }, 'another secret of more than 32 bytes')}`,
        401,
        'TOKEN_SIGNATURE',
        invalid,
      ],
      [`Bearer ${new UnsecuredJWT(claims).encode()}x`, 401, 'TOKEN_ALGORITHM', invalid],
      [`Bearer ${await signed({ ...claims, aud: 'others' })}`, 401, 'TOKEN_CLAIMS', invalid],
      [`Bearer ${await signed({ ...claims, sub: crypto.randomUUID() })}`, 401, 'USER_GONE', invalid],
      [`Basic ${btoa('admin:wrong')}`, 401, 'CREDENTIALS_WRONG', /^Basic realm="server", charset="UTF-8"$/],
      [`Basic ${btoa('nobody:wrong')}`, 401, 'CREDENTIALS_WRONG', /^Basic realm="server", charset="UTF-8"$/],
    ]
    for (const [authorization, status, code, challenge] of cases) {
      const answer = await ask('GET', '/auth/me', { headers: { authorization } })
      expect([answer.status, answer.json.error.code], authorization).toEqual([status, code])
      expect(answer.headers.get('www-authenticate'), authorization).toMatch(challenge)
      // An open route says the same: whoever means to be somebody is to know that they are not.
      expect((await ask('GET', '/livez', { headers: { authorization } })).status, authorization).toBe(status)
    }
    const headers = { authorization: 'Bearer of-yesterday' }
    const body = { name: 'admin', password: ADMIN_PASSWORD }
    expect((await ask('POST', '/auth/login', { headers, body })).status).toBe(200)
  })
})

describe('a token', () => {
  it('says whose it is, and for how long', async () => {
    const { ask } = served()
    const body = { name: 'Admin', password: ADMIN_PASSWORD }
    const { json, headers } = await ask('POST', '/auth/login', { body })
    const { sub, name, roles, exp = 0, iat = 0, jti, iss, aud } = decodeJwt(json.token)
    const server = 'cf-plugins-server'
    expect({ name, roles, iss, aud }).toEqual({ name: 'admin', roles: ['admin'], iss: server, aud: server })
    expect([exp - iat, typeof jti]).toEqual([1234, 'string'])
    expect(json).toMatchObject({ token_type: 'Bearer', expires_at: exp, user: { sub, name, roles } })
    expect(headers.get('cache-control')).toBe('no-store')
    expect((await ask('GET', '/auth/me', { token: json.token })).json).toEqual({ sub, name, roles, exp, jti })
  })

  it('holds until it expires, and no longer', async () => {
    const { ask, login } = served()
    const exp = Math.floor(Date.now() / 1000) + 3
    const token = await signed({ ...decodeJwt(await login('admin', ADMIN_PASSWORD)), exp })
    const me = () => ask('GET', '/auth/me', { token })
    expect((await me()).status).toBe(200)
    await expect.poll(async () => (await me()).status, { timeout: 15_000 }).toBe(401)
    expect((await me()).json.error.code).toBe('TOKEN_EXPIRED')
    expect(Date.now() / 1000).toBeGreaterThanOrEqual(exp)
  })

  it('is void after a logout, over reloads too; others of the same user are not', async () => {
    const { ask, login, server } = served()
    const [gone, kept] = [await login('admin', ADMIN_PASSWORD), await login('admin', ADMIN_PASSWORD)]
    expect((await ask('GET', '/auth/me', { token: gone })).status).toBe(200)
    expect((await ask('POST', '/auth/logout', { token: gone })).status).toBe(204)
    const codes = async () => [
      (await ask('GET', '/auth/me', { token: gone })).json.error.code,
      (await ask('POST', '/auth/logout', { token: gone })).json.error.code,
      (await ask('GET', '/auth/me', { token: kept })).status,
    ]
    expect(await codes()).toEqual(['TOKEN_REVOKED', 'TOKEN_REVOKED', 200])
    for (const plugin of ['auth', 'cache']) {
      expect(await server.manager.reload(plugin)).toMatchObject({ outcome: 'committed' })
      expect(await codes(), plugin).toEqual(['TOKEN_REVOKED', 'TOKEN_REVOKED', 200])
    }
  })

  it.runIf(process.env.DATABASE_URL)('is void at once for another process on the same database', async () => {
    const at = await place()
    const secret = { AUTH_SECRET: SECRET }
    const one = await serveAuth(secret, at)
    const other = await serveAuth(secret, { ...at, DATA: `${at.DATA}/other` })
    const token = await one.login('admin', ADMIN_PASSWORD)
    expect((await other.ask('GET', '/auth/me', { token })).status).toBe(200)
    await one.ask('POST', '/auth/logout', { token })
    expect((await other.ask('GET', '/auth/me', { token })).json.error.code).toBe('TOKEN_REVOKED')
  })
})

it('while auth is disabled nobody is anybody; enabled again, it knows who it knew', async () => {
  const { server, ask, login } = served()
  const token = await login('admin', ADMIN_PASSWORD)
  const basic = ['admin', ADMIN_PASSWORD] as const
  const statuses = async () => [
    (await ask('GET', '/admin/plugins', { token })).status,
    (await ask('GET', '/admin/plugins', { basic })).status,
    (await ask('GET', '/auth/me', { token })).status,
  ]
  expect(await statuses()).toEqual([200, 200, 200])
  await server.manager.disable('auth')
  expect(await statuses()).toEqual([401, 401, 503])
  await server.manager.enable('auth')
  expect(await statuses()).toEqual([200, 200, 200])
})

it('events tell who logged in and out, and how', async () => {
  const { server, ask, login } = served()
  const told: [string, string, string][] = []
  const note = (event: string) => (payload: LoginEvent) => void told.push([event, payload.user.name, payload.method])
  server.manager.events.on(UserLogin, note('login'))
  server.manager.events.on(UserLogout, note('logout'))
  const auth = server.manager.get('auth') as Auth
  const { name } = await auth.createUser({ name: 'ada', password: 'analytical', roles: [] })
  const token = await login(name, 'analytical')
  await ask('POST', '/auth/logout', { token })
  const basic = [name, 'analytical'] as const
  for (let times = 0; times < 3; times++) expect((await ask('GET', '/auth/me', { basic })).status).toBe(200)
  await ask('POST', '/auth/logout', { basic })
  await ask('POST', '/auth/login', { body: { name, password: 'wrong' } })
  await expect
    .poll(() => told)
    .toEqual([
      ['login', 'ada', 'password'],
      ['logout', 'ada', 'password'],
      ['login', 'ada', 'basic'],
      ['logout', 'ada', 'basic'],
    ])
})

it('a body that is no login is told so', async () => {
  const { ask } = served()
  for (const body of [{}, { name: 'admin' }, { name: '', password: 'x' }, { name: 'admin', password: 'x', more: 1 }])
    expect((await ask('POST', '/auth/login', { body })).status).toBe(400)
})

it('without an issuer there is no way by OpenID Connect', async () => {
  const { status, json } = await served().ask('GET', '/auth/oidc/login')
  expect([status, json.error.code]).toEqual([404, 'OIDC_OFF'])
})
