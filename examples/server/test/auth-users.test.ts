// Users: who may make and change them, and what of a change counts at once.
import { describe, expect, it } from 'vitest'
import { Passwords } from '../plugins/auth/passwords.ts'
import { ADMIN_PASSWORD, type Served, sharedServer } from './auth-serving.ts'

const served = sharedServer()
let count = 0

/** A user of the test's own. */
async function withAda() {
  const { ask, login, server } = served()
  const ada = { name: `ada-${++count}`, password: 'analytical' }
  const root = await login('admin', ADMIN_PASSWORD)
  const { json } = await ask('POST', '/auth/users', { token: root, body: { ...ada, roles: ['user'] } })
  return { ask, login, server, root, ada, id: json.id, path: `/auth/users/${json.id}` }
}

const meOf = async ({ ask }: Pick<Served, 'ask'>, token: string) => {
  const { status, json } = await ask('GET', '/auth/me', { token })
  return status === 200 ? json.roles : json.error.code
}

it('are made by an admin, log in, and are listed by name', async () => {
  const { ask, login, root, id, ada } = await withAda()
  const made = await ask('POST', '/auth/users', { token: root, body: { name: 'Bob B', password: 'builders' } })
  expect([made.status, made.json, made.headers.get('location')]).toEqual([
    201,
    { id: expect.any(String), name: 'Bob B', roles: ['user'] },
    `/auth/users/${made.json.id}`,
  ])
  await login('bob b', 'builders')
  const list = await ask('GET', '/auth/users', { token: root })
  expect(list.json.users.map(({ name }: { name: string }) => name)).toEqual([ada.name, 'admin', 'Bob B'])
  expect(list.json.users[0]).toEqual({ id, name: ada.name, roles: ['user'] })
  const page = await ask('GET', `/auth/users?limit=2&after=${ada.name}`, { token: root })
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
  const { ask, login, path, ada } = await withAda()
  const token = await login(ada.name, ada.password)
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
  const { ask, root, path, ada } = await withAda()
  const post = (body: object) => ask('POST', '/auth/users', { token: root, body })
  expect((await post({ name: ada.name.toUpperCase(), password: 'whatever' })).json.error.code).toBe('USER_EXISTS')
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
  it('that nobody tells the server is not noticed at once: users are cached', async () => {
    const { ada, ...mine } = await withAda()
    const token = await mine.login(ada.name, ada.password)
    expect(await meOf(mine, token)).toEqual(['user'])
    const database = mine.server.manager.get('database') as { execute(sql: string, values: unknown[]): Promise<number> }
    await database.execute("update auth_users set roles = '{editor}' where id = $1", [mine.id])
    expect(await meOf(mine, token)).toEqual(['user'])
    await mine.ask('PATCH', mine.path, { token: mine.root, body: { name: `${ada.name}-b` } })
    expect(await meOf(mine, token)).toEqual(['editor'])
  })

  it('of roles counts at once, whatever the token says', async () => {
    const { ada, ...mine } = await withAda()
    const token = await mine.login(ada.name, ada.password)
    expect(await meOf(mine, token)).toEqual(['user'])
    const changed = await mine.ask('PATCH', mine.path, { token: mine.root, body: { roles: ['user', 'admin'] } })
    expect([changed.status, changed.json.roles]).toEqual([200, ['user', 'admin']])
    expect(await meOf(mine, token)).toEqual(['user', 'admin'])
    expect((await mine.ask('GET', '/auth/users', { token })).status).toBe(200)
    await mine.ask('PATCH', mine.path, { token: mine.root, body: { roles: [] } })
    expect((await mine.ask('GET', '/auth/users', { token })).status).toBe(403)
  })

  it('of the password ends tokens, and Basic, of before', async () => {
    const { ada, ...mine } = await withAda()
    const token = await mine.login(ada.name, ada.password)
    const basic = [ada.name, ada.password] as const
    expect((await mine.ask('GET', '/auth/me', { basic })).status).toBe(200)
    await mine.ask('PATCH', mine.path, { token: mine.root, body: { password: 'difference' } })
    expect(await meOf(mine, token)).toBe('TOKEN_OUTDATED')
    expect((await mine.ask('GET', '/auth/me', { basic })).json.error.code).toBe('CREDENTIALS_WRONG')
    expect(await meOf(mine, await mine.login(ada.name, 'difference'))).toEqual(['user'])
  })

  it('of the name leaves tokens alone', async () => {
    const { ada, ...mine } = await withAda()
    const token = await mine.login(ada.name, ada.password)
    await mine.ask('PATCH', mine.path, { token: mine.root, body: { name: 'Ada Lovelace' } })
    expect((await mine.ask('GET', '/auth/me', { token })).json.name).toBe('Ada Lovelace')
    await mine.login('ada lovelace', ada.password)
  })

  it('that removes the user ends all that they had', async () => {
    const { ada, ...mine } = await withAda()
    const token = await mine.login(ada.name, ada.password)
    expect(await meOf(mine, token)).toEqual(['user'])
    expect((await mine.ask('DELETE', mine.path, { token: mine.root })).status).toBe(204)
    expect(await meOf(mine, token)).toBe('USER_GONE')
    await expect(mine.login(ada.name, ada.password)).rejects.toThrow('CREDENTIALS_WRONG')
  })
})

it('passwords are stored anew at the next login where they cost something else by then', async () => {
  const { server, login, ask, ada } = await withAda()
  const database = server.manager.get('database') as {
    fetchRow(sql: string, values: unknown[]): Promise<{ password: string }>
    execute(sql: string, values: unknown[]): Promise<number>
  }
  const stored = async () =>
    (await database.fetchRow('select password from auth_users where name = $1', [ada.name])).password
  expect(await stored()).toMatch(/^\$scrypt\$ln=10,r=8,p=3\$/)
  const cheap = await new Passwords({ logN: 10, r: 4, p: 1 }).hash(ada.password)
  await database.execute('update auth_users set password = $1 where name = $2', [cheap, ada.name])
  const token = await login(ada.name, ada.password)
  expect(await stored()).toMatch(/^\$scrypt\$ln=10,r=8,p=3\$/)
  expect((await ask('GET', '/auth/me', { token })).status).toBe(200)
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
