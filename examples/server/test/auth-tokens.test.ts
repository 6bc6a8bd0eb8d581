// Tokens, and the key that signs them.
import { randomBytes, webcrypto } from 'node:crypto'
import { chmod, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { SignJWT, UnsecuredJWT } from 'jose'
import { describe, expect, it, onTestFinished } from 'vitest'
import { signingKey } from '../plugins/auth/secret.ts'
import { Tokens } from '../plugins/auth/tokens.ts'

describe('a token', () => {
  const keyOf = (text: string) => signingKey(text, '')
  const secret = 'a secret of more than 32 bytes, for tests'
  const tokensOf = async (options: object = {}) =>
    new Tokens({ key: await keyOf(secret), issuer: 'here', audience: 'us', ttlSeconds: 60, ...options })
  const ada = { sub: 'id-of-ada', name: 'ada', roles: ['user'], ver: 1 }
  const refusal = (code: string) => ({
    status: 401,
    code,
    headers: { 'www-authenticate': expect.stringMatching(/^Bearer realm="server", error="invalid_token", error_desc/) },
  })

  it('says whose it is, from when, to when and for whom', async () => {
    const tokens = await tokensOf()
    const { token, claims } = await tokens.issue(ada)
    expect(await tokens.verify(token)).toEqual(claims)
    expect(claims.exp - claims.iat).toBe(60)
    const [, payload = ''] = token.split('.')
    const said = JSON.parse(Buffer.from(payload, 'base64url').toString())
    expect(said).toEqual({ ...claims, iss: 'here', aud: 'us' })
    expect((await tokens.issue(ada)).claims.jti).not.toBe(claims.jti)
  })

  it.each([
    ['another key', { key: 'another secret of more than 32 bytes' }, 'TOKEN_SIGNATURE'],
    ['another issuer', { issuer: 'there' }, 'TOKEN_CLAIMS'],
    ['another audience', { audience: 'them' }, 'TOKEN_CLAIMS'],
    ['a time that is over', { ttlSeconds: -1 }, 'TOKEN_EXPIRED'],
  ])('of %s is refused', async (_what, { key, ...options }: { key?: string; [name: string]: unknown }, code) => {
    const others = await tokensOf({ ...options, ...(key !== undefined && { key: await keyOf(key) }) })
    const { token } = await others.issue(ada)
    await expect((await tokensOf()).verify(token)).rejects.toMatchObject(refusal(code))
  })

  it('without a signature, or by an algorithm of somebody’s choice, is refused', async () => {
    const tokens = await tokensOf()
    const { token, claims } = await tokens.issue(ada)
    const said = { ...claims, iss: 'here', aud: 'us' }
    const unsecured = new UnsecuredJWT(said).encode()
    await expect(tokens.verify(unsecured)).rejects.toMatchObject({ status: 401 })
    const [, payload = '', signature = ''] = token.split('.')
    const header = (alg: string) => Buffer.from(JSON.stringify({ alg, typ: 'JWT' })).toString('base64url')
    for (const alg of ['none', 'None', 'HS512', 'RS256', 'ES256'])
      await expect(tokens.verify(`${header(alg)}.${payload}.${signature}`)).rejects.toMatchObject(
        refusal('TOKEN_ALGORITHM'),
      )
    // The key itself, under another algorithm of its kind.
    const raw = await webcrypto.subtle.importKey('raw', Buffer.from(secret), { name: 'HMAC', hash: 'SHA-512' }, false, [
      'sign',
    ])
    const strong = await new SignJWT(said).setProtectedHeader({ alg: 'HS512', typ: 'JWT' }).sign(raw)
    await expect(tokens.verify(strong)).rejects.toMatchObject(refusal('TOKEN_ALGORITHM'))
  })

  it('that was changed, or is none, is refused', async () => {
    const tokens = await tokensOf()
    const { token, claims } = await tokens.issue(ada)
    const [header = '', , signature = ''] = token.split('.')
    const forged = Buffer.from(JSON.stringify({ ...claims, roles: ['admin'], iss: 'here', aud: 'us' })).toString(
      'base64url',
    )
    await expect(tokens.verify(`${header}.${forged}.${signature}`)).rejects.toMatchObject(refusal('TOKEN_SIGNATURE'))
    for (const text of ['abc', 'a.b.c', `${token}.x`, token.slice(0, -20), '..'])
      await expect(tokens.verify(text), text).rejects.toMatchObject({
        status: 401,
        code: expect.stringMatching(/^TOKEN_/),
      })
  })

  it('with our signature and without what we say is refused', async () => {
    const tokens = await tokensOf()
    const { claims } = await tokens.issue(ada)
    for (const missing of ['sub', 'name', 'roles', 'jti', 'iat', 'exp', 'ver']) {
      const { [missing]: _gone, ...said } = { ...claims, iss: 'here', aud: 'us' } as Record<string, unknown>
      const token = await new SignJWT(said).setProtectedHeader({ alg: 'HS256', typ: 'JWT' }).sign(await keyOf(secret))
      await expect(tokens.verify(token), missing).rejects.toMatchObject(refusal('TOKEN_CLAIMS'))
    }
  })
})

describe('the key of tokens', () => {
  async function folder(): Promise<string> {
    const path = await mkdtemp(join(tmpdir(), 'auth-secret-'))
    onTestFinished(() => rm(path, { recursive: true, force: true }))
    return join(path, 'auth')
  }
  const isSame = async (one: Awaited<ReturnType<typeof signingKey>>, other: typeof one) => {
    const data = randomBytes(8)
    const signature = await webcrypto.subtle.sign('HMAC', one, data)
    return webcrypto.subtle.verify('HMAC', other, signature, data)
  }

  it('is made once, however many ask at once, and is its owner’s alone', async () => {
    const path = await folder()
    const [first, ...others] = await Promise.all(Array.from({ length: 8 }, () => signingKey('', path)))
    if (!first) throw new Error('There is none.')
    for (const key of [...others, await signingKey('', path)]) expect(await isSame(first, key)).toBe(true)
    expect(await readdir(path)).toEqual(['token-secret'])
    expect((await stat(join(path, 'token-secret'))).mode & 0o777).toBe(0o600)
    expect(await readFile(join(path, 'token-secret'), 'utf8')).toHaveLength(64)
  })

  it('is the given one where one is given, and nothing is written then', async () => {
    const path = await folder()
    const given = 'a secret that is long enough for it'
    expect(await isSame(await signingKey(given, path), await signingKey(given, ''))).toBe(true)
    await expect(stat(path)).rejects.toMatchObject({ code: 'ENOENT' })
  })

  it('is not taken from a file without one', async () => {
    const path = await folder()
    await signingKey('', path)
    await chmod(join(path, 'token-secret'), 0o600)
    await writeFile(join(path, 'token-secret'), 'short')
    await expect(signingKey('', path)).rejects.toThrow(/token-secret has no key in it/)
  })
})
