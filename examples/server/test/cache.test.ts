// What every cache does, whichever it is.
import { expect, it, vi } from 'vitest'
import { everyCache } from './cache-setups.ts'

everyCache(({ kind, open }) => {
  it('says which one it is, and that it is well', async () => {
    const { cache } = open()
    expect(cache.kind).toBe(kind)
    expect(await cache.health()).toEqual({ status: 'healthy' })
  })

  it('keeps values as JSON', async () => {
    const { cache } = open()
    const date = new Date('2026-01-31T10:00:00Z')
    for (const [value, kept] of [
      ['text', 'text'],
      [0, 0],
      [false, false],
      [null, null],
      [{ a: [1, { b: 'ü' }] }, { a: [1, { b: 'ü' }] }],
      [{ date, gone: undefined }, { date: date.toISOString() }],
    ]) {
      await cache.set('key', value)
      expect(await cache.get('key')).toEqual(kept)
    }
    expect(await cache.get('other')).toBeUndefined()
  })

  it('gives everybody a value of his own', async () => {
    const { cache } = open()
    const list = [1]
    await cache.set('key', list)
    list.push(2)
    const first = await cache.get<number[]>('key')
    first?.push(3)
    expect(await cache.get('key')).toEqual([1])
  })

  it('refuses what it cannot keep', async () => {
    const { cache } = open()
    await expect(cache.set('key', undefined)).rejects.toMatchObject({ code: 'CACHE_VALUE' })
    await expect(cache.set('key', 1n)).rejects.toMatchObject({ code: 'CACHE_VALUE' })
    await expect(cache.set('key', 1, { ttlSeconds: 0 })).rejects.toThrow(RangeError)
    expect(() => cache.limiter('x', { points: 0, seconds: 1 })).toThrow(RangeError)
  })

  it('deletes, and says whether something was there', async () => {
    const { cache } = open()
    await cache.set('key', 1)
    expect(await cache.delete('key')).toBe(true)
    expect(await cache.delete('key')).toBe(false)
    expect(await cache.get('key')).toBeUndefined()
  })

  it('forgets in time', async () => {
    const { cache } = open()
    await cache.set('key', 1, { ttlSeconds: 60 })
    expect(await cache.get('key')).toBe(1)
    await cache.set('key', 1, { ttlSeconds: 0.05 })
    await vi.waitFor(async () => expect(await cache.get('key')).toBeUndefined())
    expect(await cache.delete('key')).toBe(false)
  })

  it('counts, from the first time on', async () => {
    const { cache } = open()
    const all = await Promise.all([1, 2, 3].map(() => cache.increment('key', { ttlSeconds: 60 })))
    expect(all).toEqual([1, 2, 3])
    expect(await cache.get('key')).toBe(3)
    await cache.increment('short', { ttlSeconds: 0.2 })
    // Others after the first one give it no more time.
    await vi.waitFor(async () => expect(await cache.increment('short', { ttlSeconds: 0.2 })).toBe(1))
    await cache.set('key', 'text')
    await expect(cache.increment('key', { ttlSeconds: 60 })).rejects.toMatchObject({ code: 'CACHE_NOT_A_NUMBER' })
    await cache.set('key', 5)
    expect(await cache.increment('key', { ttlSeconds: 60 })).toBe(6)
  })

  it('remembers, and makes a value once for all who ask at once', async () => {
    const { cache, again } = open()
    const make = vi.fn(async () => ({ made: new Date(0) }))
    const all = await Promise.all([1, 2, 3].map(() => cache.remember('key', 60, make)))
    expect(all).toEqual(Array(3).fill({ made: '1970-01-01T00:00:00.000Z' }))
    expect(all[0]).not.toBe(all[1])
    expect(await again().remember('key', 60, make)).toEqual(all[0])
    expect(make).toHaveBeenCalledTimes(1)
  })

  it('remembers neither failures nor nothing', async () => {
    const { cache } = open()
    const make = vi.fn().mockRejectedValueOnce(new Error('no')).mockResolvedValueOnce(undefined).mockResolvedValue(7)
    await expect(Promise.all([1, 2].map(() => cache.remember('key', 60, make)))).rejects.toThrow('no')
    expect(await cache.remember('key', 60, make)).toBeUndefined()
    expect(await cache.remember('key', 60, make)).toBe(7)
    expect(make).toHaveBeenCalledTimes(3)
  })

  it('does not keep what was outdated while it was made', async () => {
    const { cache } = open()
    const make = withResolvers<string>()
    const makes = vi.fn(() => make.promise)
    const old = cache.remember('key', 60, makes)
    await vi.waitFor(() => expect(makes).toHaveBeenCalled())
    await cache.delete('key')
    expect(await cache.remember('key', 60, async () => 'new')).toBe('new')
    make.resolve('old')
    expect(await old).toBe('old')
    expect(await cache.get('key')).toBe('new')
  })

  it('does not wait for ever', async () => {
    const { cache } = open({ makeTimeoutMs: 20 })
    await expect(cache.remember('key', 60, () => new Promise(() => {}))).rejects.toMatchObject({
      code: 'CACHE_TIMEOUT',
    })
    expect(await cache.remember('key', 60, async () => 1)).toBe(1)
  })

  it('limits, each key for itself', async () => {
    const { cache, again } = open()
    const limiter = cache.limiter('login', { points: 2, seconds: 60 })
    expect(await limiter.consume('ada')).toEqual({ allowed: true, retryAfterSeconds: 0, remaining: 1 })
    expect(await limiter.consume('ada')).toEqual({ allowed: true, retryAfterSeconds: 0, remaining: 0 })
    const refused = await again().limiter('login', { points: 2, seconds: 60 }).consume('ada')
    expect(refused).toMatchObject({ allowed: false, remaining: 0 })
    expect(refused.retryAfterSeconds).toBeGreaterThan(50)
    expect(refused.retryAfterSeconds).toBeLessThanOrEqual(60)
    expect(await limiter.consume('bob')).toMatchObject({ allowed: true, remaining: 1 })
    expect(await cache.limiter('other', { points: 2, seconds: 60 }).consume('ada')).toMatchObject({ remaining: 1 })
  })

  it('lets in again in time', async () => {
    const limiter = open().cache.limiter('login', { points: 1, seconds: 1 })
    await vi.waitFor(async () => {
      expect(await limiter.consume('ada')).toMatchObject({ allowed: false, retryAfterSeconds: 1 })
    })
    await vi.waitFor(async () => expect(await limiter.consume('ada')).toMatchObject({ allowed: true }), 5000)
  })
})

/** `Promise.withResolvers`, which Node 20 has not. */
function withResolvers<T>() {
  let resolve: (value: T) => void = () => {}
  const promise = new Promise<T>((settle) => {
    resolve = settle
  })
  return { promise, resolve }
}
