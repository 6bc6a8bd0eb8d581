// Which tokens were revoked: in a table, for restarts and other processes, and in the cache, for the next request.
import type { Logger } from 'cf-plugins'
import type { Cache } from '../cache/service.ts'
import type { Database } from '../database/service.ts'
import { unlessAway } from './cache-away.ts'

/** For how long it is taken for granted that a token was not revoked, where whoever revokes it tells the same cache. */
const GOOD_SECONDS = 30
/** A mark outlives whatever another process was just about to remember. */
const MARK_SECONDS = 120

export class Revocations {
  readonly #database: Database
  readonly #cache: Cache
  readonly #logger: Logger
  /** Otherwise another process may revoke a token and this one's cache not hear of it. */
  readonly #isCacheOfAll: boolean

  constructor(database: Database, cache: Cache, logger: Logger) {
    this.#database = database
    this.#cache = cache
    this.#logger = logger
    this.#isCacheOfAll = cache.kind === 'redis' || database.kind === 'embedded'
  }

  async isRevoked(jti: string): Promise<boolean> {
    if (!this.#isCacheOfAll) return this.#look(jti)
    const [mark, isInTable] = await Promise.all([
      this.#cache.get<true>(markOf(jti)).catch(unlessAway),
      this.#cache.remember(keyOf(jti), GOOD_SECONDS, () => this.#look(jti)),
    ])
    return mark === true || isInTable
  }

  /** Whether it was not before. @param exp of the token, in seconds since 1970; after that nobody need know */
  async revoke(jti: string, exp: number): Promise<boolean> {
    const sql = 'insert into auth_revoked_tokens (jti, expires_at) values ($1, $2) on conflict do nothing'
    const count = await this.#database.execute(sql, [jti, new Date(exp * 1000)])
    try {
      await this.#cache.set(markOf(jti), true, { ttlSeconds: MARK_SECONDS })
      // A full cache may lose the mark.
      await this.#cache.delete(keyOf(jti))
    } catch (error) {
      this.#logger.warn({ err: error }, `A token was revoked, which may be noticed ${GOOD_SECONDS} s late only`)
    }
    return count > 0
  }

  /** What has expired need not be kept. */
  async sweep(): Promise<void> {
    await this.#database.execute('delete from auth_revoked_tokens where expires_at < now()')
  }

  async #look(jti: string): Promise<boolean> {
    const sql = 'select 1 from auth_revoked_tokens where jti = $1'
    return (await this.#database.fetchRow(sql, [jti])) !== undefined
  }
}

const keyOf = (jti: string) => `auth:token:${jti}`
const markOf = (jti: string) => `auth:revoked:${jti}`
