// Keys and values for all plugins: Redis by REDIS_URL, else the memory of this process.
import { createHash } from 'node:crypto'
import { definePlugin } from '../_shared/plugin.ts'
import { StoredCache } from './cache.ts'
import { type Settings, settings } from './settings.ts'
import type { Store } from './store.ts'

export default definePlugin({
  name: 'cache',
  version: '1.0.0',
  description: 'Keys and values for all plugins: Redis by REDIS_URL, else memory',
  config: settings,
  async setup({ config, logger, hold, listen }) {
    const { key, open } = storeOf(config)
    const store = await hold(key, async () => {
      const opened = await open()
      logger.info(`The cache is ${opened.where}.`)
      return opened
    })
    listen(store.changes, 'away', (error: unknown) => {
      logger.warn({ error }, `${store.where} is away: what is remembered is made anew each time`)
    })
    listen(store.changes, 'back', () => logger.info(`${store.where} is back.`))
    return new StoredCache(store, config)
  },
  health: (cache) => cache.health(),
})

/** How to open what the settings say, and a key that names just that: with another one, another store is opened. */
function storeOf({ url, memory, connectTimeoutMs, commandTimeoutMs }: Settings) {
  if (url === '') {
    const open = async (): Promise<Store> => (await import('./memory.ts')).openMemory(memory)
    return { key: `cache:memory:${memory.maxEntries}:${memory.maxBytes}`, open }
  }
  const options = { url, connectTimeoutMs, commandTimeoutMs }
  const open = async (): Promise<Store> => (await import('./redis.ts')).openRedis(options)
  // A hash, because keys are told in messages, and there is a password in this one.
  const hash = createHash('sha256').update(JSON.stringify(options)).digest('hex').slice(0, 16)
  return { key: `cache:redis:${hash}`, open }
}
