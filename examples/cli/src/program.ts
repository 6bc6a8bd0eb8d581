// The commands and options of tally itself. Each imports what does the work only when it is called.
import { Argument, Command, InvalidArgumentError, Option } from 'commander'
import { INSTALLING, SHELLS, type Shell } from './completion/scripts.ts'
import { installedPackages } from './packages/installed.ts'
import { type PlaceOptions, type Places, placesOf } from './places.ts'
import type { Session } from './session.ts'
import { version } from './version.ts'

/** What stands before a command. */
export interface GlobalOptions extends PlaceOptions {
  readonly verbose?: boolean
}

/** A command line, in what stands before the command and the rest. */
export function parseGlobals(args: readonly string[]): { readonly options: GlobalOptions; readonly rest: string[] } {
  const globals = addGlobals(silent(new Command('tally')))
    .helpOption(false)
    .argument('[rest...]')
    .allowUnknownOption()
    .passThroughOptions()
  globals.parse(args, { from: 'user' })
  return { options: globals.opts(), rest: globals.args }
}

/** A program with tally's own commands. Plugins add theirs. */
export function createProgram(session: Session): Command {
  const { places } = session
  const program = addGlobals(silent(new Command('tally')))
    .description('Counts things. Its commands are plugins: whoever writes one, or installs one, has a command more.')
    .version(version())
    .usage('[options] <command> [arguments]')
    .enablePositionalOptions()
    .addHelpCommand('help [command]', 'what a command does')
  const plugins = program
    .command('plugins')
    .description('which plugin adds what, and why one does not')
    .option('--json', 'as JSON')
    .action(async (options: { json?: boolean }) => {
      const { listPlugins } = await import('./commands/list-plugins.ts')
      await listPlugins(session, options)
    })
  plugins
    .command('install')
    .description('install a plugin from npm; its commands are there from then on')
    .argument('<package>', 'a package by its name, or a tarball that `npm pack` made')
    .addOption(timeout())
    .action(async (spec: string, options: { timeout: number }) => {
      const { installPlugin } = await import('./commands/install-plugin.ts')
      await installPlugin(session, spec, options)
    })
  plugins
    .command('uninstall')
    .description('take an installed plugin out')
    .addArgument(named(new Argument('<package>', 'the package, or its plugin'), places))
    .addOption(timeout())
    .action(async (name: string, options: { timeout: number }) => {
      const { uninstallPlugin } = await import('./commands/uninstall-plugin.ts')
      await uninstallPlugin(session, name, options)
    })
  program
    .command('shell')
    .description('type commands one after another, while plugins are replaced as their files are saved')
    .action(async () => {
      const { runShell } = await import('./shell/shell.ts')
      session.exitCode = await runShell(program, session)
    })
  program
    .command('completion')
    .description('a script for your shell, which then completes what you type at Tab')
    .addArgument(new Argument('<shell>').choices(SHELLS))
    .addHelpText(
      'after',
      `\nFor good:\n${SHELLS.map((shell) => `  ${shell.padEnd(5)} ${INSTALLING[shell]}\n`).join('')}`,
    )
    .action(async (shell: Shell) => {
      const { scriptFor } = await import('./completion/scripts.ts')
      process.stdout.write(scriptFor(shell))
    })
  return program
}

/** The places and the talkativeness that global options say. */
export function sessionOptions({ verbose = false, ...places }: GlobalOptions) {
  return { places: placesOf(places), verbose }
}

/** Errors are told in one place, and in one line. */
function silent(program: Command): Command {
  return program.exitOverride().configureOutput({ outputError: () => {}, writeErr: () => {} })
}

function addGlobals(program: Command): Command {
  return program
    .addOption(new Option('--data <folder>', 'where all that is kept lies').env('TALLY_DATA'))
    .addOption(new Option('--plugins <folder>', 'plugins, instead of those that come along').env('TALLY_PLUGINS'))
    .addOption(new Option('--config <file>', "the plugins' configuration").env('TALLY_CONFIG'))
    .option('--verbose', 'tell what plugins and their host do, and stacks of errors')
}

function timeout(): Option {
  const seconds = (text: string) => {
    const number = Number(text)
    if (number > 0 && number <= 3600) return number
    throw new InvalidArgumentError('It must be a number of seconds, at most 3600.')
  }
  return new Option('--timeout <seconds>', 'how long npm may take').argParser(seconds).default(120)
}

/** For help and completion: another name is refused with a better reason than that it is not among these. */
function named(argument: Argument, places: Places): Argument {
  const names = Object.keys(installedPackages(places.packages))
  if (names.length > 0) argument.argChoices = names
  return argument
}
