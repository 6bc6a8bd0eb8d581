// How often somebody may try, and what the audit trail has of it.
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { ADMIN_PASSWORD, type Served, sharedServer } from './auth-serving.ts'

const attempt = ({ ask }: Served, name: string, password = 'wrong') =>
  ask('POST', '/auth/login', { body: { name, password } })

/** A user whom nobody has tried to be yet. */
async function newUser({ login, ask, server }: Served, name: string) {
  const auth = server.manager.get('auth') as { createUser(user: object): Promise<{ sub: string }> }
  const { sub } = await auth.createUser({ name, password: 'analytical', roles: ['user'] })
  return { login, ask, name, password: 'analytical', sub }
}

describe('where a name may be tried thrice a minute', () => {
  const served = sharedServer({ CF_PLUGIN_AUTH__LIMITS__NAME__POINTS: '3' })

  it('who does so more often has to wait, by login or Basic, over reloads; tokens of before still hold', async () => {
    const { name, password } = await newUser(served(), 'ada')
    const token = await served().login(name, password)
    expect((await attempt(served(), 'ada')).status).toBe(401)
    expect((await attempt(served(), 'ADA')).status).toBe(401)
    // The right one, too: who guesses is not to learn that this was it.
    const limited = await attempt(served(), name, password)
    expect([limited.status, limited.json.error.code]).toEqual([429, 'RATE_LIMITED'])
    const seconds = Number(limited.headers.get('retry-after'))
    expect(seconds).toBeGreaterThan(0)
    expect(seconds).toBeLessThanOrEqual(60)
    expect((await served().ask('GET', '/auth/me', { basic: [name, password] })).status).toBe(429)
    expect((await served().ask('GET', '/auth/me', { token })).status).toBe(200)
    for (const plugin of ['auth', 'cache']) {
      expect(await served().server.manager.reload(plugin)).toMatchObject({ outcome: 'committed' })
      expect((await attempt(served(), name, password)).status, plugin).toBe(429)
    }
    expect((await attempt(served(), 'somebody')).status).toBe(401)
  })

  it('Basic that was right is counted once, and neither for each request nor for each reload', async () => {
    const { name, password, sub } = await newUser(served(), 'bob')
    const ask = async () => (await served().ask('GET', '/auth/me', { basic: [name, password] })).status
    expect(await Promise.all(Array.from({ length: 20 }, ask))).toEqual(new Array(20).fill(200))
    for (let times = 0; times < 4; times++) {
      expect(await served().server.manager.reload('auth')).toMatchObject({ outcome: 'committed' })
      expect(await ask()).toBe(200)
    }
    expect((await served().audit('user.login')).filter(({ subject }) => subject === sub)).toHaveLength(1)
  })

  it('the audit trail has who came, went, was refused and changed what, and no secret', async () => {
    const { data, log, ask, login, audit } = served()
    const before = (await audit('user.login')).length
    const token = await login('admin', ADMIN_PASSWORD)
    const { json: me } = await ask('GET', '/auth/me', { token })
    await attempt(served(), 'admin', 'not my password')
    await attempt(served(), 'my password in the wrong field')
    for (let each = 0; each < 3; each++) await attempt(served(), 'admin')
    const body = { name: 'cleo', password: 'analytical', roles: ['user'] }
    const { json: user } = await ask('POST', '/auth/users', { token, body })
    const change = { password: 'difference', roles: ['editor'] }
    await ask('PATCH', `/auth/users/${user.id}`, { token, body: change })
    await ask('DELETE', `/auth/users/${user.id}`, { token })
    await ask('POST', '/auth/logout', { token })
    const admin = { by: 'admin', subject: me.sub, reason: expect.stringMatching(/from (::ffff:)?127\.0\.0\.1$/) }
    expect((await audit('user.login')).slice(before)).toMatchObject([
      { outcome: 'done', ...admin },
      { outcome: 'denied', ...admin },
      { outcome: 'denied', reason: expect.stringMatching(/^no such user, by password, from/) },
      { outcome: 'denied', ...admin },
      // Once, though it was twice.
      { outcome: 'denied', reason: expect.stringMatching(/^too many attempts by name, from/) },
    ])
    // People type passwords into the wrong field.
    expect((await audit('user.login'))[before + 2]).not.toHaveProperty('by')
    expect((await audit('user.create'))[0]).toMatchObject({ subject: me.sub, reason: 'admin, the first user' })
    const by = { by: 'admin', subject: user.id }
    expect((await audit('user.create')).at(-1)).toMatchObject({ ...by, reason: 'cleo: user' })
    expect(await audit('user.update')).toMatchObject([{ ...by, reason: 'password; roles: editor' }])
    expect(await audit('user.delete')).toMatchObject([{ ...by, reason: 'cleo' }])
    expect(await audit('user.logout')).toMatchObject([{ outcome: 'done', ...admin }])
    const all = `${await readFile(join(data, 'audit.jsonl'), 'utf8')}${log.join('\n')}`
    for (const secret of [ADMIN_PASSWORD, 'not my password', 'wrong field', 'analytical', 'difference', token])
      expect(all).not.toContain(secret)
  })
})

describe('where an address may try eight times in three seconds', () => {
  const served = sharedServer({
    CF_PLUGIN_AUTH__LIMITS__ADDRESS__POINTS: '8',
    CF_PLUGIN_AUTH__LIMITS__ADDRESS__SECONDS: '3',
  })

  it('it has to wait then, whatever the names, and is let in when the time is over', async () => {
    const attempts = Array.from({ length: 20 }, (_, each) => attempt(served(), `user-${each}`))
    const statuses = (await Promise.all(attempts)).map(({ status }) => status).toSorted()
    expect(statuses.slice(0, 8)).toEqual(new Array(8).fill(401))
    expect(statuses).toContain(429)
    const again = async () => (await attempt(served(), 'admin', ADMIN_PASSWORD)).status
    await expect.poll(again, { timeout: 15_000, interval: 500 }).toBe(200)
  })
})
