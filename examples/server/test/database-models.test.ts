// Models, on every database.
import { expect, expectTypeOf, it } from 'vitest'
import { z } from 'zod'
import { everyDatabase } from './database-setups.ts'

const User = z.object({
  sub: z.string().min(1),
  name: z.string().max(20),
  roles: z.array(z.string()).default([]),
  settings: z.record(z.string(), z.unknown()).nullable().default(null),
  tags: z.array(z.string()).default([]),
  created_at: z.date(),
})

everyDatabase('models', ({ open }) => {
  async function users() {
    const { database } = open()
    await database.execute(
      'create table users (sub text primary key, name text unique, roles text[] not null, settings jsonb, tags jsonb, created_at timestamptz default now())',
    )
    const model = database.model('users', User, { id: 'sub', generated: ['created_at'], json: ['tags'] })
    return { database, model }
  }

  it('creates, finds, updates and deletes', async () => {
    const { model } = await users()
    const ada = await model.create({
      sub: '1',
      name: 'Ada',
      roles: ['admin'],
      settings: { theme: 'dark' },
      tags: ['x'],
    })
    expect(ada).toEqual({
      sub: '1',
      name: 'Ada',
      roles: ['admin'],
      settings: { theme: 'dark' },
      tags: ['x'],
      created_at: expect.any(Date),
    })
    expectTypeOf(ada.roles).toEqualTypeOf<string[]>()
    expect(await model.find('1')).toEqual(ada)
    expect(await model.find('2')).toBeUndefined()
    expect(await model.findBy({ name: 'Ada' })).toEqual(ada)
    expect(await model.findBy({ name: 'Bob' })).toBeUndefined()
    expect(await model.update('1', { name: 'Ada L.' })).toEqual({ ...ada, name: 'Ada L.' })
    expect(await model.update('1', {})).toEqual({ ...ada, name: 'Ada L.' })
    expect(await model.update('2', { name: 'x' })).toBeUndefined()
    expect(await model.delete('1')).toBe(true)
    expect(await model.delete('1')).toBe(false)
  })

  it('checks what goes in, and says all that is wrong', async () => {
    const { model } = await users()
    // @ts-expect-error a number is no name, and there is no sub
    await expect(model.create({ name: 5 })).rejects.toMatchObject({
      code: 'DATABASE_ROW_INVALID',
      issues: [{ path: 'sub' }, { path: 'name' }],
    })
    await model.create({ sub: '1', name: 'Ada' })
    await expect(model.update('1', { name: 'x'.repeat(30) })).rejects.toMatchObject({ issues: [{ path: 'name' }] })
    await expect(model.create({ sub: '1', name: 'Bob' })).rejects.toMatchObject({ code: '23505' })
  })

  it('has defaults for new rows, and leaves old ones as they are', async () => {
    const { model } = await users()
    await model.create({ sub: '1', name: 'Ada', roles: ['admin'] })
    expect(await model.update('1', { name: 'Bea' })).toMatchObject({ roles: ['admin'], settings: null, tags: [] })
  })

  it('lists by pages, in an order that is whole', async () => {
    const { model } = await users()
    for (const [sub, name] of ['a3', 'b1', 'c2', 'd1', 'e2'].map((text) => [text[0] ?? '', `n${text}`])) {
      await model.create({ sub: sub ?? '', name: name ?? '', roles: [name?.at(-1) ?? ''] })
    }
    const subs = async (options: Parameters<typeof model.list>[0]) => (await model.list(options)).map(({ sub }) => sub)
    expect(await subs({})).toEqual(['a', 'b', 'c', 'd', 'e'])
    expect(await subs({ direction: 'desc', limit: 2 })).toEqual(['e', 'd'])
    expect(await subs({ where: { roles: ['1'] } })).toEqual(['b', 'd'])
    expect(await subs({ where: { settings: null }, limit: 1 })).toEqual(['a'])
    const pages: string[][] = []
    for (let after: Awaited<ReturnType<typeof model.find>>; ; ) {
      const page = await model.list({ orderBy: 'roles', limit: 2, ...(after && { after }) })
      after = page.at(-1)
      if (!after) break
      pages.push(page.map(({ sub }) => sub))
    }
    expect(pages).toEqual([['b', 'd'], ['c', 'e'], ['a']])
    expect(await subs({ after: { sub: 'c' }, direction: 'desc' })).toEqual(['b', 'a'])
  })

  it('lets no other name into SQL', async () => {
    const { database, model } = await users()
    await expect(model.list({ where: { 'name" or 1=1 --': 'x' } as never })).rejects.toThrow('has no column')
    await expect(model.findBy({ name: undefined } as never)).rejects.toThrow('"name" is undefined')
    await expect(model.list({ orderBy: 'password' as never })).rejects.toThrow('has no column')
    expect(() => database.model('users', User, { id: 'id' as never })).toThrow('has no column "id"')
  })

  it('goes along with a transaction', async () => {
    const { database, model } = await users()
    const failing = database.transaction(async (connection) => {
      await model.using(connection).create({ sub: '1', name: 'Ada' })
      throw new Error('no')
    })
    await expect(failing).rejects.toThrow('no')
    expect(await model.list()).toEqual([])
    await using connection = await database.acquire()
    await model.using(connection).create({ sub: '2', name: 'Bob' })
    expect(await model.using(connection).find('2')).toMatchObject({ name: 'Bob' })
  })
})
