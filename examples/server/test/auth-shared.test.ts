// What several processes that share a database and a cache know of a change, however it falls together; and what of it holds without the cache.
import { describe, expect, it } from 'vitest'
import { KnownUsers } from '../plugins/auth/known-users.ts'
import { Revocations } from '../plugins/auth/revocations.ts'
import type { UserRecord } from '../plugins/auth/user-record.ts'
import type { Users } from '../plugins/auth/users.ts'
import { StoredCache } from '../plugins/cache/cache.ts'
import { CacheError } from '../plugins/cache/errors.ts'
import { openMemory } from '../plugins/cache/memory.ts'
import type { Cache } from '../plugins/cache/service.ts'
import type { Store } from '../plugins/cache/store.ts'
import type { Database } from '../plugins/database/service.ts'
import { logInto } from './database-setups.ts'

const OPTIONS = { prefix: '', makeTimeoutMs: 10_000 }
const newStore = () => openMemory({ maxEntries: 100, maxBytes: 1_000_000 })
/** A process's own cache over what all share, as of Redis. */
const sharing = (store: Store): Cache => Object.assign(new StoredCache(store, OPTIONS), { kind: 'redis' as const })

function gate() {
  let open = () => {}
  const opened = new Promise<void>((resolve) => {
    open = resolve
  })
  return { open, opened }
}

/** A table of one user that is read when it is asked, and answers when it may. */
function table() {
  const state = { roles: ['user'], reads: 0, answer: Promise.resolve() }
  const byId = async (id: string): Promise<UserRecord> => {
    state.reads++
    const { roles, answer } = state
    await answer
    return { id, name: 'ada', roles, version: 1 }
  }
  return { state, users: { byId } as unknown as Users }
}

describe('a user', () => {
  it('is read once, until somebody changes them: then at once by all', async () => {
    const { state, users } = table()
    const store = newStore()
    const [one, other] = [1, 2].map(() => new KnownUsers(users, sharing(store), 300, logInto([])))
    for (const known of [one, other, one]) expect((await known?.find('1'))?.roles).toEqual(['user'])
    expect(state.reads).toBe(1)
    state.roles = ['admin']
    await one?.forget('1')
    for (const known of [other, one]) expect((await known?.find('1'))?.roles).toEqual(['admin'])
    expect(state.reads).toBe(2)
  })

  it('that was read just before the change is not put back after it', async () => {
    const { state, users } = table()
    const store = newStore()
    const [slow, quick] = [1, 2].map(() => new KnownUsers(users, sharing(store), 300, logInto([])))
    const { open, opened } = gate()
    state.answer = opened
    const before = slow?.find('1')
    await expect.poll(() => state.reads).toBe(1)
    state.roles = []
    state.answer = Promise.resolve()
    await quick?.forget('1')
    expect((await quick?.find('1'))?.roles).toEqual([])
    open()
    expect((await before)?.roles).toEqual(['user'])
    for (const known of [slow, quick]) expect((await known?.find('1'))?.roles).toEqual([])
  })
})

/** A table of revoked tokens. */
function revoked(kind: Database['kind']) {
  const state = { jtis: new Set<unknown>(), looks: 0, answer: Promise.resolve() }
  const database = {
    kind,
    execute: async (_sql: string, [jti]: readonly unknown[]) => {
      const isNew = !state.jtis.has(jti)
      state.jtis.add(jti)
      return isNew ? 1 : 0
    },
    fetchRow: async (_sql: string, [jti]: readonly unknown[]) => {
      state.looks++
      const row = state.jtis.has(jti) ? {} : undefined
      await state.answer
      return row
    },
  }
  return { state, database: database as unknown as Database }
}

const EXP = Math.floor(Date.now() / 1000) + 3600

describe('a token', () => {
  it('is looked up once by processes that share a cache, and void for all once it is revoked', async () => {
    const { state, database } = revoked('server')
    const store = newStore()
    const [one, other] = [1, 2].map(() => new Revocations(database, sharing(store), logInto([])))
    for (const each of [one, other, one]) expect(await each?.isRevoked('t')).toBe(false)
    expect(state.looks).toBe(1)
    expect(await one?.revoke('t', EXP)).toBe(true)
    expect(await other?.revoke('t', EXP)).toBe(false)
    for (const each of [other, one]) expect(await each?.isRevoked('t')).toBe(true)
  })

  it('that was looked up just before it was revoked is void all the same', async () => {
    const { state, database } = revoked('server')
    const store = newStore()
    const [slow, quick] = [1, 2].map(() => new Revocations(database, sharing(store), logInto([])))
    const { open, opened } = gate()
    state.answer = opened
    const before = slow?.isRevoked('t')
    await expect.poll(() => state.looks).toBe(1)
    await quick?.revoke('t', EXP)
    open()
    await before
    for (const each of [slow, quick]) expect(await each?.isRevoked('t')).toBe(true)
  })

  it('is looked up each time where others may revoke it and the cache is this process’s own', async () => {
    const { state, database } = revoked('server')
    const [one, other] = [1, 2].map(() => new Revocations(database, new StoredCache(newStore(), OPTIONS), logInto([])))
    expect(await other?.isRevoked('t')).toBe(false)
    await one?.revoke('t', EXP)
    expect(await other?.isRevoked('t')).toBe(true)
    expect(state.looks).toBe(2)
  })
})

it('while the cache is away, the tables are asked; what was changed then may be noticed late, which is told', async () => {
  const away = async () => Promise.reject(new CacheError('CACHE_UNAVAILABLE', 'away'))
  const store = Object.assign(newStore(), { get: away, set: away, delete: away })
  const log: string[] = []
  const { state, users } = table()
  const known = new KnownUsers(users, sharing(store), 300, logInto(log))
  expect((await known.find('1'))?.roles).toEqual(['user'])
  state.roles = []
  await known.forget('1')
  expect((await known.find('1'))?.roles).toEqual([])
  const revocations = new Revocations(revoked('server').database, sharing(store), logInto(log))
  expect(await revocations.isRevoked('t')).toBe(false)
  await revocations.revoke('t', EXP)
  expect(await revocations.isRevoked('t')).toBe(true)
  expect(log).toEqual([expect.stringContaining('300 s late'), expect.stringContaining('30 s late')])
})
