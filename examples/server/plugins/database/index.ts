// SQL for all plugins: PostgreSQL by DATABASE_URL, else PGlite in this process.
import { createHash } from 'node:crypto'
import { resolve } from 'node:path'
import { definePlugin } from '../_shared/plugin.ts'
import { PooledDatabase } from './database.ts'
import type { Database } from './service.ts'
import { IN_MEMORY, type Settings, settings } from './settings.ts'
import type { Source } from './source.ts'

/** How often the log is told of connections that are not given back. */
const SWEEP_MS = 1000

export default definePlugin({
  name: 'database',
  version: '1.0.0',
  description: 'SQL for all plugins: PostgreSQL by DATABASE_URL, else PGlite',
  config: settings,
  // The first start of the embedded database makes its files, which takes seconds of computing.
  timeouts: { setupMs: 120_000 },
  async setup({ config, shared, logger, hold, every }): Promise<PooledDatabase & Database> {
    const { key, open } = sourceOf(config, shared.dataFolder)
    const source = await hold(key, async () => {
      const opened = await open()
      logger.info(`The database is ${opened.where}.`)
      return opened
    })
    const { schema, auto_migrate, pool } = config
    const database = new PooledDatabase(source, { schema, auto_migrate, ...pool }, logger)
    every(SWEEP_MS, () => database.sweep())
    return database
  },
  health: (database) => database.health(),
  teardown: (database) => database.close(),
})

/** How to open what the settings say, and a key that names just that: with another one, another pool is opened. */
function sourceOf({ url, folder, schema, pool }: Settings, dataFolder: string) {
  if (url === '') {
    const path = folder === IN_MEMORY ? folder : resolve(dataFolder, folder)
    const open = async (): Promise<Source> => (await import('./embedded.ts')).openEmbedded(path)
    return { key: `database:embedded:${path}`, open }
  }
  const { max, idleTimeoutMs, connectTimeoutMs, queryTimeoutMs } = pool
  const options = { url, schema, max, idleTimeoutMs, connectTimeoutMs, queryTimeoutMs }
  const open = async (): Promise<Source> => (await import('./server.ts')).openServer(options)
  // A hash, because keys are told in messages, and there is a password in this one.
  const hash = createHash('sha256').update(JSON.stringify(options)).digest('hex').slice(0, 16)
  return { key: `database:server:${hash}`, open }
}
