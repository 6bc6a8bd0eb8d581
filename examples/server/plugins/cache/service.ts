// What the cache plugin offers others: types, and the ref.
import { serviceRef } from 'cf-plugins'

/** How long something is kept. */
export interface SetOptions {
  /** @default until it has to make room */
  readonly ttlSeconds?: number
}

/** How much of something is allowed. */
export interface LimiterOptions {
  /** How often, within `seconds` from the first time on. */
  readonly points: number
  readonly seconds: number
}

/** What a limiter says. */
export interface Consumed {
  readonly allowed: boolean
  /** When to come back; 0 where it is allowed. */
  readonly retryAfterSeconds: number
  /** How often it is still allowed. */
  readonly remaining: number
}

export interface Limiter {
  /** Counts one more time for `key`. Where Redis is away, each process counts for itself: it does not throw. */
  consume(key: string): Promise<Consumed>
}

/**
 * Keys and values that may be gone at any time. Values are kept as JSON: a Date comes back as a text, `undefined` cannot be kept. All plugins see the
 * same keys: begin yours with your name, as in `auth:user:7`.
 *
 * Where Redis is away, what it is asked throws `CACHE_UNAVAILABLE`, which has the `status` 503, after a bounded time; `remember` and limiters go on without it.
 */
export interface Cache {
  readonly kind: 'memory' | 'redis'
  get<T = unknown>(key: string): Promise<T | undefined>
  set(key: string, value: unknown, options?: SetOptions): Promise<void>
  /** Whether it was there. */
  delete(key: string): Promise<boolean>
  /**
   * What is kept under a key; else what `make` makes, which is kept from then on. Who asks for a key that is being made waits for the same. What was
   * deleted or set meanwhile is not overwritten. `undefined` is given, and not kept.
   *
   * @throws what `make` throws, for all who wait for it
   */
  remember<T>(key: string, ttlSeconds: number, make: () => Promise<T>): Promise<T>
  /** Adds 1, to 0 where there was nothing, and gives the sum. Its time counts from the first one. @throws `CACHE_NOT_A_NUMBER` */
  increment(key: string, options: { readonly ttlSeconds: number }): Promise<number>
  /** The limiters of one name, points and seconds count together. */
  limiter(name: string, options: LimiterOptions): Limiter
}

export const Cache = serviceRef<Cache>('cache')
