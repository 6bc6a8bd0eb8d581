// Logging in, being somebody, and logging out again.
import { decodeJwt, SignJWT, UnsecuredJWT } from 'jose'
import { describe, expect, it } from 'vitest'
import { type LoginEvent, UserLogin, UserLogout } from '../plugins/auth/service.ts'
import { ADMIN_PASSWORD, place, serveAuth } from './auth-serving.ts'

const SECRET = 'a secret of more than 32 bytes, for tests'
const wait = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms))

describe('the first user', () => {
  it('is admin with the password of the settings, which nobody is told', async () => {
    const { login, ask, log } = await serveAuth()
    const token = await login('admin', ADMIN_PASSWORD)
    const { status, json, headers } = await ask('GET', '/auth/me', { token })
    expect([status, headers.get('cache-control')]).toEqual([200, 'no-store'])
    expect(json).toMatchObject({ sub: expect.any(String), name: 'admin', roles: ['admin'] })
    expect(log.join('\n')).toContain('The first user is "admin"')
    expect(log.join('\n')).not.toContain(ADMIN_PASSWORD)
  })

  it('has a random password where none is set, which is told once', async () => {
    const at = await place()
    const first = await serveAuth({ ADMIN_PASSWORD: '' }, at)
    const [, password = ''] = /with the password (\S+),/.exec(first.log.join('\n')) ?? []
    expect(password).toHaveLength(20)
    await first.login('admin', password)
    await first.stop()
    const second = await serveAuth({ ADMIN_PASSWORD: '' }, at)
    expect(second.log.join('\n')).not.toContain('The first user')
    await second.login('admin', password)
  })
})

describe('a request', () => {
  it('without a header is nobody’s: open routes answer, others ask who', async () => {
    const { ask } = await serveAuth()
    expect((await ask('GET', '/livez')).status).toBe(200)
    const { status, json, headers } = await ask('GET', '/auth/me')
    expect([status, json.error.code]).toEqual([401, expect.any(String)])
    expect(headers.get('www-authenticate')).toMatch(/^Bearer/)
  })

  it('with a header that says nothing good is told what of it is wrong', async () => {
    const { ask, login } = await serveAuth({ AUTH_SECRET: SECRET })
    const token = await login('admin', ADMIN_PASSWORD)
    const claims = decodeJwt(token)
    const now = Math.floor(Date.now() / 1000)
    const signed = (changes: object, secret = SECRET) =>
      new SignJWT({ ...claims, ...changes })
        .setProtectedHeader({ alg: 'HS256', typ: 'JWT' })
        .sign(new TextEncoder().encode(secret))
    const invalid = /^Bearer realm="server", error="invalid_token", error_description="/
    const cases: [header: string, status: number, code: string, challenge: RegExp][] = [
      ['Digest username="admin"', 401, 'AUTH_SCHEME_UNKNOWN', /^Bearer realm="server", Basic realm="server"/],
      ['Bearer', 400, 'AUTH_HEADER_MALFORMED', /error="invalid_request"/],
      ['Basic nonsense!', 400, 'AUTH_HEADER_MALFORMED', /error="invalid_request"/],
      ['Bearer abc', 401, 'TOKEN_MALFORMED', invalid],
      [`Bearer ${await signed({ exp: now - 1 })}`, 401, 'TOKEN_EXPIRED', invalid],
      [`Bearer ${await signed({}, 'another secret of more than 32 bytes')}`, 401, 'TOKEN_SIGNATURE', invalid],
      [`Bearer ${new UnsecuredJWT(claims).encode()}x`, 401, 'TOKEN_ALGORITHM', invalid],
      [`Bearer ${await signed({ aud: 'others' })}`, 401, 'TOKEN_CLAIMS', invalid],
      [`Bearer ${await signed({ sub: crypto.randomUUID() })}`, 401, 'USER_GONE', invalid],
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
  it('holds for token_ttl, and says whose it is', async () => {
    const { ask } = await serveAuth({ CF_PLUGIN_AUTH__TOKEN_TTL: '2' })
    const body = { name: 'Admin', password: ADMIN_PASSWORD }
    const { json, headers } = await ask('POST', '/auth/login', { body })
    const { sub, name, roles, exp = 0, iat = 0, jti, iss, aud } = decodeJwt(json.token)
    expect({ name, roles, iss, aud }).toEqual({
      name: 'admin',
      roles: ['admin'],
      iss: 'cf-plugins-server',
      aud: 'cf-plugins-server',
    })
    expect([exp - iat, typeof jti]).toEqual([2, 'string'])
    expect(json).toMatchObject({ token_type: 'Bearer', expires_at: exp, user: { sub, name, roles } })
    expect(headers.get('cache-control')).toBe('no-store')
    const me = () => ask('GET', '/auth/me', { token: json.token })
    expect((await me()).json).toEqual({ sub, name, roles, exp, jti })
    let answer = await me()
    for (const end = Date.now() + 10_000; answer.status === 200 && Date.now() < end; answer = await me())
      await wait(100)
    expect([answer.status, answer.json.error.code]).toEqual([401, 'TOKEN_EXPIRED'])
  })

  it('is void after a logout, over reloads and restarts; others of the same user are not', async () => {
    const at = await place()
    const first = await serveAuth({}, at)
    const [gone, kept] = [await first.login('admin', ADMIN_PASSWORD), await first.login('admin', ADMIN_PASSWORD)]
    expect((await first.ask('GET', '/auth/me', { token: gone })).status).toBe(200)
    expect((await first.ask('POST', '/auth/logout', { token: gone })).status).toBe(204)
    const codes = async ({ ask }: typeof first) => [
      (await ask('GET', '/auth/me', { token: gone })).json.error.code,
      (await ask('POST', '/auth/logout', { token: gone })).json.error.code,
      (await ask('GET', '/auth/me', { token: kept })).status,
    ]
    expect(await codes(first)).toEqual(['TOKEN_REVOKED', 'TOKEN_REVOKED', 200])
    expect(await first.server.manager.reload('auth')).toMatchObject({ outcome: 'committed' })
    expect(await codes(first)).toEqual(['TOKEN_REVOKED', 'TOKEN_REVOKED', 200])
    expect(await first.server.manager.reload('cache')).toMatchObject({ outcome: 'committed' })
    expect(await codes(first)).toEqual(['TOKEN_REVOKED', 'TOKEN_REVOKED', 200])
    await first.stop()
    expect(await codes(await serveAuth({}, at))).toEqual(['TOKEN_REVOKED', 'TOKEN_REVOKED', 200])
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

it('events tell who logged in and out, and how', async () => {
  const { server, ask, login } = await serveAuth()
  const told: [string, string, string][] = []
  const note = (event: string) => (payload: LoginEvent) => void told.push([event, payload.user.name, payload.method])
  server.manager.events.on(UserLogin, note('login'))
  server.manager.events.on(UserLogout, note('logout'))
  const token = await login('admin', ADMIN_PASSWORD)
  await ask('POST', '/auth/logout', { token })
  const basic = ['admin', ADMIN_PASSWORD] as const
  for (let times = 0; times < 3; times++) expect((await ask('GET', '/auth/me', { basic })).status).toBe(200)
  await ask('POST', '/auth/logout', { basic })
  await ask('POST', '/auth/login', { body: { name: 'admin', password: 'wrong' } })
  await expect
    .poll(() => told)
    .toEqual([
      ['login', 'admin', 'password'],
      ['logout', 'admin', 'password'],
      ['login', 'admin', 'basic'],
      ['logout', 'admin', 'basic'],
    ])
})

it('a body that is no login is told so', async () => {
  const { ask } = await serveAuth()
  for (const body of [{}, { name: 'admin' }, { name: '', password: 'x' }, { name: 'admin', password: 'x', more: 1 }])
    expect((await ask('POST', '/auth/login', { body })).status).toBe(400)
})
