// `cf <plugin command>`: starts the plugins, runs a command that one of them added, and stops them.
import { basename } from 'node:path'
import { PluginError } from '@cf-plugins/plugin-api'
import { nearestName, PluginManager, type StartReport, type StateOptions } from 'cf-plugins'
import type { Command } from 'commander'
import { commanderScope } from '../commander-scope.ts'
import { ExitCode } from '../exit-code.ts'
import type { Output } from '../output.ts'
import { runCommand } from '../run-command.ts'
import { Signals, signalExitCode } from '../signals.ts'
import { type HostEnd, isStateProblem, stopHost } from '../stop-host.ts'
import { StrayErrors } from '../stray-errors.ts'

/** Runs `args` in `program`, which the plugins of the folders add their commands to. */
export async function pluginCommand(
  program: Command,
  folders: readonly string[],
  args: readonly string[],
  { state }: { readonly state: StateOptions | undefined },
  output: Output,
): Promise<number> {
  let isEnding = false
  const manager = new PluginManager({
    app: program,
    scopeApp: commanderScope,
    // What its end has to say about state is told as an error of its own.
    logger: output.logger(output.stderr, (error) => isEnding && isStateProblem(error)),
    ...(state && { state }),
    // Nobody waits for a host here: how long a plugin took is no news.
    slowMs: Number.POSITIVE_INFINITY,
    ...(folders.length > 0 && { paths: folders }),
  })
  const signals = new Signals()
  const stray = new StrayErrors((error) => output.error(error))
  // A command that is not waited for any more must not hold up the stop of its plugin.
  const over = new AbortController()
  const ended = signals.first.then((signal) => ({ signal }))
  let end: HostEnd | undefined
  try {
    const work = async () => {
      const report = await manager.start({ signal: signals.signal })
      assertKnown(program, args, report)
      await runCommand(program, manager, args, { signal: over.signal })
    }
    const early = await Promise.race([work(), ended, stray.first])
    if (early) return signalExitCode(early.signal)
  } catch (error) {
    if (signals.signal.aborted) return signalExitCode((await ended).signal)
    throw error
  } finally {
    isEnding = true
    over.abort()
    // Its thread costs a small command a fifth of its time: there is one only where somebody waits for the end.
    end = await stopHost(manager, output, { guarded: signals.signal.aborted })
    signals[Symbol.dispose]()
    stray[Symbol.dispose]()
  }
  return !end.isWell || stray.isAny ? ExitCode.failed : Number(process.exitCode ?? ExitCode.ok)
}

/** @throws `CFP_CLI_UNKNOWN_COMMAND` with the nearest name, and who might have had it */
function assertKnown(program: Command, args: readonly string[], { failed }: StartReport): void {
  const name = args[0] === 'help' ? args[1] : args[0]
  const names = program.commands.flatMap((command) => [command.name(), ...command.aliases()])
  if (name === undefined || names.includes(name)) return
  const nearest = nearestName(name, names)
  const meant = nearest === undefined ? '' : ` Did you mean "${nearest}"?`
  const down = failed.map(({ plugin, error }) => `${basename(plugin)} (${error.code})`)
  const silent = down.length === 0 ? '' : ` These are not active and add no commands: ${down.join(', ')}.`
  throw new PluginError('CFP_CLI_UNKNOWN_COMMAND', `There is no command "${name}".${meant}${silent}`, {
    phase: 'command',
  })
}
