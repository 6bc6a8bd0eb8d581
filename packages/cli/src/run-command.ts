// Runs a command of a program, of a plugin's as a call into that plugin.
import { messageOf, PluginError } from '@cf-plugins/plugin-api'
import type { PluginManager } from 'cf-plugins'
import { type Command, CommanderError } from 'commander'
import { lastOwnerOf } from './commander-scope.ts'

/** How long a plugin's command may take to end once its signal is aborted, in milliseconds. */
const GRACE_MS = 500

/** How a command is run. */
export interface RunCommandOptions {
  /** Ends the wait for a plugin's command, half a second later: its plugin may be replaced, or stopped, then. */
  readonly signal?: AbortSignal
}

/**
 * Parses `args`, without the program's own name, and runs the command that they name; options of the program may stand before
 * it. A plugin's command is a call into the plugin: it waits while the plugin is replaced, and the next replacement waits for it.
 *
 * @throws `CFP_CLI_COMMAND_FAILED` where a plugin's command throws; `CFP_NOT_ACTIVE` with the reason where its plugin
 * was disabled or failed; what commander throws where `args` are not understood
 * @example
 * await runCommand(program, manager, ['counter', 'increment'])
 */
export async function runCommand(
  program: Command,
  manager: Pick<PluginManager, 'use' | 'registry'>,
  args: readonly string[],
  { signal }: RunCommandOptions = {},
): Promise<void> {
  const words = withoutOptions(program, args)
  const parse = () => program.parseAsync(args, { from: 'user' })
  const plugin = lastOwnerOf(program, words[0] ?? '')
  if (plugin === undefined || !manager.registry.has(plugin)) {
    await parse()
    return
  }
  const call = async () => {
    const called = commandIn(program, words)
    try {
      await parse()
    } catch (cause) {
      const misuse = asMisuse(cause)
      if (misuse) throw misuse
      throw new PluginError(
        'CFP_CLI_COMMAND_FAILED',
        `The command "${called}" of plugin "${plugin}" failed: ${messageOf(cause)}`,
        { plugin, phase: 'command', cause },
      )
    }
  }
  await manager.use(plugin, () => (signal ? untilAborted(call(), signal) : call()))
}

async function untilAborted(command: Promise<void>, signal: AbortSignal): Promise<void> {
  let timer: NodeJS.Timeout | undefined
  let giveUp = () => {}
  const end = new Promise<void>((resolve) => {
    giveUp = () => {
      timer = setTimeout(resolve, GRACE_MS)
    }
  })
  if (signal.aborted) giveUp()
  else signal.addEventListener('abort', giveUp)
  try {
    await Promise.race([command, end])
  } finally {
    clearTimeout(timer)
    signal.removeEventListener('abort', giveUp)
  }
}

/** From the command's name on. */
function withoutOptions(program: Command, args: readonly string[]): readonly string[] {
  for (let at = 0; at < args.length; at++) {
    const word = args[at] ?? ''
    if (word === '--') return args.slice(at + 1)
    if (!word.startsWith('-') || word === '-') return args.slice(at)
    const option = program.options.find(({ short, long }) => word === short || word === long)
    if (option?.required || (option?.optional && !args[at + 1]?.startsWith('-'))) at++
  }
  return []
}

/** What commander throws where a command line is wrong, also where a plugin made its command with a commander of its own. */
function asMisuse(thrown: unknown): CommanderError | undefined {
  if (thrown instanceof CommanderError) return thrown
  if (!(thrown instanceof Error)) return undefined
  const { code, exitCode, message } = thrown as Partial<CommanderError>
  if (typeof code !== 'string' || !code.startsWith('commander.') || typeof exitCode !== 'number') return undefined
  return new CommanderError(exitCode, code, message ?? '')
}

/** The names of the command that `args` call. What is given to it stays out: it may be a secret. */
function commandIn(program: Command, args: readonly string[]): string {
  const names: string[] = []
  let at: Command | undefined = program
  for (const word of args) {
    at = at.commands.find((command) => command.name() === word || command.aliases().includes(word))
    if (!at) break
    names.push(at.name())
  }
  return names.join(' ')
}
