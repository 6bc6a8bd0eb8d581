// A store in Redis. Every wait for it is bounded, and it is connected anew by itself.
import { EventEmitter } from 'node:events'
import { Redis } from 'ioredis'
import { type RateLimiterAbstract, RateLimiterMemory, RateLimiterRedis } from 'rate-limiter-flexible'
import { CacheError, notANumber } from './errors.ts'
import type { LimiterOptions } from './service.ts'
import { Limiters, type Store } from './store.ts'

export interface RedisOptions {
  readonly url: string
  readonly connectTimeoutMs: number
  readonly commandTimeoutMs: number
}

/** The longest that it is left alone before it is tried again. */
const LONGEST_RETRY_MS = 2000

/** Opens a store, once Redis has answered. @throws `CACHE_UNREACHABLE`, which says what to do */
export async function openRedis(options: RedisOptions): Promise<Store> {
  const client = new Redis(options.url, {
    lazyConnect: true,
    connectTimeout: options.connectTimeoutMs,
    commandTimeout: options.commandTimeoutMs,
    // What waits for a connection is given up after about a second's attempts, and what was under way is not done twice:
    // nothing is written long after whoever wrote it was told that it was not.
    maxRetriesPerRequest: 4,
    autoResendUnfulfilledCommands: false,
    retryStrategy: (times) => Math.min(times * 50, LONGEST_RETRY_MS),
  })
  try {
    await firstAnswer(client)
  } catch (error) {
    client.disconnect()
    throw new CacheError('CACHE_UNREACHABLE', whyUnreachable(options.url, error), { cause: error })
  }
  return new RedisStore(client, options)
}

/** Why there is none is told by the event: the promise only says that the connection ended. */
function firstAnswer(client: Redis): Promise<void> {
  return new Promise((resolve, reject) => {
    // Stays: without a listener ioredis writes to the console. Later errors are told by `away`.
    client.on('error', reject)
    client
      .connect()
      .then(() => client.ping())
      .then(() => resolve(), reject)
  })
}

class RedisStore implements Store {
  readonly kind = 'redis'
  readonly where: string
  readonly changes: Store['changes'] = new EventEmitter()
  readonly #client: Redis
  readonly #commandTimeoutMs: number
  readonly #limiters: Limiters
  #awaySinceMs: number | undefined
  #lastError: unknown
  #isRenewing = false

  constructor(client: Redis, { url, commandTimeoutMs }: RedisOptions) {
    this.#client = client
    this.#commandTimeoutMs = commandTimeoutMs
    this.where = `Redis at ${shownUrl(url)}`
    this.#limiters = new Limiters((keyPrefix, options) => createLimiter(client, keyPrefix, options))
    client.on('error', (error) => {
      this.#lastError = error
    })
    client.on('close', () => {
      this.#isRenewing = false
      if (this.#awaySinceMs !== undefined) return
      this.#awaySinceMs = performance.now()
      this.changes.emit('away', this.#lastError ?? new Error('the connection ended'))
    })
    client.on('ready', () => {
      if (this.#awaySinceMs === undefined) return
      this.#awaySinceMs = undefined
      this.#lastError = undefined
      this.changes.emit('back')
    })
  }

  get(key: string): Promise<string | undefined> {
    return this.#ask(async () => (await this.#client.get(key)) ?? undefined)
  }

  set(key: string, text: string, ttlMs: number | undefined): Promise<void> {
    return this.#ask(async () => {
      await (ttlMs === undefined ? this.#client.set(key, text) : this.#client.set(key, text, 'PX', ttlMs))
    })
  }

  delete(key: string): Promise<boolean> {
    return this.#ask(async () => (await this.#client.del(key)) > 0)
  }

  increment(key: string, ttlMs: number): Promise<number> {
    return this.#ask(async () => {
      // Both or none: a number without a time would count for ever.
      const results = await this.#client.multi().set(key, 0, 'PX', ttlMs, 'NX').incr(key).exec()
      const [error, number] = results?.[1] ?? [new Error('the transaction was not run'), undefined]
      if (error) throw /not an integer/.test(error.message) ? notANumber(key) : error
      return Number(number)
    })
  }

  limiter(name: string, options: LimiterOptions): RateLimiterAbstract {
    return this.#limiters.get(name, options)
  }

  async ping(): Promise<void> {
    await this.#ask(() => this.#client.ping())
  }

  async [Symbol.asyncDispose](): Promise<void> {
    // Not `quit`, which waits for an answer: whoever still waits for one is gone by now.
    this.#client.disconnect()
  }

  /** Begins at once, so that commands reach Redis in the order in which they were asked for. */
  async #ask<T>(command: () => Promise<T>): Promise<T> {
    // A moment without a connection is waited for; in a longer one, nobody is made to wait for nothing.
    const awayMs = this.#awaySinceMs === undefined ? 0 : performance.now() - this.#awaySinceMs
    if (awayMs > this.#commandTimeoutMs) throw unavailable(this.#lastError)
    try {
      return await command()
    } catch (error) {
      if (error instanceof Error && error.message === 'Command timed out') this.#renew()
      throw error instanceof CacheError ? error : unavailable(this.#lastError ?? error)
    }
  }

  /**
   * Makes a connection that says nothing anew: the system would take a quarter of an hour for that. Not by `socketTimeout`, whose timer outlives
   * the connection, and then cuts the next one.
   */
  #renew(): void {
    if (this.#isRenewing || this.#client.status !== 'ready') return
    this.#isRenewing = true
    this.#client.disconnect(true)
  }
}

function createLimiter(client: Redis, keyPrefix: string, { points, seconds }: LimiterOptions): RateLimiterRedis {
  const insuranceLimiter = new RateLimiterMemory({ keyPrefix, points, duration: seconds })
  const options = { storeClient: client, keyPrefix, points, duration: seconds, insuranceLimiter }
  return new RateLimiterRedis({ ...options, rejectIfRedisNotReady: true })
}

function unavailable(cause: unknown): CacheError {
  return new CacheError('CACHE_UNAVAILABLE', 'The cache cannot be reached just now.', { cause })
}

function shownUrl(url: string): string {
  const { host, pathname } = new URL(url)
  return `${host}${pathname === '/' ? '' : pathname}`
}

const REMEDIES: readonly (readonly [RegExp, string])[] = [
  [/ECONNREFUSED/, 'Nobody listens there: start Redis, or mend host and port'],
  [/ENOTFOUND|EAI_AGAIN/, 'The name of the host could not be looked up: mend it'],
  [/ETIMEDOUT|timed out/i, 'There is no answer: mend host and port, or open the firewall'],
  [/WRONGPASS|NOAUTH|AUTH/, 'Redis wants another password or user: mend it'],
  [/ECONNRESET|closed/i, 'The connection was cut: does Redis listen there, and does it want TLS (rediss://)?'],
]

function whyUnreachable(url: string, error: unknown): string {
  const { password } = new URL(url)
  const message = error instanceof Error ? error.message : String(error)
  const told = password === '' ? message : message.replaceAll(password, '[secret]')
  const [, remedy = 'Mend what it says'] = REMEDIES.find(([pattern]) => pattern.test(message)) ?? []
  return `No connection to Redis at ${shownUrl(url)} (${told}). ${remedy}. That is REDIS_URL; without it the memory of this process is used.`
}
