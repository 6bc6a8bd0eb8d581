// A store in this process: bounded, and what was not used for longest makes room.
import { EventEmitter } from 'node:events'
import { LRUCache } from 'lru-cache'
import { type RateLimiterAbstract, RateLimiterMemory } from 'rate-limiter-flexible'
import { notANumber } from './errors.ts'
import type { LimiterOptions } from './service.ts'
import { Limiters, type Store } from './store.ts'

export interface MemoryOptions {
  readonly maxEntries: number
  /** Keys and values together, about. */
  readonly maxBytes: number
}

/** Opens a store that is empty. */
export function openMemory({ maxEntries, maxBytes }: MemoryOptions): Store {
  // Characters for bytes: nobody counts on the difference, and counting bytes costs more than keeping them.
  const sizeOf = (text: string, key: string) => key.length + text.length + 1
  return new MemoryStore(new LRUCache({ max: maxEntries, maxSize: maxBytes, sizeCalculation: sizeOf }))
}

class MemoryStore implements Store {
  readonly kind = 'memory'
  readonly where = 'the memory of this process'
  readonly changes: Store['changes'] = new EventEmitter()
  readonly #texts: LRUCache<string, string>
  readonly #limiters = new Limiters(
    (keyPrefix, { points, seconds }) => new RateLimiterMemory({ keyPrefix, points, duration: seconds }),
  )

  constructor(texts: LRUCache<string, string>) {
    this.#texts = texts
  }

  async get(key: string): Promise<string | undefined> {
    return this.#texts.get(key)
  }

  async set(key: string, text: string, ttlMs: number | undefined): Promise<void> {
    this.#texts.set(key, text, { ttl: ttlMs ?? 0 })
  }

  async delete(key: string): Promise<boolean> {
    // One that has expired is there until somebody looks.
    const isThere = this.#texts.has(key)
    this.#texts.delete(key)
    return isThere
  }

  async increment(key: string, ttlMs: number): Promise<number> {
    const text = this.#texts.get(key)
    const number = Number(text ?? 0)
    if (!Number.isSafeInteger(number)) throw notANumber(key)
    const ttl = text === undefined ? ttlMs : this.#texts.getRemainingTTL(key)
    // Infinity is that of a number that was set without a time.
    this.#texts.set(key, String(number + 1), { ttl: ttl === Number.POSITIVE_INFINITY ? 0 : Math.max(1, ttl) })
    return number + 1
  }

  limiter(name: string, options: LimiterOptions): RateLimiterAbstract {
    return this.#limiters.get(name, options)
  }

  async ping(): Promise<void> {}

  async [Symbol.asyncDispose](): Promise<void> {
    this.#texts.clear()
  }
}
