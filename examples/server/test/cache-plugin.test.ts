// The plugin in a host: what it says when it cannot start, and what it keeps over reloads.
import { appendFile, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, it, onTestFinished, vi } from 'vitest'
import type { Cache } from '../plugins/cache/service.ts'
import { forget, keyPrefix, REDIS_URL } from './cache-setups.ts'
import { type Served, serve } from './serving.ts'
import { openProxy } from './tcp-proxy.ts'

const start = (settings: Record<string, unknown> = {}) =>
  serve(['cache'], { config: `cache:\n  settings: ${JSON.stringify(settings)}\n` })
const cacheOf = ({ server }: Served) => server.manager.get('cache') as Cache
const opened = ({ log }: Served) => log.filter((line) => line.includes('The cache is'))

async function edit({ server, plugins }: Served, file: string) {
  await appendFile(join(plugins, 'cache', file), '\n// edited\n')
  return (await server.manager.reload('cache')).outcome
}

it('keeps what it has over reloads, and what limiters count', async () => {
  const served = await start({ memory: { maxEntries: 10 } })
  await cacheOf(served).set('key', 1)
  const limit = { points: 1, seconds: 60 }
  await cacheOf(served).limiter('login', limit).consume('ada')
  expect(await edit(served, 'cache.ts')).toBe('committed')
  expect(await cacheOf(served).get('key')).toBe(1)
  expect(await cacheOf(served).limiter('login', limit).consume('ada')).toMatchObject({ allowed: false })
  expect(opened(served)).toEqual(['The cache is the memory of this process.'])

  const file = join(served.plugins, '../plugins.yaml')
  await writeFile(file, (await readFile(file, 'utf8')).replace('"maxEntries":10', '"maxEntries":20'))
  await vi.waitFor(async () => expect(await cacheOf(served).get('key')).toBeUndefined(), 20_000)
  expect(opened(served)).toHaveLength(2)
})

it('does not start without the Redis that it is told of, and says what to do', async () => {
  const starting = start({ url: 'redis://:pass-word@127.0.0.1:1' })
  await expect(starting).rejects.toMatchObject({
    message: expect.stringContaining('Nobody listens there: start Redis'),
  })
  await expect(starting).rejects.not.toMatchObject({ message: expect.stringContaining('pass-word') })
})

it.skipIf(!REDIS_URL)(
  'bears that Redis goes away, after reloads as before them (skipped unless REDIS_URL is set)',
  async () => {
    const prefix = keyPrefix()
    onTestFinished(() => forget(prefix))
    const proxy = await openProxy(REDIS_URL ?? '', 6379)
    const served = await start({ url: proxy.url, prefix, commandTimeoutMs: 200 })
    await cacheOf(served).set('key', 1, { ttlSeconds: 60 })
    expect(await edit(served, 'errors.ts')).toBe('committed')
    expect(proxy.connections()).toBe(1)
    const health = async () => (await served.server.manager.health()).plugins.cache
    await proxy.cut()
    await vi.waitFor(async () => expect(await health()).toMatchObject({ status: 'degraded' }), 10_000)
    expect(await cacheOf(served).remember('key', 60, async () => 'made')).toBe('made')
    expect(await edit(served, 'index.ts')).toBe('committed')
    await proxy.mend()
    await vi.waitFor(async () => expect(await health()).toMatchObject({ status: 'healthy' }), 10_000)
    expect(await cacheOf(served).get('key')).toBe(1)
    expect(opened(served)).toHaveLength(1)
    expect(served.log.filter((line) => / is (away|back)/.test(line))).toEqual([
      expect.stringContaining('is away: what is remembered is made anew each time'),
      expect.stringContaining('is back.'),
    ])
  },
)
