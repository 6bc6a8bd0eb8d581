// Users by their ids, as they were at most `user_ttl` seconds ago: each request asks for one.
import { randomBytes } from 'node:crypto'
import type { Logger } from 'cf-plugins'
import type { Cache } from '../cache/service.ts'
import { unlessAway } from './cache-away.ts'
import type { UserRecord } from './user-record.ts'
import type { Users } from './users.ts'

export class KnownUsers {
  readonly #users: Users
  readonly #cache: Cache
  readonly #ttlSeconds: number
  readonly #logger: Logger

  constructor(users: Users, cache: Cache, ttlSeconds: number, logger: Logger) {
    this.#users = users
    this.#cache = cache
    this.#ttlSeconds = ttlSeconds
    this.#logger = logger
  }

  /** Who is not there is not kept: a token of theirs has an end of its own. */
  async find(id: string): Promise<UserRecord | undefined> {
    const change = (await this.#cache.get<string>(changeOf(id)).catch(unlessAway)) ?? ''
    return this.#cache.remember(keyOf(id, change), this.#ttlSeconds, () => this.#users.byId(id))
  }

  /**
   * After a change, which counts at once for all who share the cache. What was known gets another key: under the old one, another process that read
   * the user just before the change may put it back.
   */
  async forget(id: string): Promise<void> {
    const change = randomBytes(9).toString('base64url')
    try {
      const last = (await this.#cache.get<string>(changeOf(id))) ?? ''
      await this.#cache.set(changeOf(id), change, { ttlSeconds: this.#ttlSeconds + 60 })
      // A full cache may lose the key, and then would go back to these.
      await Promise.all([this.#cache.delete(keyOf(id, last)), this.#cache.delete(keyOf(id, ''))])
    } catch (error) {
      this.#logger.warn({ err: error }, `User ${id} was changed, which may be noticed ${this.#ttlSeconds} s late only`)
    }
  }
}

const keyOf = (id: string, change: string) => `auth:user:${id}:${change}`
const changeOf = (id: string) => `auth:user-change:${id}`
