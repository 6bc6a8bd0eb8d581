// The host: nothing but plugins, and the routes that they add.
import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import {
  type Logger,
  PluginError,
  PluginManager,
  type PluginManagerOptions,
  type StartReport,
  type StopReport,
} from 'cf-plugins'
import { Http } from '../plugins/_shared/http-service.ts'
import { Router } from './router.ts'
import type { Shared } from './shared.ts'

/** How a server is started. */
export interface ServerOptions
  extends Pick<PluginManagerOptions, 'beforeReload' | 'afterReload' | 'afterConfigChange'> {
  readonly logger?: Logger
  /** The folder with the plugins. */
  readonly plugins: string
  /** Their configuration. */
  readonly config: string
  /** Where they keep their data. Made where it is not there. */
  readonly dataFolder: string
  /** What `${VAR}` stands for in the configuration. @default process.env */
  readonly env?: Readonly<Record<string, string | undefined>>
  /** Replace plugins when their files change. @default true */
  readonly hotReload?: boolean
  /** Gives the start up. */
  readonly signal?: AbortSignal
}

/** A running server. */
export interface RunningServer {
  readonly manager: PluginManager<Router, Shared>
  readonly router: Router
  readonly report: StartReport
  /** Where it listens: `http://127.0.0.1:3000`. */
  readonly url: string
  /** Ends what is under way, then the plugins. */
  stop(): Promise<StopReport>
}

/** How long a stop may take: a quarter of it for requests under way, in milliseconds. */
const STOP_MS = 20_000

/**
 * Starts a server.
 *
 * @throws `CFP_START_ABORTED` where nothing can listen, or the signal is aborted; `CFP_FOLDER_MISSING`, `CFP_CONFIG_INVALID`
 */
export async function startServer(options: ServerOptions): Promise<RunningServer> {
  const { plugins, config, dataFolder, env, hotReload = true, signal, ...rest } = options
  await mkdir(dataFolder, { recursive: true })
  const router = new Router({ logger: options.logger })
  const shared: Shared = {
    host: {
      get manager() {
        return manager
      },
      routes: () => router.routes(),
    },
    dataFolder,
    handle: (request, response, terms) => router.handle(request, response, terms),
  }
  const manager = new PluginManager<Router, Shared>({
    ...rest,
    app: router,
    scopeApp: router.scope,
    shared,
    paths: [plugins],
    // These plugins and no others, wherever this runs.
    load: { env: {} },
    config: { file: config, env },
    hotReload,
    monitor: true,
    audit: join(dataFolder, 'audit.jsonl'),
    // An edited plugin that throws where nobody catches it must not end the others.
    strayErrors: true,
  })
  const stop = () => manager.stop({ boundMs: STOP_MS })
  const report = await manager.start({ ...(signal && { signal }) })
  if (signal?.aborted) {
    await stop()
    throw new PluginError('CFP_START_ABORTED', 'The start was given up.', { cause: signal.reason })
  }
  router.open(manager)
  return {
    manager,
    router,
    report,
    get url() {
      const { address, port, family } = manager.get(Http).address()
      return `http://${family === 'IPv6' ? `[${address}]` : address}:${port}`
    },
    stop,
  }
}
