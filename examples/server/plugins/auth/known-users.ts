// Users by their ids, as they were at most `user_ttl` seconds ago: each request asks for one.
import type { Cache } from '../cache/service.ts'
import type { UserRecord } from './user-record.ts'
import type { Users } from './users.ts'

export class KnownUsers {
  readonly #users: Users
  readonly #cache: Cache
  readonly #ttlSeconds: number

  constructor(users: Users, cache: Cache, ttlSeconds: number) {
    this.#users = users
    this.#cache = cache
    this.#ttlSeconds = ttlSeconds
  }

  /** Who is not there is not kept: a token of theirs has an end of its own. */
  find(id: string): Promise<UserRecord | undefined> {
    return this.#cache.remember(keyOf(id), this.#ttlSeconds, () => this.#users.byId(id))
  }

  /** After a change, which counts at once for all who share the cache. */
  async forget(id: string): Promise<void> {
    await this.#cache.delete(keyOf(id))
  }
}

const keyOf = (id: string) => `auth:user:${id}`
