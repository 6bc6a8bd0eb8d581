// Migrations, on every database.
import type { Kysely } from 'kysely'
import { expect, it, vi } from 'vitest'
import type { AnyTables, Migration } from '../plugins/database/service.ts'
import { everyDatabase } from './database-setups.ts'

const table = (name: string) => ({
  up: vi.fn(
    async (db: Kysely<AnyTables>) => void (await db.schema.createTable(name).addColumn('id', 'integer').execute()),
  ),
})
const failing: Migration = {
  up: async (db) => {
    await db.schema.createTable('half').execute()
    throw new Error('no')
  },
}

everyDatabase('migrations', ({ open }) => {
  it('run once, in the order of their names', async () => {
    const { database, again, log } = open()
    const first = table('first')
    const order: string[] = []
    const noted = (name: string): Migration => ({ up: async () => void order.push(name) })
    await database.migrate('notes', { '002_b': noted('b'), '001_first': first, '010_c': noted('c') })
    expect(order).toEqual(['b', 'c'])
    expect(log).toEqual(['Migrations of "notes" ran: 001_first, 002_b, 010_c.'])
    await database.migrate('notes', { '001_first': first, '002_b': noted('b'), '010_c': noted('c') })
    await again().migrate('notes', {
      '001_first': first,
      '002_b': noted('b'),
      '010_c': noted('c'),
      '011_d': noted('d'),
    })
    expect(order).toEqual(['b', 'c', 'd'])
    expect(first.up).toHaveBeenCalledTimes(1)
    expect(await database.fetch('select * from first')).toEqual([])
  })

  it('are each owner’s own', async () => {
    const { database } = open()
    await database.migrate('notes', { '001': table('notes') })
    await database.migrate('my-files', { '001': table('files') })
    expect(await database.fetch('select * from notes, files')).toEqual([])
  })

  it('keep nothing where one fails, and say which', async () => {
    const { database } = open()
    const first = table('first')
    await expect(database.migrate('notes', { '001_first': first, '002_half': failing })).rejects.toMatchObject({
      code: 'DATABASE_MIGRATION_FAILED',
      message: 'The migration "002_half" of "notes" failed (no); nothing of this run was kept.',
    })
    await expect(database.fetch('select * from first')).rejects.toMatchObject({ code: '42P01' })
    await database.migrate('notes', { '001_first': first })
    expect(await database.fetch('select * from first')).toEqual([])
  })

  it('are listed, and not run, where they must not', async () => {
    const { database, again } = open()
    const closed = again({ auto_migrate: false })
    const all = { '002_second': table('second'), '001_first': table('first') }
    await expect(closed.migrate('notes', all)).rejects.toMatchObject({
      code: 'DATABASE_MIGRATIONS_PENDING',
      message: expect.stringContaining(
        '"notes" have not run: 001_first, 002_second. Start once with auto_migrate: true',
      ),
    })
    await database.migrate('notes', { '001_first': table('first') })
    await expect(closed.migrate('notes', all)).rejects.toMatchObject({
      message: expect.stringContaining('have not run: 002_second.'),
    })
    await database.migrate('notes', all)
    await closed.migrate('notes', all)
  })

  it('bear that older code comes back', async () => {
    const { database, again, log } = open()
    await database.migrate('notes', { '001': table('first'), '002_new': table('second') })
    await again().migrate('notes', { '001': table('first') })
    expect(log.at(-1)).toBe('The tables of "notes" are newer than its code, which does not know of 002_new.')
    await again({ auto_migrate: false }).migrate('notes', { '001': table('first'), '002_new': table('second') })
  })

  it('run once where several ask at once', async () => {
    const { database, again } = open()
    const first = table('first')
    await Promise.all([database, again(), again()].map((each) => each.migrate('notes', { '001': first })))
    expect(first.up).toHaveBeenCalledTimes(1)
  })
})
