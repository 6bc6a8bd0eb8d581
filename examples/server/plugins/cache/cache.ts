// The cache, as one generation of the plugin offers it: JSON over a store, and each value made once.
import type { PluginHealth } from 'cf-plugins'
import type { RateLimiterRes } from 'rate-limiter-flexible'
import { CacheError } from './errors.ts'
import type { Cache, Consumed, Limiter, LimiterOptions, SetOptions } from './service.ts'
import type { Store } from './store.ts'

export interface CacheOptions {
  /** Stands before all keys. */
  readonly prefix: string
  /** How long what `remember` is given may take. */
  readonly makeTimeoutMs: number
}

/** The longest time that timers can count. */
const LONGEST_SECONDS = 2_000_000

/** A value that is being looked for, or made. */
interface Flight {
  readonly text: Promise<string | undefined>
}

export class StoredCache implements Cache {
  readonly kind: Cache['kind']
  readonly #store: Store
  readonly #options: CacheOptions
  readonly #flights = new Map<string, Flight>()

  constructor(store: Store, options: CacheOptions) {
    this.kind = store.kind
    this.#store = store
    this.#options = options
  }

  async get<T = unknown>(key: string): Promise<T | undefined> {
    return parse(await this.#store.get(this.#keyOf(key))) as T | undefined
  }

  async set(key: string, value: unknown, { ttlSeconds }: SetOptions = {}): Promise<void> {
    const text = stringify(key, value)
    if (text === undefined) throw new CacheError('CACHE_VALUE', `"${key}" was set to undefined. Delete it instead.`)
    this.#flights.delete(key)
    await this.#store.set(this.#keyOf(key), text, ttlSeconds === undefined ? undefined : toMs(ttlSeconds))
  }

  async delete(key: string): Promise<boolean> {
    this.#flights.delete(key)
    return this.#store.delete(this.#keyOf(key))
  }

  async remember<T>(key: string, ttlSeconds: number, make: () => Promise<T>): Promise<T> {
    const ttlMs = toMs(ttlSeconds)
    const flight = this.#flights.get(key) ?? this.#begin(key, ttlMs, make)
    // Parsed for each who waits: nobody sees what another one does to it.
    return parse(await flight.text) as T
  }

  async increment(key: string, { ttlSeconds }: { readonly ttlSeconds: number }): Promise<number> {
    this.#flights.delete(key)
    return this.#store.increment(this.#keyOf(key), toMs(ttlSeconds))
  }

  limiter(name: string, { points, seconds }: LimiterOptions): Limiter {
    const isWithin = Number.isInteger(points) && points > 0 && seconds > 0 && seconds <= LONGEST_SECONDS
    if (!isWithin)
      throw new RangeError(`The limiter "${name}" wants whole points, and at most ${LONGEST_SECONDS} seconds.`)
    const limiter = this.#store.limiter(this.#keyOf(`limit:${name}`), { points, seconds })
    const consume = async (key: string): Promise<Consumed> => {
      try {
        const { remainingPoints } = await limiter.consume(key)
        return { allowed: true, retryAfterSeconds: 0, remaining: remainingPoints }
      } catch (refused) {
        // It throws a result where there are no points left, and an Error where something is wrong.
        if (refused instanceof Error) throw refused
        const { msBeforeNext } = refused as RateLimiterRes
        return { allowed: false, retryAfterSeconds: Math.max(1, Math.ceil(msBeforeNext / 1000)), remaining: 0 }
      }
    }
    return { consume }
  }

  /** Never throws: without the store the others go on, slower. */
  async health(): Promise<PluginHealth> {
    try {
      await this.#store.ping()
      return { status: 'healthy' }
    } catch (error) {
      const { cause = error } = error as Error
      const why = cause instanceof Error ? cause.message : String(cause)
      return { status: 'degraded', message: `${this.#store.where} does not answer: ${why}` }
    }
  }

  #begin<T>(key: string, ttlMs: number, make: () => Promise<T>): Flight {
    const flight: Flight = { text: this.#find(key, ttlMs, make, () => this.#flights.get(key) === flight) }
    this.#flights.set(key, flight)
    const land = () => {
      if (this.#flights.get(key) === flight) this.#flights.delete(key)
    }
    flight.text.then(land, land)
    return flight
  }

  /** @param isWanted whether nobody has set or deleted the key meanwhile */
  async #find(key: string, ttlMs: number, make: () => Promise<unknown>, isWanted: () => boolean) {
    const found = await this.#store.get(this.#keyOf(key)).catch(away)
    if (found !== undefined) return found
    const text = stringify(key, await this.#within(key, make))
    if (text !== undefined && isWanted()) await this.#store.set(this.#keyOf(key), text, ttlMs).catch(away)
    return text
  }

  async #within(key: string, make: () => Promise<unknown>): Promise<unknown> {
    const { makeTimeoutMs } = this.#options
    let timer: NodeJS.Timeout | undefined
    const late = new Promise((_resolve, reject) => {
      const error = () =>
        new CacheError('CACHE_TIMEOUT', `What is to be kept under "${key}" was not made within ${makeTimeoutMs} ms.`)
      timer = setTimeout(() => reject(error()), makeTimeoutMs)
    })
    try {
      return await Promise.race([make(), late])
    } finally {
      clearTimeout(timer)
    }
  }

  #keyOf(key: string): string {
    return this.#options.prefix + key
  }
}

/** Health tells of a store that is away; what can be made is made without it. */
function away(error: unknown): undefined {
  // By its code: a store that is held over reloads throws errors of an older generation, whose class is another one.
  if ((error as Partial<CacheError> | undefined)?.code === 'CACHE_UNAVAILABLE') return undefined
  throw error
}

function parse(text: string | undefined): unknown {
  return text === undefined ? undefined : JSON.parse(text)
}

function stringify(key: string, value: unknown): string | undefined {
  try {
    return JSON.stringify(value)
  } catch (cause) {
    throw new CacheError('CACHE_VALUE', `The value of "${key}" cannot be kept as JSON.`, { cause })
  }
}

function toMs(ttlSeconds: number): number {
  if (!(ttlSeconds > 0))
    throw new RangeError(`${ttlSeconds} is no time to keep something: it must be more than 0 seconds.`)
  return Math.ceil(ttlSeconds * 1000)
}
