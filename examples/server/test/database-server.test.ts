// A PostgreSQL server that is not there, goes away, says nothing, and comes back.
import { describe, expect, it, onTestFinished, vi } from 'vitest'
import { PooledDatabase } from '../plugins/database/database.ts'
import { openServer } from '../plugins/database/server.ts'
import { DATABASE_URL, logInto, serverOptions } from './database-setups.ts'
import { openProxy } from './tcp-proxy.ts'

describe('a server that is not there', () => {
  it('says at the start what to do, and nothing of the password', async () => {
    const opening = openServer(serverOptions('postgres://me:pass%2Dword@127.0.0.1:1/notes', 'public'))
    await expect(opening).rejects.toMatchObject({
      code: 'DATABASE_UNREACHABLE',
      message: expect.stringMatching(
        /^No connection to postgres:\/\/me@127\.0\.0\.1:1\/notes \(.*ECONNREFUSED.*\)\. Nobody listens there: start PostgreSQL.* DATABASE_URL; without it the embedded/,
      ),
    })
    await expect(opening).rejects.not.toMatchObject({ message: expect.stringMatching(/pass(%2D|-)word/) })
  })
})

describe.skipIf(!DATABASE_URL)('a server (skipped unless DATABASE_URL is set)', () => {
  const target = DATABASE_URL ?? ''

  async function opened(options: Partial<ReturnType<typeof serverOptions>> = {}) {
    const proxy = await openProxy(target, 5432)
    const source = await openServer({ ...serverOptions(proxy.url, 'public'), ...options })
    onTestFinished(() => source[Symbol.asyncDispose]())
    const log: string[] = []
    const limits = { schema: 'public', auto_migrate: true, acquireTimeoutMs: 2000, maxWaiting: 10, leakAfterMs: 60_000 }
    const database = new PooledDatabase(source, limits, logInto(log))
    return { proxy, source, database }
  }

  it.each([
    [
      'no such database',
      (url: URL) => Object.assign(url, { pathname: '/no_such_database' }),
      /There is no such database/,
    ],
    ['no such host', (url: URL) => Object.assign(url, { hostname: 'no-such-host.invalid' }), /host/],
  ])('says what to do where there is %s', async (_what, change, remedy) => {
    const url = change(new URL(target))
    url.password = 'pass-word'
    const opening = openServer(serverOptions(url.href, 'public'))
    await expect(opening).rejects.toMatchObject({
      code: 'DATABASE_UNREACHABLE',
      message: expect.stringMatching(remedy),
    })
    await expect(opening).rejects.not.toMatchObject({ message: expect.stringContaining('pass-word') })
  })

  it('goes away: what was under way fails with one clear error, and the pool heals', async () => {
    const { proxy, database } = await opened()
    const [first, second] = await Promise.all([database.acquire(), database.acquire()])
    const underWay = [
      first.fetch('select pg_sleep(30)'),
      second.transaction((connection) => connection.fetch('select pg_sleep(30)')),
    ]
    const failures = Promise.all(underWay.map((asked) => asked.catch((error: unknown) => error)))
    await proxy.cut()
    for (const error of await failures) {
      expect(error).toMatchObject({ code: 'DATABASE_CONNECTION_LOST', status: 503, headers: { 'retry-after': '1' } })
    }
    database.release(first)
    database.release(second)
    await expect(database.fetch('select 1')).rejects.toMatchObject({
      code: 'DATABASE_UNAVAILABLE',
      status: 503,
      message: 'The database cannot be reached just now.',
    })
    expect(await database.health()).toMatchObject({
      status: 'unhealthy',
      message: expect.stringContaining('ECONNREFUSED'),
    })
    await proxy.mend()
    expect(await database.health()).toEqual({ status: 'healthy' })
    expect(await database.fetch('select 1 as one')).toEqual([{ one: 1 }])
  })

  it('does not know whether it was kept, where it goes away in the middle of a commit', async () => {
    const { proxy, database } = await opened()
    const lost = database.transaction(async (connection) => {
      await connection.fetch('select 1')
      await proxy.cut()
    })
    await expect(lost).rejects.toMatchObject({
      code: 'DATABASE_CONNECTION_LOST',
      message: expect.stringContaining('whether it was kept is not known'),
    })
  })

  it('is not noticed where only connections that nobody used were cut', async () => {
    const { proxy, database } = await opened()
    await database.fetch('select 1')
    await proxy.cut()
    await proxy.mend()
    await vi.waitFor(() => expect(proxy.connections()).toBe(0))
    expect(await database.fetch('select 1 as one')).toEqual([{ one: 1 }])
  })

  it('says nothing any more: nobody waits for ever', async () => {
    const { proxy, database } = await opened({ queryTimeoutMs: 500, connectTimeoutMs: 1000 })
    await database.fetch('select 1')
    proxy.stopUp()
    await expect(database.fetch('select 1')).rejects.toMatchObject({ code: 'DATABASE_CONNECTION_LOST' })
    expect(await database.health()).toMatchObject({ status: 'unhealthy' })
    await proxy.cut()
    await proxy.mend()
    expect(await database.fetch('select 1 as one')).toEqual([{ one: 1 }])
  })

  it('ends a statement that takes too long, and keeps the connection', async () => {
    const { proxy, database } = await opened({ queryTimeoutMs: 500 })
    await expect(database.fetch('select pg_sleep(30)')).rejects.toMatchObject({ code: '57014' })
    expect(await database.fetch('select 1 as one')).toEqual([{ one: 1 }])
    expect(proxy.connections()).toBe(1)
  })

  it('bears a migration that has run, while it is away', async () => {
    const { proxy, database, source } = await opened()
    source.migrated.set('public.notes', '001')
    await proxy.cut()
    await database.migrate('notes', { '001': { up: async () => {} } })
    await expect(database.migrate('notes', { '002': { up: async () => {} } })).rejects.toMatchObject({ status: 503 })
  })
})
