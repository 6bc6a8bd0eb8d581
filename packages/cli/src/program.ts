// The command line of `cf`: what there is to say, and who does it.
import { PluginError } from '@cf-plugins/plugin-api'
import type { StateOptions } from 'cf-plugins'
import { Command, CommanderError, Option } from 'commander'
import { ExitCode, exitCodeOf } from './exit-code.ts'
import { LOG_LEVELS } from './human-logger.ts'
import { addInspection } from './inspection.ts'
import { Output } from './output.ts'
import { type Act, type AddCommand, type CommonOptions, foldersIn, pathOption, wholeNumber } from './program-parts.ts'
import type { StatePlaceOptions } from './state-place.ts'

const EXAMPLES = `
Examples:
  cf run plugins --watch            start the plugins, replace them as their files change
  cf check plugins                  load and check them, start nothing
  cf graph plugins --dot | dot -Tsvg > graph.svg
  cf explain reports plugins        why it is where it is, down to the root cause
  cf health plugins                 how well the host and each plugin are
  cf hooks plugins                  who listens to what, in which order, how long it took
  cf config plugins --config f.yaml every option, its value's type and where it may be set
  cf audit plugins --since 2026-01-01
                                    what was done to plugins, and what they were denied
  cf reload counter --path plugins  in the host that runs
  cf --path plugins counter increment
                                    a command that a plugin adds

Environment: CF_CLI_PLUGIN_PATHS more folders with plugins, CF_STATE_FOLDER where
plugins' state is kept, CF_STATE_KEY 32 bytes to encrypt it with.

Exit codes: 0 well, 1 something failed, 2 not understood, 3 no host runs.`

/** Runs one command line, without the program's own name, and gives its exit code. Tells every error. */
export async function runCli(args: readonly string[], version: string): Promise<number> {
  let exitCode: number | undefined
  const program = createProgram(version, (code) => {
    exitCode = code
  })
  try {
    const own = pluginCommandIn(args, program)
    if (!own) await program.parseAsync(args, { from: 'user' })
    else {
      const { pluginCommand } = await import('./commands/plugin-command.ts')
      const { path = [] } = own.options
      const output = new Output(own.options)
      const state = await stateFor(path, own.options, output)
      exitCode = await pluginCommand(program, path, own.args, { state }, output)
    }
    return exitCode ?? ExitCode.ok
  } catch (error) {
    if (error instanceof CommanderError && isAnswered(error)) {
      return error.exitCode === 0 ? ExitCode.ok : ExitCode.usage
    }
    const thrown = error instanceof CommanderError ? usageError(error) : error
    // The command line may be what is wrong, and so it is not asked what it means.
    new Output({ json: args.includes('--json'), verbose: args.includes('--verbose') }).error(thrown)
    return exitCodeOf(thrown)
  }
}

/** The commands of `cf` itself; each imports what does the work only when it is called. */
function createProgram(version: string, onEnd: (exitCode: number) => void): Command {
  const program = new Command('cf')
    .description('Runs, watches, checks and inspects plugins.')
    .version(version)
    .enablePositionalOptions()
    .usage('[options] <command> [arguments]')
    .addHelpText('after', EXAMPLES)
    .exitOverride()
    .configureOutput({ outputError: () => {} })
  addStateOptions(addCommonOptions(program)).addOption(pathOption())

  const command: AddCommand = <Options = unknown>(usage: string, description: string, act: Act<Options>) => {
    const made = program.command(usage).description(description)
    return addCommonOptions(made).action(async () => {
      const options = made.optsWithGlobals<Options & CommonOptions>()
      onEnd(await act({ args: made.args, options }, new Output(options)))
    })
  }

  const run = command<{
    watch?: boolean
    once?: boolean
    sequential?: boolean
    concurrency?: number
    stopTimeout?: number
    config?: string
    audit?: string | false
    restrictThreads?: boolean
  }>(
    'run [folder...]',
    'start the plugins of some folders and serve until a signal',
    async ({ args, options }, output) => {
      const { run } = await import('./commands/run.ts')
      const {
        watch = false,
        once = false,
        sequential = false,
        concurrency,
        stopTimeout,
        config,
        audit,
        restrictThreads,
      } = options
      const stopMs = stopTimeout && 1000 * stopTimeout
      const named = foldersIn(args, options)
      const folders = named.length > 0 ? named : ['plugins']
      const state = await stateFor(folders, options, output)
      const { auditFile } = await import('./audit-file.ts')
      const settings = {
        watch,
        once,
        parallel: !sequential,
        concurrency,
        stopMs,
        state,
        config,
        restrictThreads,
        audit: audit === false ? undefined : (audit ?? auditFile(folders, options)),
      }
      return run(program, folders, settings, output)
    },
  )
    .option('-w, --watch', 'replace plugins when their files change')
    .option('--once', 'stop right after the start')
    .option('--concurrency <n>', 'how many plugins may start at a time', wholeNumber)
    .option('--sequential', 'start one plugin after another')
    .option('--stop-timeout <seconds>', 'how long the plugins may take to stop', wholeNumber)
    .option('--config <file>', "the file with the plugins' configuration")
    .option('--audit <file>', 'keep the audit trail in this file')
    .option('--no-audit', 'keep no audit trail')
    .option('--restrict-threads', "allow plugins' threads no files but their own, no processes and no threads")
  addStateOptions(run)
  command<{ config?: string }>(
    'check <path...>',
    'load and validate plugins, start nothing',
    async ({ args, options }, output) => {
      const { check } = await import('./commands/check.ts')
      return check(args, options, output)
    },
  ).option('--config <file>', "check the plugins' configuration in this file too")
  command('list [folder...]', 'plugins, and where each stands', async ({ args, options }, output) => {
    const { list } = await import('./commands/list.ts')
    return list(foldersIn(args, options), output)
  })
  command<{ dot?: boolean }>('graph [folder...]', 'who needs whom', async ({ args, options }, output) => {
    const { graph } = await import('./commands/graph.ts')
    return graph(foldersIn(args, options), { dot: options.dot ?? false }, output)
  }).addOption(new Option('--dot', "print it in Graphviz' language").conflicts('json'))
  command('explain <name> [folder...]', 'why a plugin is where it is', async ({ args, options }, output) => {
    const { explain } = await import('./commands/explain.ts')
    const [name = '', ...folders] = args
    return explain(name, foldersIn(folders, options), output)
  })
  addInspection(command)
  command('reload <name...>', 'replace plugins in the running host', async ({ args, options }, output) => {
    const { reload } = await import('./commands/reload.ts')
    return reload(args, options.path ?? [], output)
  }).addOption(pathOption())
  for (const to of ['enable', 'disable'] as const) {
    command(`${to} <name>`, `${to} a plugin of the running host`, async ({ args, options }, output) => {
      const { switchPlugin } = await import('./commands/switch.ts')
      return switchPlugin(to, args[0] ?? '', options.path ?? [], output)
    }).addOption(pathOption())
  }
  return program
}

/** The command line, where it names none of cf's own commands: a plugin's, then. */
function pluginCommandIn(
  args: readonly string[],
  program: Command,
): { readonly args: readonly string[]; readonly options: CommonOptions } | undefined {
  const globals = new Command().helpOption(false).argument('[rest...]').allowUnknownOption().passThroughOptions()
  addStateOptions(addCommonOptions(globals))
    .addOption(pathOption())
    .exitOverride()
    .configureOutput({ outputError: () => {} })
  globals.parse(args, { from: 'user' })
  const [first = '', second = ''] = globals.args
  const name = first === 'help' ? second : first
  if (name === '' || name.startsWith('-') || program.commands.some((command) => command.name() === name))
    return undefined
  return { args: globals.args, options: globals.opts<CommonOptions>() }
}

function addCommonOptions(command: Command): Command {
  return command
    .option('--json', 'print JSON, one value a line')
    .option('--verbose', 'log everything, and print stacks')
    .addOption(new Option('--log-level <level>', 'log from this level on').choices(LOG_LEVELS))
}

function addStateOptions(command: Command): Command {
  return command
    .option('--state-folder <folder>', 'where the state of plugins is kept for the next process')
    .option('--no-state', 'keep no state of plugins, and take none')
}

async function stateFor(
  paths: readonly string[],
  options: StatePlaceOptions,
  output: Output,
): Promise<StateOptions | undefined> {
  const [{ foldersOf }, { statePlace }] = await Promise.all([import('./folders.ts'), import('./state-place.ts')])
  const state = statePlace(foldersOf(paths), options)
  const how = state?.key ? ', encrypted' : ''
  output.logger().debug(state ? `plugins' state is kept in ${state.folder}${how}` : "plugins' state is not kept")
  return state
}

/** Whether commander has said what there was to say: help, or the version. */
function isAnswered({ code }: CommanderError): boolean {
  return code === 'commander.help' || code === 'commander.helpDisplayed' || code === 'commander.version'
}

function usageError({ code, message }: CommanderError): PluginError {
  const text = message
    .replace(/^error: /, '')
    .replaceAll(/\s*\n\s*/g, ' ')
    .replace(/\.+$/, '')
  const isUnknown = code === 'commander.unknownCommand'
  return new PluginError(isUnknown ? 'CFP_CLI_UNKNOWN_COMMAND' : 'CFP_CLI_USAGE', `${text}. See: cf --help`)
}
