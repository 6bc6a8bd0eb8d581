// The host: nothing but plugins, and the routes that they add.
import type { Logger, PluginManager, StartReport, StopReport } from 'cf-plugins'
import type { Router } from './router.ts'
import type { Shared } from './shared.ts'

/** How a server is started. */
export interface ServerOptions {
  readonly plugins: string
  readonly config: string
  readonly dataFolder: string
  readonly logger?: Logger
}

/** A running server. */
export interface RunningServer {
  readonly manager: PluginManager<Router, Shared>
  readonly router: Router
  readonly report: StartReport
  stop(): Promise<StopReport>
}

export async function startServer(_options: ServerOptions): Promise<RunningServer> {
  throw new Error('later')
}
