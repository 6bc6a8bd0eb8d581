// An answer of a host: of the one that runs on some folders, or else of one that is started for the question.
import { PluginManager } from 'cf-plugins'
import { Command } from 'commander'
import { askRunning } from './ask-running.ts'
import { commanderScope } from './commander-scope.ts'
import { hostMethods } from './host-methods.ts'
import type { Output } from './output.ts'
import { Signals } from './signals.ts'
import { assertSome } from './static-plugins.ts'
import { stopHost } from './stop-host.ts'

/** What a host that is started for a question is made with. */
export interface BriefHostOptions {
  /** The file with its plugins' configuration. */
  readonly config?: string | undefined
}

/** The answer, and who gave it. */
export interface HostAnswer {
  /** Whether a running host answered. */
  readonly fromHost: boolean
  readonly answer: unknown
}

/** Asks the running host, or starts the plugins, asks, and stops them: their state of earlier processes is left alone. */
export async function askOrStart(
  paths: readonly string[],
  method: string,
  options: BriefHostOptions,
  output: Output,
): Promise<HostAnswer> {
  const answer = await askRunning(paths, method)
  if (answer !== undefined) return { fromHost: true, answer }
  const { config } = options
  const manager = new PluginManager({
    app: new Command('cf'),
    scopeApp: commanderScope,
    logger: output.logger(),
    slowMs: Number.POSITIVE_INFINITY,
    ...(paths.length > 0 && { paths }),
    ...(config !== undefined && { config }),
  })
  assertSome(await manager.loader.discover(), paths)
  const signals = new Signals()
  try {
    await manager.start({ signal: signals.signal })
    return { fromHost: false, answer: await hostMethods(manager)[method]?.({}) }
  } finally {
    await stopHost(manager, output, { guarded: signals.signal.aborted })
    signals[Symbol.dispose]()
  }
}
