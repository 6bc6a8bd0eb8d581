// What auth is made of, each part by itself.
import { describe, expect, it, onTestFinished, vi } from 'vitest'
import { credentialsOf } from '../plugins/auth/header.ts'
import { networkOf } from '../plugins/auth/limits.ts'
import { Passwords } from '../plugins/auth/passwords.ts'
import { settings } from '../plugins/auth/settings.ts'
import { newUser } from '../plugins/auth/user-record.ts'
import { Verified, verifiedPasswords } from '../plugins/auth/verified.ts'

const base64 = (text: string | Uint8Array) => Buffer.from(text).toString('base64')

describe('an Authorization header', () => {
  it.each([
    ['Bearer abc.def-_~+/==', { scheme: 'bearer', token: 'abc.def-_~+/==' }],
    ['bEARER   abc  ', { scheme: 'bearer', token: 'abc' }],
    [`Basic ${base64('ada:a:b')}`, { scheme: 'basic', name: 'ada', password: 'a:b' }],
    [`basic ${base64('ada:')}`, { scheme: 'basic', name: 'ada', password: '' }],
    [`Basic ${base64('äda:pässwörd €')}`, { scheme: 'basic', name: 'äda', password: 'pässwörd €' }],
    [`Basic ${base64('ada:sesame1').replace(/=+$/, '')}`, { scheme: 'basic', name: 'ada', password: 'sesame1' }],
  ])('%j is %j', (header, credentials) => {
    expect(credentialsOf(header)).toEqual(credentials)
  })

  it.each([
    [''],
    ['   '],
    ['Bearer'],
    ['Bearer a b'],
    ['Bearer ä'],
    ['Basic'],
    ['Basic !!!!'],
    [`Basic ${base64('no colon')}`],
    [`Basic ${base64(':password')}`],
    [`Basic ${base64('a\nb:c')}`],
    [`Basic ${base64(new Uint8Array([0x61, 0x3a, 0xff]))}`],
    [`Bearer ${'a'.repeat(10_000)}`],
  ])('%j is malformed', (header) => {
    const challenge = expect.stringMatching(/^Bearer realm="server", error="invalid_request".*, Basic realm="server"/)
    const refused = { status: 400, code: 'AUTH_HEADER_MALFORMED', headers: { 'www-authenticate': challenge } }
    expect(() => credentialsOf(header)).toThrow(expect.objectContaining(refused))
  })

  it.each([['Digest username="ada"'], ['Token abc'], ['abc']])('%j has a scheme that nobody knows', (header) => {
    const challenge = 'Bearer realm="server", Basic realm="server", charset="UTF-8"'
    const refused = { status: 401, code: 'AUTH_SCHEME_UNKNOWN', headers: { 'www-authenticate': challenge } }
    expect(() => credentialsOf(header)).toThrow(expect.objectContaining(refused))
  })
})

describe('a password', () => {
  const cost = { logN: 10, r: 8, p: 1 }

  it('is stored with a salt of its own and what it costs, and matches itself alone', async () => {
    const passwords = new Passwords(cost)
    const [one, other] = await Promise.all([passwords.hash('sesame'), passwords.hash('sesame')])
    expect(one).toMatch(/^\$scrypt\$ln=10,r=8,p=1\$[A-Za-z0-9+/]{22}\$[A-Za-z0-9+/]{43}$/)
    expect(one).not.toBe(other)
    expect(await passwords.verify('sesame', one)).toBe(true)
    expect(await passwords.verify('Sesame', one)).toBe(false)
    expect(await passwords.verify('', one)).toBe(false)
  })

  it('is the same however its accents are put together', async () => {
    const passwords = new Passwords(cost)
    expect(await passwords.verify('pa\u0308ss', await passwords.hash('p\u00e4ss'))).toBe(true)
  })

  it('is nobody’s where none is stored, or what is stored cannot be read', async () => {
    const passwords = new Passwords(cost)
    for (const stored of [undefined, null, '', 'sesame', '$scrypt$ln=10,r=8,p=1$$'])
      expect(await passwords.verify('sesame', stored)).toBe(false)
  })

  it('is outdated where it was stored at another cost, and matches all the same', async () => {
    const stored = await new Passwords(cost).hash('sesame')
    const later = new Passwords({ ...cost, logN: 11 })
    expect(later.isOutdated(stored)).toBe(true)
    expect(await later.verify('sesame', stored)).toBe(true)
    expect(later.isOutdated(await later.hash('sesame'))).toBe(false)
  })

  it('is checked two at a time; who comes when very many wait is told so', async () => {
    const passwords = new Passwords(cost)
    const stored = await passwords.hash('sesame')
    const answers = await Promise.allSettled(Array.from({ length: 100 }, () => passwords.verify('sesame', stored)))
    const refused = answers.filter((answer) => answer.status === 'rejected')
    expect(refused).toHaveLength(100 - 64 - 2)
    expect(refused[0]?.reason).toMatchObject({ status: 503, code: 'AUTH_BUSY', headers: { 'retry-after': '1' } })
    expect(await passwords.verify('sesame', stored)).toBe(true)
  })
})

describe('Basic that was checked a moment ago', () => {
  const user = (version: number) => ({ id: '1', name: 'ada', roles: [], version })

  it('is not checked again until its time is over, or the password is another', async () => {
    const kept = verifiedPasswords()
    const verified = new Verified(kept, 60)
    let now = user(1)
    let checks = 0
    const check = async () => {
      checks++
      return now
    }
    const ask = (password = 'sesame', by = verified) => by.user('ada', password, async () => now, check)
    await Promise.all([ask(), ask(), ask()])
    expect(checks).toBe(1)
    await ask()
    expect(checks).toBe(1)
    await ask('open')
    expect(checks).toBe(2)
    now = user(2)
    await ask()
    expect(checks).toBe(3)
    // The next generation has what the host holds.
    await ask('sesame', new Verified(kept, 60))
    expect(checks).toBe(3)
    await ask('sesame', new Verified(verifiedPasswords(), 0))
    await ask('sesame', new Verified(verifiedPasswords(), 0))
    expect(checks).toBe(5)
    expect(JSON.stringify([...kept.entries])).not.toContain('sesame')
  })

  it('is checked again when its time is over', async () => {
    vi.useFakeTimers({ toFake: ['performance'] })
    onTestFinished(() => void vi.useRealTimers())
    const verified = new Verified(verifiedPasswords(), 60)
    let checks = 0
    const check = async () => {
      checks++
      return user(1)
    }
    const ask = () => verified.user('ada', 'sesame', async () => user(1), check)
    await ask()
    vi.advanceTimersByTime(59_000)
    await ask()
    expect(checks).toBe(1)
    vi.advanceTimersByTime(2000)
    await ask()
    expect(checks).toBe(2)
  })

  it('is not kept where it was wrong', async () => {
    const verified = new Verified(verifiedPasswords(), 60)
    const ask = () =>
      verified.user(
        'ada',
        'wrong',
        async () => user(1),
        async () => Promise.reject(new Error('wrong')),
      )
    await expect(ask()).rejects.toThrow('wrong')
    await expect(ask()).rejects.toThrow('wrong')
  })
})

it.each([
  ['127.0.0.1', '127.0.0.1'],
  ['::ffff:10.1.2.3', '10.1.2.3'],
  ['2001:db8:1:2:3:4:5:6', '2001:db8:1:2::/64'],
  ['2001:db8::1', '2001:db8:0:0::/64'],
  ['2001:DB8:1:2::', '2001:db8:1:2::/64'],
  ['::1', '0:0:0:0::/64'],
  ['fe80::1%eth0', 'fe80:0:0:0::/64'],
  ['somewhere', 'somewhere'],
])('attempts from %s are counted for %s', (address, network) => {
  expect(networkOf(address)).toBe(network)
})

describe('a new user’s name', () => {
  it.each(['ada', 'Ada Lovelace', 'ada@example.org', 'Ünal', '李'])('may be %j', (name) => {
    expect(newUser.parse({ name })).toEqual({ name, roles: ['user'] })
  })

  it.each(['', ' ada', 'ada ', 'a:b', 'a\u200bb', 'a\nb', 'x'.repeat(65)])('may not be %j', (name) => {
    expect(newUser.safeParse({ name }).success).toBe(false)
  })
})

describe('settings', () => {
  it('need say nothing', () => {
    const all = settings.parse({})
    expect(all).toMatchObject({ token_ttl: 3600, user_ttl: 300, limits: { name: { points: 10, seconds: 60 } } })
    expect(all.oidc).toMatchObject({ issuer: '', default_roles: ['user'] })
  })

  it.each([
    [{ secret: 'short' }],
    [{ oidc: { issuer: 'http://example.org', client_id: 'us' } }],
    [{ oidc: { issuer: 'https://example.org' } }],
    [{ token_ttl: 0 }],
  ])('refuse %j', (wrong) => {
    expect(settings.safeParse(wrong).success).toBe(false)
  })
})
