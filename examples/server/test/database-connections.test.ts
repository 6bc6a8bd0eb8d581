// Connections of one's own: who gets one, for how long, and what is told of those that are kept.
import { expect, it, vi } from 'vitest'
import { everyDatabase } from './database-setups.ts'

everyDatabase('connections', ({ open, connections, source }) => {
  const all = (database: ReturnType<typeof open>['database']) =>
    Promise.all(Array.from({ length: connections }, () => database.acquire()))

  it('is somebody’s until it is given back', async () => {
    const { database } = open()
    const connection = await database.acquire()
    await connection.execute('create temporary table mine (id int)')
    expect(await connection.fetch('select * from mine')).toEqual([])
    await connection.execute('drop table mine')
    database.release(connection)
    database.release(connection)
    await expect(connection.fetch('select 1')).rejects.toMatchObject({
      code: 'DATABASE_RELEASED',
      message: expect.stringMatching(/acquired by .*test\/database-connections\.test\.ts:\d+/),
    })
    await expect(connection.query.selectFrom('x').selectAll().execute()).rejects.toMatchObject({
      code: 'DATABASE_RELEASED',
    })
    await vi.waitFor(() => expect(source().turns.taken).toBe(0))
  })

  it('rolls back what was left open', async () => {
    const { database } = open()
    await database.execute('create table notes (id int)')
    {
      await using connection = await database.acquire()
      await connection.execute('begin')
      await connection.execute('insert into notes values (1)')
    }
    expect(await database.fetch('select * from notes')).toEqual([])
    await database.execute('begin')
    await database.execute('insert into notes values (2)')
    expect(await database.fetch('select * from notes')).toEqual([{ id: 2 }])
  })

  it('is given to whoever came first', async () => {
    const { database } = open()
    const held = await all(database)
    const order: number[] = []
    const waiting = [1, 2, 3, 4].map(async (number) => {
      const connection = await database.acquire()
      order.push(number)
      database.release(connection)
    })
    await vi.waitFor(() => expect(source().turns.waiting).toBe(4))
    for (const connection of held) database.release(connection)
    await Promise.all(waiting)
    expect(order).toEqual([1, 2, 3, 4])
  })

  it('is waited for for so long, and the error knows who has it', async () => {
    const { database } = open({ acquireTimeoutMs: 50 })
    const held = await all(database)
    const refused = database.fetch('select 1')
    await expect(refused).rejects.toMatchObject({
      code: 'DATABASE_BUSY',
      status: 503,
      message: 'The database is busy: no connection was free within 50 ms.',
      cause: { message: expect.stringMatching(/database-connections\.test\.ts:\d+ \(for \d+ ms\)/) },
    })
    await expect(database.acquire({ timeoutMs: 1 })).rejects.toMatchObject({ code: 'DATABASE_BUSY' })
    expect(await database.health()).toEqual({
      status: 'degraded',
      message: `all ${connections} connections are taken, and 0 wait for one`,
    })
    for (const connection of held) database.release(connection)
    expect(await database.fetch('select 1 as one')).toEqual([{ one: 1 }])
    expect(await database.health()).toEqual({ status: 'healthy' })
  })

  it('is not waited for by too many', async () => {
    const { database } = open({ maxWaiting: 1 })
    const held = await all(database)
    const waiting = database.acquire()
    await expect(database.acquire()).rejects.toMatchObject({
      code: 'DATABASE_BUSY',
      message: expect.stringContaining('1 wait'),
    })
    for (const connection of held) database.release(connection)
    database.release(await waiting)
  })

  it('is not waited for any more where somebody says so', async () => {
    const { database } = open()
    const held = await all(database)
    const given = new AbortController()
    const waiting = database.acquire({ signal: given.signal })
    given.abort(new Error('gone'))
    await expect(waiting).rejects.toThrow('gone')
    await expect(database.acquire({ signal: AbortSignal.abort(new Error('never')) })).rejects.toThrow('never')
    expect(source().turns.waiting).toBe(0)
    for (const connection of held) database.release(connection)
    await vi.waitFor(() => expect(source().turns.taken).toBe(0))
  })

  it('is told to the log where it is kept too long, once', async () => {
    const { database, log } = open({ leakAfterMs: 1 })
    const connection = await database.acquire()
    await vi.waitFor(() => {
      database.sweep()
      expect(log).toHaveLength(1)
    })
    database.sweep()
    expect(log).toEqual([
      expect.stringMatching(
        /^A connection has not been given back for \d+ s: it was acquired by .*database-connections\.test\.ts:\d+\. Release it/,
      ),
    ])
    if (connections > 1)
      expect(await database.health()).toMatchObject({
        status: 'degraded',
        message: expect.stringContaining('.test.ts:'),
      })
    database.release(connection)
    expect(await database.health()).toEqual({ status: 'healthy' })
  })

  it('is taken back when the generation ends, and those who wait are told', async () => {
    const { database, log, again } = open()
    const held = await all(database)
    const waiting = database.acquire()
    const closed = database.close()
    await expect(waiting).rejects.toMatchObject({ code: 'DATABASE_CLOSED', status: 503 })
    await closed
    expect(log).toHaveLength(connections)
    expect(log[0]).toMatch(/^A connection was never given back: it was acquired by .*\.test\.ts:\d+\.$/)
    await expect(held[0]?.fetch('select 1')).rejects.toMatchObject({ code: 'DATABASE_RELEASED' })
    await expect(database.fetch('select 1')).rejects.toMatchObject({ code: 'DATABASE_CLOSED' })
    expect(await again().fetch('select 1 as one')).toEqual([{ one: 1 }])
  })

  it('lets end what is under way when the generation ends', async () => {
    const { database, log } = open()
    const asked = database.fetch('select pg_sleep(0.05), 1 as one')
    await vi.waitFor(() => expect(source().turns.taken).toBe(1))
    await database.close()
    expect(await asked).toMatchObject([{ one: 1 }])
    expect(log).toEqual([])
  })
})
