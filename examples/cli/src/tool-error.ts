// What went wrong, for the person who typed it: one line, and an exit code that scripts can go by.
import { messageOf, PluginError } from 'cf-plugins'
import { Command, CommanderError } from 'commander'

/** What a process of tally ends with; 128 and the number of a signal that ended it. */
export const ExitCode = { ok: 0, failed: 1, usage: 2 } as const

/** Something that tally itself has to say. */
export class ToolError extends Error {
  readonly exitCode: number

  constructor(message: string, { exitCode = ExitCode.failed, cause }: { exitCode?: number; cause?: unknown } = {}) {
    super(message, cause === undefined ? undefined : { cause })
    this.exitCode = exitCode
  }
}

/** A person's own mistake. */
export function usageError(message: string): ToolError {
  return new ToolError(message, { exitCode: ExitCode.usage })
}

/** The line to print and the exit code; no line where commander has answered already, with help or the version. */
export function told(
  error: unknown,
  program: Command | undefined,
): { readonly line?: string; readonly exitCode: number } {
  if (error instanceof CommanderError) {
    if (error.exitCode === 0) return { exitCode: ExitCode.ok }
    return { line: misuse(error, program), exitCode: ExitCode.usage }
  }
  const exitCode = error instanceof ToolError ? error.exitCode : ExitCode.failed
  return { line: `${oneLine(messageOf(error))}${placeOf(error)}`, exitCode }
}

/** The stacks of an error and of what caused it, for who writes plugins. */
export function stacksOf(error: unknown): string {
  const stacks: string[] = []
  for (let at = error; at instanceof Error && stacks.length < MOST_CAUSES; at = at.cause)
    stacks.push(at.stack ?? at.message)
  return stacks.join('\n')
}

const MOST_CAUSES = 5

/** What is wrong with a command line, and where the right ones are told. */
function misuse({ code, message }: CommanderError, program = new Command('tally')): string {
  const called = calledOf(program)
  const path = called.map((command) => command.name()).join(' ')
  const last = called.at(-1) ?? program
  const help = `See: ${path} --help`
  // Commander prints all of the help here, and we one line.
  if (code === 'commander.help')
    return `${path} needs a command: ${last.commands.map((command) => command.name()).join(', ')}. ${help}`
  return `${oneLine(message.replace(/^error: /, '')).replace(/[.]+$/, '')}. ${help}`
}

/** The program and the commands in it that were parsed last, from the outermost on. */
function calledOf(program: Command): Command[] {
  const called = [program]
  for (let at: Command | undefined = program; at; ) {
    const [name]: readonly string[] = at.args
    at = at.commands.find((command) => command.name() === name || command.aliases().includes(name ?? ''))
    if (at) called.push(at)
  }
  return called
}

function placeOf(error: unknown): string {
  if (!(error instanceof PluginError) || error.file === undefined || error.message.includes(error.file)) return ''
  return ` (${[error.file, error.line, error.column].filter((part) => part !== undefined).join(':')})`
}

export function oneLine(text: string): string {
  return text.trim().replaceAll(/\s*[\r\n]+\s*/g, ' ')
}
