// Which tokens were revoked: in a table, for restarts and other processes, and in the cache, for the next request.
import type { Logger } from 'cf-plugins'
import type { Cache } from '../cache/service.ts'
import type { Database } from '../database/service.ts'

/** For how long it is taken for granted that a token was not revoked, where whoever revokes it tells the same cache. */
const STANDING_SECONDS = 30

type Standing = 'good' | 'revoked'

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
    if (!this.#isCacheOfAll) return (await this.#look(jti)) === 'revoked'
    return (await this.#cache.remember(keyOf(jti), STANDING_SECONDS, () => this.#look(jti))) === 'revoked'
  }

  /** Whether it was not before. @param exp of the token, in seconds since 1970; after that nobody need know */
  async revoke(jti: string, exp: number): Promise<boolean> {
    const sql = 'insert into auth_revoked_tokens (jti, expires_at) values ($1, $2) on conflict do nothing'
    const count = await this.#database.execute(sql, [jti, new Date(exp * 1000)])
    const standing: Standing = 'revoked'
    try {
      await this.#cache.set(keyOf(jti), standing, { ttlSeconds: STANDING_SECONDS })
    } catch (error) {
      this.#logger.warn({ err: error }, `A token was revoked, which may be noticed ${STANDING_SECONDS} s late only`)
    }
    return count > 0
  }

  /** What has expired need not be kept. */
  async sweep(): Promise<void> {
    await this.#database.execute('delete from auth_revoked_tokens where expires_at < now()')
  }

  async #look(jti: string): Promise<Standing> {
    const row = await this.#database.fetchRow('select 1 from auth_revoked_tokens where jti = $1', [jti])
    return row ? 'revoked' : 'good'
  }
}

const keyOf = (jti: string) => `auth:token:${jti}`
