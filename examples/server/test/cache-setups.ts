// The caches that every test of the cache runs on: memory and, where REDIS_URL names one, Redis.
import { randomBytes } from 'node:crypto'
import { Redis } from 'ioredis'
import { afterAll, beforeAll, describe, onTestFinished } from 'vitest'
import { type CacheOptions, StoredCache } from '../plugins/cache/cache.ts'
import { openMemory } from '../plugins/cache/memory.ts'
import { openRedis } from '../plugins/cache/redis.ts'
import type { Store } from '../plugins/cache/store.ts'

export const { REDIS_URL } = process.env

export interface Setup {
  readonly kind: 'memory' | 'redis'
  open(options?: Partial<CacheOptions>): Opened
}

export interface Opened {
  readonly cache: StoredCache
  readonly prefix: string
  readonly store: Store
  /** The same store and keys once more, as the next generation has them. */
  again(): StoredCache
}

/** A suite that every implementation passes. */
export function everyCache(suite: (setup: Setup) => void): void {
  describe('in memory', () => {
    suite({ kind: 'memory', open: (options) => openOn(openMemory({ maxEntries: 1000, maxBytes: 1_000_000 }), options) })
  })
  describe.skipIf(!REDIS_URL)('Redis (skipped unless REDIS_URL is set)', () => {
    let store: Store | undefined
    beforeAll(async () => {
      store = await openRedis(redisOptions(REDIS_URL ?? ''))
    })
    afterAll(() => store?.[Symbol.asyncDispose]())
    suite({
      kind: 'redis',
      open: (options) => {
        if (!store) throw new Error('Redis has not been connected.')
        const opened = openOn(store, options)
        onTestFinished(() => forget(opened.prefix))
        return opened
      },
    })
  })
}

export const redisOptions = (url: string) => ({ url, connectTimeoutMs: 5000, commandTimeoutMs: 1000 })

export const keyPrefix = () => `test-${randomBytes(6).toString('hex')}:`

/** A test's own keys. */
export function openOn(store: Store, options: Partial<CacheOptions> = {}): Opened {
  const prefix = keyPrefix()
  const again = () => new StoredCache(store, { prefix, makeTimeoutMs: 5000, ...options })
  return { cache: again(), prefix, store, again }
}

/** Removes what a test left. */
export async function forget(prefix: string): Promise<void> {
  const client = new Redis(REDIS_URL ?? '')
  try {
    const keys = await client.keys(`${prefix}*`)
    if (keys.length > 0) await client.del(keys)
  } finally {
    client.disconnect()
  }
}
