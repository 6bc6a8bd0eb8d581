// What only one of the caches can do, or fail at.
import { describe, expect, it, onTestFinished, vi } from 'vitest'
import { openMemory } from '../plugins/cache/memory.ts'
import { openRedis } from '../plugins/cache/redis.ts'
import { forget, openOn, REDIS_URL, redisOptions } from './cache-setups.ts'
import { openProxy } from './tcp-proxy.ts'

describe('in memory', () => {
  it('makes room for what is new, at the cost of what was not used for longest', async () => {
    const { cache } = openOn(openMemory({ maxEntries: 3, maxBytes: 10_000 }))
    for (const key of ['a', 'b', 'c']) await cache.set(key, key)
    await cache.get('a')
    await cache.set('d', 'd')
    expect(await Promise.all(['a', 'b', 'c', 'd'].map((key) => cache.get(key)))).toEqual(['a', undefined, 'c', 'd'])
  })

  it('keeps to its size, and does not keep what is larger', async () => {
    const { cache } = openOn(openMemory({ maxEntries: 100, maxBytes: 1000 }))
    await cache.set('small', 'x')
    await cache.set('large', 'x'.repeat(2000))
    expect(await cache.get('large')).toBeUndefined()
    expect(await cache.get('small')).toBe('x')
    for (let index = 0; index < 20; index++) await cache.set(`k${index}`, 'x'.repeat(200))
    expect(await cache.get('small')).toBeUndefined()
  })
})

describe('Redis that is not there', () => {
  it('says at the start what to do, and nothing of the password', async () => {
    const opening = openRedis(redisOptions('redis://:pass-word@127.0.0.1:1'))
    await expect(opening).rejects.toMatchObject({
      code: 'CACHE_UNREACHABLE',
      message: expect.stringMatching(
        /^No connection to Redis at 127\.0\.0\.1:1 \(.*ECONNREFUSED.*\)\. Nobody listens there: .* REDIS_URL/,
      ),
    })
    await expect(opening).rejects.not.toMatchObject({ message: expect.stringContaining('pass-word') })
  })
})

describe.skipIf(!REDIS_URL)('Redis that goes away (skipped unless REDIS_URL is set)', () => {
  async function opened(commandTimeoutMs = 300) {
    const proxy = await openProxy(REDIS_URL ?? '', 6379)
    const store = await openRedis({ ...redisOptions(proxy.url), commandTimeoutMs })
    onTestFinished(() => store[Symbol.asyncDispose]())
    const told: string[] = []
    store.changes.on('away', () => told.push('away'))
    store.changes.on('back', () => told.push('back'))
    const given = openOn(store)
    onTestFinished(() => forget(given.prefix))
    return { ...given, proxy, told }
  }

  it('says so soon, goes on where it can, and comes back by itself', async () => {
    const { cache, proxy, told } = await opened()
    await cache.set('key', 1, { ttlSeconds: 60 })
    await proxy.cut()
    await vi.waitFor(() => expect(told).toEqual(['away']))
    await expect(cache.get('key')).rejects.toMatchObject({ code: 'CACHE_UNAVAILABLE', status: 503 })
    await expect(cache.set('key', 2)).rejects.toMatchObject({ code: 'CACHE_UNAVAILABLE' })
    expect(await cache.remember('key', 60, async () => 'made')).toBe('made')
    const limiter = cache.limiter('login', { points: 1, seconds: 60 })
    expect(await limiter.consume('ada')).toMatchObject({ allowed: true })
    expect(await limiter.consume('ada')).toMatchObject({ allowed: false })
    expect(await cache.health()).toMatchObject({
      status: 'degraded',
      message: expect.stringContaining('Redis at 127.0.0.1'),
    })
    await proxy.mend()
    await vi.waitFor(async () => expect(await cache.health()).toEqual({ status: 'healthy' }), 10_000)
    expect(await cache.get('key')).toBe(1)
    expect(told).toEqual(['away', 'back'])
  })

  it('waits a moment for a connection that is cut, so that nobody hears of it', async () => {
    const { cache, proxy, told } = await opened(5000)
    await cache.set('key', 1, { ttlSeconds: 60 })
    await proxy.cut()
    await vi.waitFor(() => expect(told).toEqual(['away']))
    const asked = cache.get('key')
    await proxy.mend()
    expect(await asked).toBe(1)
  })

  it('waits for no answer for longer than it may', async () => {
    const { cache, proxy } = await opened()
    await cache.set('key', 1, { ttlSeconds: 60 })
    proxy.stopUp()
    const begin = performance.now()
    await expect(cache.get('key')).rejects.toMatchObject({ code: 'CACHE_UNAVAILABLE' })
    expect(performance.now() - begin).toBeLessThan(5000)
    expect(await cache.remember('key', 60, async () => 'made')).toBe('made')
    expect(await cache.health()).toMatchObject({ status: 'degraded' })
    await proxy.mend()
    // By another connection: what the old one was told is lost.
    await vi.waitFor(async () => expect(await cache.get('key')).toBe(1), 10_000)
  })
})
