// `tally shell`: commands, one after another, in a process that goes on while the code of its plugins is replaced.
import { createInterface, type Interface } from 'node:readline'
import { createTheme, renderReload, runCommand } from '@cf-plugins/cli'
import type { ConfigEditReport, ReloadReport } from 'cf-plugins'
import type { Command } from 'commander'
import { candidatesFor } from '../completion/candidates.ts'
import { treeOf } from '../completion/command-tree.ts'
import { prepareHelp } from '../help.ts'
import { openHost } from '../host.ts'
import { absentPlugins, assertKnown } from '../known-commands.ts'
import { preparePackages } from '../packages/installed.ts'
import { remember } from '../remember.ts'
import type { Session } from '../session.ts'
import { tellError } from '../tell-error.ts'
import { ExitCode, usageError } from '../tool-error.ts'
import { splitWords, wordsForCompletion } from '../words.ts'
import { Notices } from './notices.ts'

const PROMPT = 'tally> '
const ENDS = ['exit', 'quit']

/** Runs until `exit`, the end of the input or a signal; gives the exit code of the last command. */
export async function runShell(program: Command, session: Session): Promise<number> {
  if (session.host) throw usageError('This is a shell already')
  const { places, verbose, signal } = session
  preparePackages(places.packages)
  const isTerminal = process.stdin.isTTY === true && process.stdout.isTTY === true
  const theme = createTheme(process.stdout)
  const notices = new Notices(isTerminal ? process.stdout : process.stderr)
  const tell = (text: string) => {
    if (!session.host) return
    remember(program, session, session.host)
    notices.tell(text)
  }
  const afterReload = (report: ReloadReport) => tell(renderReload(report, { theme }))
  const afterConfigChange = (report: ConfigEditReport) => tell(configLine(report))
  await using host = await openHost(program, {
    places,
    verbose,
    signal,
    withState: true,
    as: 'shell',
    afterReload,
    afterConfigChange,
  })
  session.host = host
  try {
    remember(program, session, host)
    if (isTerminal) process.stdout.write(`${greeting(session)}\n`)
    const lines = createInterface({
      input: process.stdin,
      output: process.stdout,
      terminal: isTerminal,
      prompt: isTerminal ? PROMPT : '',
      completer: (line: string) => completed(program, line),
    })
    return await converse(lines, { program, session, notices })
  } finally {
    await host.close()
    session.host = undefined
    session.signal = signal
  }
}

interface Conversation {
  readonly program: Command
  readonly session: Session
  readonly notices: Notices
}

/** Takes one line after the other, also those that were typed while a command ran. */
async function converse(lines: Interface, { program, session, notices }: Conversation): Promise<number> {
  const { signal } = session
  let command: AbortController | undefined
  let exitCode: number = ExitCode.ok
  lines.on('SIGINT', () => {
    if (command) return command.abort(new Error('interrupted'))
    // What was typed so far stays to be seen and is given up, as in other shells.
    lines.write(null, { ctrl: true, name: 'e' })
    process.stdout.write(lines.line === '' ? '\n(exit, or Ctrl-D, ends this)\n' : '\n')
    lines.write(null, { ctrl: true, name: 'u' })
  })
  const end = () => lines.close()
  signal.addEventListener('abort', end)
  try {
    notices.prompt(lines)
    for await (const line of lines) {
      if (signal.aborted || ENDS.includes(line.trim())) break
      notices.hold()
      command = new AbortController()
      session.signal = AbortSignal.any([signal, command.signal])
      exitCode = await runLine(line, program, session)
      command = undefined
      if (signal.aborted) break
      notices.prompt(lines)
    }
  } finally {
    signal.removeEventListener('abort', end)
    notices.hold()
    lines.close()
  }
  return exitCode
}

/** Runs one line, tells what went wrong with it, and gives its exit code. */
async function runLine(line: string, program: Command, session: Session): Promise<number> {
  const { host, verbose, signal } = session
  try {
    const { words, isOpen } = splitWords(line)
    if (isOpen) throw usageError('A quote is not closed')
    const args = words[0] === program.name() ? words.slice(1) : words
    const [first, second] = args
    if (first === undefined || !host) return ExitCode.ok
    delete session.exitCode
    process.exitCode = undefined
    prepareHelp(program, session)
    if (args.length === 1 && ['help', '--help', '-h'].includes(first)) program.outputHelp()
    else if (first.startsWith('-')) throw usageError(`Options of ${program.name()} itself stand before "shell"`)
    else {
      assertKnown(program, session, first === 'help' ? (second ?? '') : first)
      await runCommand(program, host.manager, args, { signal })
    }
    return session.exitCode ?? Number(process.exitCode ?? ExitCode.ok)
  } catch (error) {
    return tellError(error, program, verbose)
  } finally {
    if (signal.aborted) process.stdout.write('\n')
    // It was that of one command.
    process.exitCode = undefined
  }
}

function completed(program: Command, line: string): [string[], string] {
  const words = wordsForCompletion(line)
  const last = words.at(-1) ?? ''
  const found = candidatesFor(treeOf(program), words).words.map(({ value }) => value)
  if (words.length === 1) found.push(...ENDS.filter((word) => word.startsWith(last)))
  // The only one is done with.
  return [found.length === 1 ? [`${found[0]} `] : found, last]
}

function greeting(session: Session): string {
  const theme = createTheme(process.stdout)
  const absent = absentPlugins(session).map(({ plugin, why }) => `${theme.bad('✖')} ${plugin}: ${why}\n`)
  return [
    ...absent,
    `${theme.strong('Edit and save')} what is in ${theme.accent(session.places.plugins)}, and its commands are the new ones.`,
    theme.faint('help says what there is, Tab completes, exit ends this.'),
  ].join('\n')
}

function configLine({ outcome, plugins, error }: ConfigEditReport): string {
  const theme = createTheme(process.stdout)
  if (error) return `${theme.bad('configuration not used')}: ${error.message}\n`
  return `${theme.good(`configuration ${outcome}`)} ${theme.strong(plugins.join(', '))}\n`
}
