// What every database does, whichever it is.
import { expect, it } from 'vitest'
import { everyDatabase } from './database-setups.ts'

everyDatabase('asking', ({ kind, open }) => {
  it('says which one it is', () => {
    expect(open().database.kind).toBe(kind)
  })

  it('executes, and says how many rows were changed', async () => {
    const { database } = open()
    expect(await database.execute('create table notes (id int primary key, text text)')).toBe(0)
    expect(await database.execute(`insert into notes values (1, 'a'), (2, 'b'), (3, $1)`, [null])).toBe(3)
    expect(await database.execute('update notes set text = $1 where id > $2', ['c', 1])).toBe(2)
    expect(await database.execute('select * from notes')).toBe(0)
    expect(await database.execute('delete from notes where id = $1', [9])).toBe(0)
  })

  it('fetches all rows, the first one, and none', async () => {
    const { database } = open()
    await database.execute('create table notes (id int); insert into notes values (1), (2)')
    expect(await database.fetch<{ id: number }>('select id from notes order by id')).toEqual([{ id: 1 }, { id: 2 }])
    expect(await database.fetchRow('select id from notes where id = $1', [2])).toEqual({ id: 2 })
    expect(await database.fetchRow('select id from notes where id = $1', [3])).toBeUndefined()
  })

  it('gives the same values', async () => {
    const row =
      await open().database.fetchRow(`select 5::int8 small, 9007199254740993::int8 big, count(*) counted, 1.50::numeric exact,
      1.5::float8 about, date '2026-01-31' as day, timestamp '2026-01-31 10:00:00.5' as local, timestamptz '2026-01-31 10:00:00+02' moment,
      'infinity'::timestamptz never, '{"a":[1,null]}'::jsonb data, '\\x01ff'::bytea bytes, true as yes, false as no, null as nothing, interval '90 minutes' as span,
      array['a,b', null, 'c"\\'] texts, array[1,2]::int8[] numbers, array[[1,2],[3,4]] matrix, array[timestamptz '2026-01-31 10:00+00'] moments,
      array[true, false] flags, point(1,2) as point, '127.0.0.1'::inet address`)
    expect(row).toEqual({
      small: 5,
      big: 9007199254740993n,
      counted: 1,
      exact: '1.50',
      about: 1.5,
      day: '2026-01-31',
      local: new Date('2026-01-31T10:00:00.500Z'),
      moment: new Date('2026-01-31T08:00:00Z'),
      never: 'infinity',
      data: { a: [1, null] },
      bytes: Uint8Array.of(1, 255),
      yes: true,
      no: false,
      nothing: null,
      span: '01:30:00',
      texts: ['a,b', null, 'c"\\'],
      numbers: [1, 2],
      matrix: [
        [1, 2],
        [3, 4],
      ],
      moments: [new Date('2026-01-31T10:00:00Z')],
      flags: [true, false],
      point: '(1,2)',
      address: '127.0.0.1',
    })
  })

  it('takes the same values', async () => {
    const { database } = open()
    await database.execute(
      'create table kinds (moment timestamptz, local timestamp, big int8, bytes bytea, data jsonb, list jsonb, texts text[], flags bool[], blobs bytea[], number float8, flag bool, nothing text)',
    )
    const moment = new Date('2026-01-31T10:00:00.123Z')
    const values = [
      moment,
      moment,
      9007199254740993n,
      Uint8Array.of(0, 255),
      { a: [1, { b: 'ü' }] },
      JSON.stringify([1, 2]),
    ]
    const more = [['a,b', null, 'c"\\', ''], [true, false], [Uint8Array.of(7)], 0.1, false, undefined]
    await database.execute('insert into kinds values ($1,$2,$3,$4,$5,$6,$7,$8,$9,$10,$11,$12)', [...values, ...more])
    expect(await database.fetchRow('select * from kinds')).toEqual({
      moment,
      local: moment,
      big: 9007199254740993n,
      bytes: Uint8Array.of(0, 255),
      data: { a: [1, { b: 'ü' }] },
      list: [1, 2],
      texts: ['a,b', null, 'c"\\', ''],
      flags: [true, false],
      blobs: [Uint8Array.of(7)],
      number: 0.1,
      flag: false,
      nothing: null,
    })
  })

  it('gives errors of SQL as the driver has them, and goes on', async () => {
    const { database } = open()
    await database.execute('create table notes (id int primary key)')
    await database.execute('insert into notes values (1)')
    await expect(database.execute('insert into notes values (1)')).rejects.toMatchObject({ code: '23505' })
    await expect(database.fetch('selec 1')).rejects.toMatchObject({ code: '42601' })
    await expect(database.fetch('select $1::int', ['x'])).rejects.toMatchObject({ code: '22P02' })
    expect(await database.fetch('select * from notes')).toEqual([{ id: 1 }])
  })

  it('builds queries', async () => {
    const { query } = open().database
    await query.schema
      .createTable('notes')
      .addColumn('id', 'serial', (column) => column.primaryKey())
      .addColumn('text', 'text')
      .execute()
    const notes = query.withTables<{ notes: { id: number; text: string } }>()
    await notes
      .insertInto('notes')
      .values([
        { id: 1, text: 'a' },
        { id: 2, text: 'b' },
      ])
      .execute()
    const { numUpdatedRows } = await notes
      .updateTable('notes')
      .set({ text: 'c' })
      .where('id', '=', 2)
      .executeTakeFirstOrThrow()
    expect(numUpdatedRows).toBe(1n)
    expect(await notes.selectFrom('notes').select('text').orderBy('id').execute()).toEqual([
      { text: 'a' },
      { text: 'c' },
    ])
    await query.transaction().execute((trx) => trx.deleteFrom('notes').execute())
    expect(await notes.selectFrom('notes').selectAll().execute()).toEqual([])
  })

  it('answers many who ask at once', async () => {
    const { database } = open()
    const all = await Promise.all(
      Array.from({ length: 50 }, (_, index) => database.fetchRow<{ n: number }>('select $1::int as n', [index])),
    )
    expect(all.map((row) => row?.n)).toEqual(Array.from({ length: 50 }, (_, index) => index))
  })
})

everyDatabase('transactions', ({ open }) => {
  const counted = async (database: ReturnType<typeof open>['database']) =>
    (await database.fetch<{ id: number }>('select id from notes order by id')).map(({ id }) => id)
  const notes = async () => {
    const opened = open()
    await opened.database.execute('create table notes (id int primary key)')
    return opened
  }

  it('keeps what was done, and gives what the task gives', async () => {
    const { database } = await notes()
    const result = await database.transaction(async (connection) => {
      await connection.execute('insert into notes values (1)')
      return connection.fetchRow('select id from notes')
    })
    expect(result).toEqual({ id: 1 })
    expect(await counted(database)).toEqual([1])
  })

  it('keeps nothing where the task throws', async () => {
    const { database } = await notes()
    const failing = database.transaction(async (connection) => {
      await connection.execute('insert into notes values (1)')
      throw new Error('no')
    })
    await expect(failing).rejects.toThrow('no')
    expect(await counted(database)).toEqual([])
  })

  it('takes back a transaction within it alone', async () => {
    const { database } = await notes()
    await database.transaction(async (outer) => {
      await outer.execute('insert into notes values (1)')
      const failing = outer.transaction(async (inner) => {
        await inner.execute('insert into notes values (2)')
        await inner.transaction((innermost) => innermost.execute('insert into notes values (3)'))
        await inner.execute('insert into notes values (1)')
      })
      await expect(failing).rejects.toMatchObject({ code: '23505' })
      await outer.transaction((inner) => inner.query.insertInto('notes').values({ id: 4 }).execute())
    })
    expect(await counted(database)).toEqual([1, 4])
  })

  it('does not claim to have kept what the server did not', async () => {
    const { database } = await notes()
    const swallowing = database.transaction(async (connection) => {
      await connection.execute('insert into notes values (1)')
      await connection.execute('insert into notes values (1)').catch(() => {})
    })
    await expect(swallowing).rejects.toMatchObject({ code: 'DATABASE_TRANSACTION_ABORTED', cause: { code: '23505' } })
    expect(await counted(database)).toEqual([])
  })

  it('refuses to be mixed up', async () => {
    const { database } = await notes()
    await database.transaction(async (outer) => {
      await outer.transaction(async () => {
        await expect(outer.transaction(async () => {})).rejects.toMatchObject({ code: 'DATABASE_TRANSACTION_OPEN' })
      })
      for (const sql of ['commit', ' BEGIN;', 'rollback', 'start transaction isolation level serializable']) {
        await expect(outer.execute(sql)).rejects.toMatchObject({ code: 'DATABASE_TRANSACTION_OPEN' })
      }
      await expect(outer.query.transaction().execute(async () => {})).rejects.toMatchObject({
        code: 'DATABASE_TRANSACTION_OPEN',
      })
      await outer.execute('savepoint mine')
      await outer.execute('rollback to savepoint mine')
    })
  })

  it('is over when it is over', async () => {
    const { database } = await notes()
    const leaked = await database.transaction(async (connection) => ({ connection }))
    await expect(leaked.connection.execute('select 1')).rejects.toMatchObject({ code: 'DATABASE_RELEASED' })
  })

  it('runs what is asked at once one after the other', async () => {
    const { database } = await notes()
    await database.transaction((connection) =>
      Promise.all([1, 2, 3].map((id) => connection.execute('insert into notes values ($1)', [id]))),
    )
    expect(await counted(database)).toEqual([1, 2, 3])
  })
})
