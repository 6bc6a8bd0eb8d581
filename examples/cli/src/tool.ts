// One command line of tally: understood, run, and ended with an exit code that scripts can go by.
import { runCommand } from '@cf-plugins/cli'
import type { Command } from 'commander'
import { addHelpParts, prepareHelp } from './help.ts'
import { openHost } from './host.ts'
import { Interruption } from './interruption.ts'
import { assertKnown } from './known-commands.ts'
import { problemWith } from './places.ts'
import { createProgram, parseGlobals, sessionOptions } from './program.ts'
import { remember } from './remember.ts'
import type { Session } from './session.ts'
import { tellError } from './tell-error.ts'
import { ExitCode, usageError } from './tool-error.ts'

/** How long what a plugin left open may hold the process, in milliseconds. */
const LINGER_MS = 500

/** Runs a command line, without the program's own name, and gives its exit code. */
export async function runTool(args: readonly string[]): Promise<number> {
  let program: Command | undefined
  let verbose = args.includes('--verbose')
  const tell = (error: unknown) => tellError(error, program, verbose)
  using interruption = new Interruption(tell)
  try {
    const { options, rest } = parseGlobals(args)
    const session: Session = { ...sessionOptions(options), signal: interruption.signal }
    verbose = session.verbose
    program = createProgram(session)
    const problem = problemWith(options)
    if (problem !== undefined) throw usageError(problem)
    session.program = program
    addHelpParts(program, session)
    const failed = await run(program, session, args, rest)
    return interruption.exitCode ?? failed ?? session.exitCode ?? Number(process.exitCode ?? ExitCode.ok)
  } catch (error) {
    // What was interrupted has no other reason to tell.
    return interruption.exitCode ?? tell(error)
  } finally {
    setTimeout(() => process.exit(), LINGER_MS).unref()
  }
}

/** The exit code of an error that was told already, where there was one. */
async function run(
  program: Command,
  session: Session,
  args: readonly string[],
  rest: readonly string[],
): Promise<number | undefined> {
  const [first = '--help', second] = rest
  const isHelp = ['--help', '-h'].includes(first) || (first === 'help' && second === undefined)
  const isOwn = program.commands.some((command) => command.name() === first)
  // `tally -x`, where commander says what is wrong.
  const isOption = first.startsWith('-') && !isHelp
  if (isOwn || isOption) {
    await program.parseAsync(args, { from: 'user' })
    return undefined
  }
  const { places, verbose, signal } = session
  // Help changes nothing, and waits for nobody who counts.
  const withState = !isHelp && first !== 'help' && !rest.includes('--help') && !rest.includes('-h')
  await using host = await openHost(program, { places, verbose, withState, signal })
  session.host = host
  try {
    remember(program, session, host)
    prepareHelp(program, session)
    if (isHelp) program.outputHelp()
    else {
      assertKnown(program, session, first === 'help' ? (second ?? '') : first)
      await runCommand(program, host.manager, args, { signal })
    }
    return undefined
  } catch (error) {
    if (signal.aborted) return undefined
    // Told here, while the commands are there that it is about.
    return tellError(error, program, verbose)
  } finally {
    await host.close()
  }
}
