// Where texts are kept: in memory or in Redis, in one shape. A store is held by the host over reloads, with the code of the generation that opened it.
import type { EventEmitter } from 'node:events'
import type { RateLimiterAbstract } from 'rate-limiter-flexible'
import type { LimiterOptions } from './service.ts'

export interface Store extends AsyncDisposable {
  readonly kind: 'memory' | 'redis'
  /** Where it is, without secrets. */
  readonly where: string
  /** Tells `away`, with the error, and `back`. */
  readonly changes: EventEmitter<{ away: [error: unknown]; back: [] }>
  get(key: string): Promise<string | undefined>
  /** @param ttlMs as long as there is room, where there is none */
  set(key: string, text: string, ttlMs: number | undefined): Promise<void>
  delete(key: string): Promise<boolean>
  /** @param ttlMs from the first time on */
  increment(key: string, ttlMs: number): Promise<number>
  /** The same one for the same name and options, so that what it counts goes on over reloads. */
  limiter(name: string, options: LimiterOptions): RateLimiterAbstract
  /** @throws where it does not answer */
  ping(): Promise<void>
}

/** Limiters by what they are for. */
export class Limiters {
  readonly #make: (keyPrefix: string, options: LimiterOptions) => RateLimiterAbstract
  readonly #made = new Map<string, RateLimiterAbstract>()

  constructor(make: (keyPrefix: string, options: LimiterOptions) => RateLimiterAbstract) {
    this.#make = make
  }

  get(name: string, options: LimiterOptions): RateLimiterAbstract {
    const key = `${name}:${options.points}:${options.seconds}`
    const limiter = this.#made.get(key) ?? this.#make(key, options)
    this.#made.set(key, limiter)
    return limiter
  }
}
