// The server as the load starts it: a process of its own, which also tells how each reload ended.
import { Cache } from '../../plugins/cache/service.ts'
import { Database } from '../../plugins/database/service.ts'
import { startServer } from '../host.ts'
import { answering, tell } from './answering.ts'
import { now } from './clock.ts'
import type { ServerNews, ServerRequest } from './messages.ts'
import { quietLogger } from './quiet-logger.ts'

const { LOAD_PLUGINS: plugins, LOAD_CONFIG: config, LOAD_DATA: dataFolder } = process.env
if (!plugins || !config || !dataFolder) throw new Error('this process is started by the load')

/** Kept by the stamp. */
const GENERATIONS = Symbol.for('cf-plugins.example-server.generations')
const shared = globalThis as { [GENERATIONS]?: readonly WeakRef<object>[] }

const server = await startServer({
  plugins,
  config,
  dataFolder,
  logger: quietLogger(),
  afterReload: ({ outcome, members, started, plan, error }) =>
    tell<ServerNews>({
      news: 'reloaded',
      reloaded: {
        outcome,
        members,
        started,
        changes: plan.changes.map(({ file, hash }) => ({ file, hash })),
        error: error && `${error.code} of ${error.plugin} in ${error.phase}: ${error.message}`,
        at: now(),
      },
    }),
  afterConfigChange: ({ outcome, plugins, error }) =>
    tell<ServerNews>({ news: 'reconfigured', reconfigured: { outcome, plugins, error: error?.message, at: now() } }),
})

answering<ServerRequest>({
  memory() {
    if (!globalThis.gc) throw new Error('memory is told with --expose-gc')
    // Twice: what a finalizer lets go of is collected the second time.
    globalThis.gc()
    globalThis.gc()
    const { heapUsed: heap, rss } = process.memoryUsage()
    const generations = shared[GENERATIONS] ?? []
    const alive = generations.filter((each) => each.deref()).length
    return { heap, rss, generations: { made: generations.length, alive } }
  },
  explain() {
    const { manager } = server
    const down = manager.ordered().filter(({ state }) => state !== 'active')
    return down.map(({ plugin }) => JSON.stringify(manager.explain(plugin)))
  },
  async stop() {
    const { hung } = await server.stop()
    return { hung }
  },
})

const failed = server.report.failed.map(({ plugin, error }) => `${plugin}: ${error.message}`)
const kind = `database: ${server.manager.get(Database).kind}, cache: ${server.manager.get(Cache).kind}`
tell<ServerNews>({ news: 'up', address: server.url, failed, kind })
