// The application: a commander program whose commands, services and pages all come from plugins.
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { commanderScope, controlAddress, hostMethods, openControlServer, textOf } from '@cf-plugins/cli'
import {
  type InstanceHook,
  type Logger,
  PluginError,
  PluginManager,
  type ReloadReport,
  type StartReport,
  type StopReport,
} from 'cf-plugins'
import { Command } from 'commander'

/** What every plugin gets as `shared`. */
export interface Shared {
  readonly dataFolder: string
}

/** A running playground. */
export interface Host {
  readonly manager: PluginManager<Command, Shared>
  readonly program: Command
  /** Where it can be asked. */
  readonly address: string
  readonly report: StartReport
  stop(): Promise<StopReport>
}

/** How long a stop may take, in milliseconds. */
const STOP_MS = 5000

/** What the control socket must not call: these are the lifecycle's. */
const HOOKS: readonly string[] = [
  'setup',
  'teardown',
  'onEnable',
  'onDisable',
  'onReload',
  'getReloadState',
  'setReloadState',
  'migrateState',
  'handleEvent',
  'health',
] satisfies InstanceHook[]

/** Starts the plugins of `folder`, watches it, and listens for requests. @throws `CFP_CLI_HOST_RUNS` */
export async function startHost(options: {
  readonly folder: string
  /** `false` where whoever starts it tells of everything itself. */
  readonly logger: Logger | false
  readonly afterReload: (report: ReloadReport) => unknown
}): Promise<Host> {
  const { folder, ...rest } = options
  const address = controlAddress([folder])
  const dataFolder = await mkdtemp(join(tmpdir(), 'cf-plugins-playground-'))
  const program = new Command('playground')
  const manager = new PluginManager<Command, Shared>({
    ...rest,
    app: program,
    shared: { dataFolder },
    scopeApp: commanderScope,
    paths: [folder],
    hotReload: true,
    // These plugins and no others, wherever this runs.
    load: { env: {} },
  })
  const stop = async () => {
    await control?.close()
    const report = await manager.stop({ boundMs: STOP_MS })
    await rm(dataFolder, { recursive: true, force: true })
    return report
  }
  let control: Awaited<ReturnType<typeof openControlServer>> | undefined
  let report: StartReport | undefined
  try {
    const methods = hostMethods(manager, { report: () => report })
    control = await openControlServer(address, { ...methods, call: (params) => call(manager, params) })
    report = await manager.start()
    return { manager, program, address, report, stop }
  } catch (error) {
    await stop()
    throw error
  }
}

/** Calls a function of a service, without arguments. A call waits while its plugin is replaced. */
function call(manager: Host['manager'], params: Readonly<Record<string, unknown>>): Promise<unknown> {
  const plugin = textOf(params, 'plugin')
  const member = textOf(params, 'member')
  return manager.use(plugin, (service) => {
    const own = Object.getOwnPropertyDescriptor(service ?? {}, member)?.value
    if (typeof own === 'function' && !HOOKS.includes(member)) return own()
    throw new PluginError('CFP_CLI_REQUEST', `The service of "${plugin}" has no function "${member}" of its own.`)
  })
}
