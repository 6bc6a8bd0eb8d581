// A commander program that plugins add commands to, and take them back from.

import { type AppScope, PluginError, type ResolvedPluginMeta } from 'cf-plugins'
import { Command } from 'commander'

const OWNER = Symbol('plugin')

/** The plugin that added a command, or nothing for one of the host's own. */
export function commandOwner(command: object): string | undefined {
  return (command as { [OWNER]?: string })[OWNER]
}

/**
 * A plugin's view of a commander program, for `scopeApp`. Commander has no way to remove a command and throws on a
 * second one of a name; here a plugin's commands are made on the side, appear in the program at `commit` and are gone
 * at `dispose`.
 *
 * @example
 * const manager = new PluginManager({ app: program, scopeApp: commanderScope })
 */
export function commanderScope(program: Command, meta: ResolvedPluginMeta): AppScope<Command> {
  const view = new PluginProgram(program, meta.name)
  const commands = () => program.commands as Command[]
  return {
    view,
    commit() {
      for (const command of view.commands) {
        command.parent = program
        Object.defineProperty(command, OWNER, { value: meta.name, configurable: true })
        if (!commands().includes(command)) commands().push(command)
      }
    },
    dispose() {
      const left = commands().filter((command) => !view.commands.includes(command))
      commands().splice(0, commands().length, ...left)
    },
  }
}

/** Takes a plugin's commands, and refuses what would change the program for everybody. */
class PluginProgram extends Command {
  readonly #program: Command
  readonly #plugin: string

  constructor(program: Command, plugin: string) {
    super(program.name())
    this.#program = program
    this.#plugin = plugin
    this.copyInheritedSettings(program)
    for (const member of [
      'option',
      'requiredOption',
      'argument',
      'action',
      'version',
      'parse',
      'parseAsync',
    ] as const) {
      Object.defineProperty(this, member, { value: () => this.#refuse(member) })
    }
  }

  override createCommand(name?: string): Command {
    return this.#program.createCommand(name)
  }

  override addCommand(command: Command, options?: { isDefault?: boolean; hidden?: boolean }): this {
    this.#assertFree(command)
    return super.addCommand(command, options)
  }

  override command(nameAndArgs: string, ...rest: never[]): never {
    const [name = ''] = nameAndArgs.split(' ')
    this.#assertFree(new Command(name))
    return super.command(nameAndArgs, ...(rest as [])) as never
  }

  #assertFree(command: Command): void {
    const names = [command.name(), ...command.aliases()]
    const taken = this.#program.commands.find((other) =>
      [other.name(), ...other.aliases()].some((name) => names.includes(name)),
    )
    const owner = taken && commandOwner(taken)
    // A plugin that is replaced adds its own commands again, while the old ones are still there.
    if (!taken || owner === this.#plugin) return
    throw new PluginError(
      'CFP_CLI_COMMAND_TAKEN',
      `Plugin "${this.#plugin}" adds the command "${command.name()}", which ${owner ? `plugin "${owner}"` : 'the program'} has already. Rename one of them.`,
      { plugin: this.#plugin, phase: 'register' },
    )
  }

  #refuse(member: string): never {
    throw new PluginError(
      'CFP_CLI_APP_MEMBER',
      `Plugin "${this.#plugin}" called app.${member}(), which would change the program for everybody. Add a command, and call ${member}() on that.`,
      { plugin: this.#plugin, phase: 'register' },
    )
  }
}
