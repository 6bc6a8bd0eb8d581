// How often somebody may try, and what the audit trail has of it.
import { readFile } from 'node:fs/promises'
import { describe, expect, it } from 'vitest'
import { ADMIN_PASSWORD, place, type Served, serveAuth } from './auth-serving.ts'

const LIMITS = {
  CF_PLUGIN_AUTH__LIMITS__NAME__POINTS: '3',
  CF_PLUGIN_AUTH__LIMITS__ADDRESS__POINTS: '8',
}

const attempt = ({ ask }: Served, name: string, password = 'wrong') =>
  ask('POST', '/auth/login', { body: { name, password } })

describe('who tries too often', () => {
  it('with a name has to wait, by login or Basic, over reloads; tokens of before still hold', async () => {
    const served = await serveAuth(LIMITS)
    const token = await served.login('admin', ADMIN_PASSWORD)
    expect((await attempt(served, 'admin')).status).toBe(401)
    expect((await attempt(served, 'ADMIN')).status).toBe(401)
    // The right one, too: who guesses is not to learn that this was it.
    const limited = await attempt(served, 'admin', ADMIN_PASSWORD)
    expect([limited.status, limited.json.error.code]).toEqual([429, 'RATE_LIMITED'])
    const seconds = Number(limited.headers.get('retry-after'))
    expect(seconds).toBeGreaterThan(0)
    expect(seconds).toBeLessThanOrEqual(60)
    expect((await served.ask('GET', '/auth/me', { basic: ['admin', ADMIN_PASSWORD] })).status).toBe(429)
    expect((await served.ask('GET', '/auth/me', { token })).status).toBe(200)
    for (const plugin of ['auth', 'cache']) {
      expect(await served.server.manager.reload(plugin)).toMatchObject({ outcome: 'committed' })
      expect((await attempt(served, 'admin', ADMIN_PASSWORD)).status, plugin).toBe(429)
    }
    expect((await attempt(served, 'somebody')).status).toBe(401)
  })

  it('from an address has to wait, whatever the names', async () => {
    const served = await serveAuth(LIMITS)
    const statuses: number[] = []
    for (let each = 0; each < 10; each++) statuses.push((await attempt(served, `user-${each}`)).status)
    expect(statuses).toEqual([...new Array(8).fill(401), 429, 429])
  })

  it('is let in again when the time is over', async () => {
    const served = await serveAuth({ ...LIMITS, CF_PLUGIN_AUTH__LIMITS__NAME__SECONDS: '1' })
    for (let each = 0; each < 3; each++) await attempt(served, 'admin')
    expect((await attempt(served, 'admin', ADMIN_PASSWORD)).status).toBe(429)
    await expect
      .poll(async () => (await attempt(served, 'admin', ADMIN_PASSWORD)).status, { timeout: 10_000, interval: 300 })
      .not.toBe(429)
  })
})

it('Basic that was right is counted once, and not for each request', async () => {
  const served = await serveAuth(LIMITS)
  const basic = ['admin', ADMIN_PASSWORD] as const
  const ask = async () => (await served.ask('GET', '/auth/me', { basic })).status
  expect(await Promise.all(Array.from({ length: 20 }, ask))).toEqual(new Array(20).fill(200))
  // Nor for each reload.
  for (let times = 0; times < 4; times++) {
    expect(await served.server.manager.reload('auth')).toMatchObject({ outcome: 'committed' })
    expect(await ask()).toBe(200)
  }
  expect(await served.audit('user.login')).toHaveLength(1)
})

it('the audit trail has who came, went, was refused and changed what, and no secret', async () => {
  const at = await place()
  const served = await serveAuth(LIMITS, at)
  const token = await served.login('admin', ADMIN_PASSWORD)
  const { json: me } = await served.ask('GET', '/auth/me', { token })
  await attempt(served, 'admin', 'not my password')
  await attempt(served, 'my password in the wrong field')
  for (let each = 0; each < 3; each++) await attempt(served, 'admin')
  const body = { name: 'ada', password: 'analytical', roles: ['user'] }
  const { json: ada } = await served.ask('POST', '/auth/users', { token, body })
  const change = { password: 'difference', roles: ['editor'] }
  await served.ask('PATCH', `/auth/users/${ada.id}`, { token, body: change })
  await served.ask('DELETE', `/auth/users/${ada.id}`, { token })
  await served.ask('POST', '/auth/logout', { token })
  const from = expect.stringMatching(/from (::ffff:)?127\.0\.0\.1$/)
  const admin = { by: 'admin', subject: me.sub, reason: from }
  expect(await served.audit('user.login')).toMatchObject([
    { outcome: 'done', ...admin },
    { outcome: 'denied', ...admin },
    { outcome: 'denied', reason: expect.stringMatching(/^no such user, by password, from/) },
    { outcome: 'denied', ...admin },
    // Once, though it was twice.
    { outcome: 'denied', reason: expect.stringMatching(/^too many attempts by name, from/) },
  ])
  expect(await served.audit('user.create')).toMatchObject([
    { subject: me.sub, reason: 'admin, the first user' },
    { by: 'admin', subject: ada.id, reason: 'ada: user' },
  ])
  const what = 'password; roles: editor'
  expect(await served.audit('user.update')).toMatchObject([{ by: 'admin', subject: ada.id, reason: what }])
  expect(await served.audit('user.delete')).toMatchObject([{ by: 'admin', subject: ada.id, reason: 'ada' }])
  expect(await served.audit('user.logout')).toMatchObject([{ outcome: 'done', ...admin }])
  const all = `${await readFile(`${at.DATA}/audit.jsonl`, 'utf8')}${served.log.join('\n')}`
  for (const secret of [ADMIN_PASSWORD, 'not my password', 'wrong field', 'analytical', 'difference', token])
    expect(all).not.toContain(secret)
})
