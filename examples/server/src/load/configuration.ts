// The plugins.yaml of a run, and what may be edited in it.
import type { Random } from './random.ts'

/** In seconds. What it is edited to grows from here, and shows in each token. */
export const TOKEN_TTL = 100_000

/** What else is edited, which shows nowhere but must not cost a request. */
interface Unseen {
  readonly keepAliveMs: number
  readonly poolMax: number
  readonly cacheEntries: number
}

/** One run's configuration, as its edits leave it. */
export class Configuration {
  readonly schema: string
  #unseen: Unseen = { keepAliveMs: 65_000, poolMax: 10, cacheEntries: 10_000 }

  /** @param schema for the tables and keys of this run, in a database and a cache that others may use too */
  constructor(schema: string) {
    this.schema = schema
  }

  /** Changes one more thing than the time for which tokens hold, or nothing more. */
  change(random: Random): void {
    const changes: readonly Partial<Unseen>[] = [
      {},
      { keepAliveMs: this.#unseen.keepAliveMs + 1 },
      { poolMax: 5 + ((this.#unseen.poolMax + 1) % 10) },
      { cacheEntries: this.#unseen.cacheEntries + 1 },
    ]
    this.#unseen = { ...this.#unseen, ...random.pick(changes) }
  }

  /** @param ttl a number; anything else is refused */
  text(ttl: number | string): string {
    const { keepAliveMs, poolMax, cacheEntries } = this.#unseen
    return `http:
  settings:
    host: 127.0.0.1
    port: 0
    keepAliveMs: ${keepAliveMs}
database:
  settings:
    url: \${DATABASE_URL:-}
    schema: ${this.schema}
    pool: { max: ${poolMax} }
cache:
  settings:
    url: \${REDIS_URL:-}
    prefix: "${this.schema}:"
    memory: { maxEntries: ${cacheEntries} }
auth:
  settings:
    admin_password: \${ADMIN_PASSWORD}
    token_ttl: ${ttl}
    # All clients have one address here, and one name. What a guess costs is not what is measured.
    limits:
      address: { points: 1000000, seconds: 60 }
      name: { points: 1000000, seconds: 60 }
    scrypt: { log_n: 10, p: 1 }
`
  }
}
