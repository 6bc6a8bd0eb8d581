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
 * Parses `args`, without the program's own name, and runs the command that they name. A plugin's command is a call
 * into the plugin: it waits while the plugin is replaced, and the next replacement waits for it.
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
  const [name = ''] = args
  const parse = () => program.parseAsync(args, { from: 'user' })
  const plugin = lastOwnerOf(program, name)
  if (plugin === undefined || !manager.registry.has(plugin)) {
    await parse()
    return
  }
  const call = async () => {
    const called = commandIn(program, args)
    try {
      await parse()
    } catch (cause) {
      if (cause instanceof CommanderError) throw cause
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
