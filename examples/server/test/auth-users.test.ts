// Users: who may make and change them, and what of a change counts at once.
import { describe, expect, it } from 'vitest'
import { ADMIN_PASSWORD, type Served, serveAuth } from './auth-serving.ts'

const ADA = { name: 'ada', password: 'analytical' }

async function withAda(env: Record<string, string> = {}) {
  const served = await serveAuth(env)
  const root = await served.login('admin', ADMIN_PASSWORD)
  const { json } = await served.ask('POST', '/auth/users', { token: root, body: { ...ADA, roles: ['user'] } })
  return { ...served, root, id: json.id as string, path: `/auth/users/${json.id}` }
}

const meOf = async ({ ask }: Pick<Served, 'ask'>, token: string) => {
  const { status, json } = await ask('GET', '/auth/me', { token })
  return status === 200 ? json.roles : json.error.code
}

it('are made by an admin, log in, and are listed by name', async () => {
  const { ask, login, root, id } = await withAda()
  const made = await ask('POST', '/auth/users', { token: root, body: { name: 'Bob B', password: 'builders' } })
  expect([made.status, made.json, made.headers.get('location')]).toEqual([
    201,
    { id: expect.any(String), name: 'Bob B', roles: ['user'] },
    `/auth/users/${made.json.id}`,
  ])
  await login('bob b', 'builders')
  const list = await ask('GET', '/auth/users', { token: root })
  expect(list.json.users.map(({ name }: { name: string }) => name)).toEqual(['ada', 'admin', 'Bob B'])
  expect(list.json.users[0]).toEqual({ id, name: 'ada', roles: ['user'] })
  const page = await ask('GET', '/auth/users?limit=2&after=ada', { token: root })
  expect([page.json.users.length, page.json.next]).toEqual([2, 'Bob B'])
  expect((await ask('GET', '/auth/users?limit=none', { token: root })).status).toBe(400)
})

it('without a password cannot log in by one', async () => {
  const { ask, root } = await withAda()
  expect((await ask('POST', '/auth/users', { token: root, body: { name: 'ghost' } })).status).toBe(201)
  const { status, json } = await ask('POST', '/auth/login', { body: { name: 'ghost', password: 'anything' } })
  expect([status, json.error.code]).toEqual([401, 'CREDENTIALS_WRONG'])
})

it('are nobody else’s business', async () => {
  const { ask, login, path } = await withAda()
  const token = await login(ADA.name, ADA.password)
  const calls: [string, string, object?][] = [
    ['GET', '/auth/users'],
    ['POST', '/auth/users', { name: 'eve', roles: ['admin'] }],
    ['PATCH', path, { roles: ['admin'] }],
    ['DELETE', path],
  ]
  for (const [method, to, body] of calls) {
    const asked = body ? { body } : {}
    expect((await ask(method, to, asked)).status, method).toBe(401)
    expect((await ask(method, to, { ...asked, token })).status, method).toBe(403)
  }
})

it('that cannot be are told so', async () => {
  const { ask, root, path } = await withAda()
  const post = (body: object) => ask('POST', '/auth/users', { token: root, body })
  expect((await post({ name: 'ADA', password: 'whatever' })).json.error.code).toBe('USER_EXISTS')
  for (const body of [{ name: 'a:b' }, { name: 'x', password: 'short' }, { name: 'x', roles: ['Root!'] }, {}])
    expect((await post(body)).status).toBe(400)
  const patch = (body: object, to = path) => ask('PATCH', to, { token: root, body })
  expect((await patch({ name: 'Admin' })).json.error).toMatchObject({ code: 'USER_EXISTS' })
  expect((await patch({})).status).toBe(400)
  for (const id of [crypto.randomUUID(), 'nobody', "' or 1=1 --"]) {
    const to = `/auth/users/${encodeURIComponent(id)}`
    expect((await patch({ roles: [] }, to)).json.error.code).toBe('USER_UNKNOWN')
    expect((await ask('DELETE', to, { token: root })).json.error.code).toBe('USER_UNKNOWN')
  }
})

describe('a change', () => {
  it('of roles counts at once, whatever the token says', async () => {
    const served = await withAda()
    const token = await served.login(ADA.name, ADA.password)
    expect(await meOf(served, token)).toEqual(['user'])
    const changed = await served.ask('PATCH', served.path, { token: served.root, body: { roles: ['user', 'admin'] } })
    expect([changed.status, changed.json.roles]).toEqual([200, ['user', 'admin']])
    expect(await meOf(served, token)).toEqual(['user', 'admin'])
    expect((await served.ask('GET', '/auth/users', { token })).status).toBe(200)
    await served.ask('PATCH', served.path, { token: served.root, body: { roles: [] } })
    expect((await served.ask('GET', '/auth/users', { token })).status).toBe(403)
  })

  it('of the password ends tokens, and Basic, of before', async () => {
    const served = await withAda()
    const token = await served.login(ADA.name, ADA.password)
    const basic = [ADA.name, ADA.password] as const
    expect((await served.ask('GET', '/auth/me', { basic })).status).toBe(200)
    await served.ask('PATCH', served.path, { token: served.root, body: { password: 'difference' } })
    expect(await meOf(served, token)).toBe('TOKEN_OUTDATED')
    expect((await served.ask('GET', '/auth/me', { basic })).json.error.code).toBe('CREDENTIALS_WRONG')
    expect(await meOf(served, await served.login('ada', 'difference'))).toEqual(['user'])
  })

  it('of the name leaves tokens alone', async () => {
    const served = await withAda()
    const token = await served.login(ADA.name, ADA.password)
    await served.ask('PATCH', served.path, { token: served.root, body: { name: 'Ada Lovelace' } })
    expect((await served.ask('GET', '/auth/me', { token })).json.name).toBe('Ada Lovelace')
    await served.login('ada lovelace', ADA.password)
  })

  it('that removes the user ends all that they had', async () => {
    const served = await withAda()
    const token = await served.login(ADA.name, ADA.password)
    expect(await meOf(served, token)).toEqual(['user'])
    expect((await served.ask('DELETE', served.path, { token: served.root })).status).toBe(204)
    expect(await meOf(served, token)).toBe('USER_GONE')
    await expect(served.login(ADA.name, ADA.password)).rejects.toThrow('CREDENTIALS_WRONG')
  })
})

it('the last admin stays one, of two who step down at once one', async () => {
  const { ask, root, path } = await withAda()
  const { json: me } = await ask('GET', '/auth/me', { token: root })
  const own = `/auth/users/${me.sub}`
  const stepDown = (to: string) => ask('PATCH', to, { token: root, body: { roles: ['user'] } })
  expect((await stepDown(own)).json.error.code).toBe('LAST_ADMIN')
  expect((await ask('DELETE', own, { token: root })).json.error.code).toBe('LAST_ADMIN')
  await ask('PATCH', path, { token: root, body: { roles: ['admin'] } })
  const answers = await Promise.all([stepDown(own), stepDown(path)])
  // The first to be heard may have been the one who asks, who is no admin then.
  expect(answers.map(({ status }) => status).filter((status) => status === 200)).toHaveLength(1)
})

it('passwords are stored anew at the next login where they cost something else by then', async () => {
  const { server, login, root, ask } = await withAda({ CF_PLUGIN_AUTH__SCRYPT__LOG_N: '11' })
  const database = server.manager.get('database') as {
    fetchRow(sql: string): Promise<{ password: string }>
    execute(sql: string, values: unknown[]): Promise<number>
  }
  const stored = async () =>
    (await database.fetchRow("select password from auth_users where name_key = 'ada'")).password
  expect(await stored()).toMatch(/^\$scrypt\$ln=11,r=8,p=3\$/)
  const { Passwords } = await import('../plugins/auth/passwords.ts')
  const cheap = await new Passwords({ logN: 10, r: 8, p: 1 }).hash(ADA.password)
  await database.execute("update auth_users set password = $1 where name_key = 'ada'", [cheap])
  const token = await login(ADA.name, ADA.password)
  expect(await stored()).toMatch(/^\$scrypt\$ln=11,r=8,p=3\$/)
  expect((await ask('GET', '/auth/me', { token })).status).toBe(200)
  expect(root).toBeTypeOf('string')
})
