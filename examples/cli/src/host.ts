// The plugins of tally, started: their commands are in its program, and what they kept in earlier runs is theirs again.
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { commanderScope, createTheme, humanLogger } from '@cf-plugins/cli'
import { type ConfigEditReport, PluginManager, type ReloadReport, type StartReport } from 'cf-plugins'
import type { Command } from 'commander'
import { lockFolder } from './folder-lock.ts'
import type { Places } from './places.ts'
import { ToolError } from './tool-error.ts'

/** How the plugins are started. */
export interface HostOptions {
  readonly places: Places
  /** Give plugins what they kept, and keep it again; for one process at a time. @default false */
  readonly withState?: boolean
  /** Whom others are told of that have to wait for the state. @default 'a command' */
  readonly as?: string
  /** Replace plugins when their files change, and tell of it. */
  readonly afterReload?: (report: ReloadReport) => void
  /** The same for edits of the configuration. */
  readonly afterConfigChange?: (report: ConfigEditReport) => void
  readonly verbose?: boolean | undefined
  readonly signal?: AbortSignal
}

/** Plugins that run. */
export interface Host extends AsyncDisposable {
  readonly manager: PluginManager<Command>
  readonly report: StartReport
  /** Stops them, and writes what they keep. @throws ToolError where that cannot be done */
  close(): Promise<void>
}

/** How long plugins may take to stop, in milliseconds. */
const STOP_MS = 5000

/** Starts the plugins, which add their commands to `program`. Those that fail are in the report. */
export async function openHost(program: Command, options: HostOptions): Promise<Host> {
  const {
    places,
    withState = false,
    as = 'a command',
    afterReload,
    afterConfigChange,
    verbose = false,
    signal,
  } = options
  const unlock = withState ? await lockFolder(places.state, { as, ...(signal && { signal }) }) : () => {}
  const stream = process.stderr
  const manager = new PluginManager<Command>({
    app: program,
    scopeApp: commanderScope,
    paths: [places.plugins],
    config: places.config,
    hotReload: afterReload !== undefined,
    load: {
      // Plugins may lie anywhere, and find what tally depends on.
      hostUrl: import.meta.url,
      cacheFolder: join(places.cache, 'code'),
      packages: existsSync(join(places.packages, 'package.json')) && { from: places.packages },
    },
    // What is wrong with a plugin is told where it matters: by its commands, by the help, by `tally plugins`.
    logger: humanLogger({ stream, level: verbose ? 'debug' : 'silent', theme: createTheme(stream) }),
    slowMs: Number.POSITIVE_INFINITY,
    ...(withState && { state: { folder: places.state } }),
    ...(afterReload && { afterReload }),
    ...(afterConfigChange && { afterConfigChange }),
  })
  let ending: Promise<void> | undefined
  const close = () => {
    ending ??= end(manager).finally(unlock)
    return ending
  }
  try {
    const report = await manager.start(signal ? { signal } : {})
    return { manager, report, close, [Symbol.asyncDispose]: close }
  } catch (error) {
    await close()
    throw error
  }
}

async function end(manager: PluginManager<Command>): Promise<void> {
  const { hung, problems } = await manager.stop({ boundMs: STOP_MS })
  const unkept = problems.find(({ code }) => code.startsWith('CFP_STATE_'))
  if (unkept) throw new ToolError(`What a plugin keeps was not kept: ${unkept.message}`, { cause: unkept })
  if (hung.length > 0) throw new ToolError(`These plugins did not stop: ${hung.join(', ')}`)
}
