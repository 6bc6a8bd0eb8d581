// A commander program that plugins add commands to, and take them back from.
import { PluginError, type ResolvedPluginMeta } from '@cf-plugins/plugin-api'
import type { AppScope } from 'cf-plugins'
import { Command } from 'commander'

const OWNER = Symbol('plugin')
/** On a program: which plugin had a command last, by each of its names. */
const OWNERS = Symbol('plugins')

/** The plugin that added a command, or nothing for one of the host's own. */
export function commandOwner(command: object): string | undefined {
  return (command as { [OWNER]?: string })[OWNER]
}

/** The plugin that has, or had until now, the command of a name: one that is being replaced has none for a moment. */
export function lastOwnerOf(program: Command, name: string): string | undefined {
  return ownersOf(program).get(name)
}

/**
 * A plugin's view of a commander program, for `scopeApp`. Commander has no way to remove a command and throws on a
 * second one of a name; here a plugin's commands are made on the side, appear in the program at `commit` and are gone
 * at `dispose`.
 *
 * @example
 * const manager = new PluginManager({ app: program, scopeApp: commanderScope })
 */
export function commanderScope(program: Command, { name }: ResolvedPluginMeta): AppScope<Command> {
  const shown = program.commands as Command[]
  const owners = ownersOf(program)
  const show = (command: Command) => {
    if (shown.includes(command)) return
    assertFree(program, name, command)
    command.parent = program
    Object.defineProperty(command, OWNER, { value: name, configurable: true })
    shown.push(command)
    for (const known of namesOf(command)) owners.set(known, name)
  }
  let isLive = false
  const view = new PluginProgram(program, name, (command) => {
    if (isLive) show(command)
  })
  return {
    view,
    commit() {
      isLive = true
      for (const [known, owner] of owners) if (owner === name) owners.delete(known)
      const refused: unknown[] = []
      for (const command of view.commands) {
        try {
          show(command)
        } catch (error) {
          refused.push(error)
        }
      }
      // Two plugins that start side by side may want one name: the later one is told, and keeps its other commands.
      if (refused.length > 0) throw refused[0]
    },
    dispose() {
      isLive = false
      const left = shown.filter((command) => !view.commands.includes(command))
      shown.splice(0, shown.length, ...left)
    },
  }
}

/** What would change the program for everybody, or would have no effect on it. */
const REFUSED = [
  'option',
  'requiredOption',
  'addOption',
  'argument',
  'arguments',
  'addArgument',
  'action',
  'hook',
  'alias',
  'aliases',
  'version',
  'usage',
  'helpOption',
  'addHelpOption',
  'helpCommand',
  'addHelpCommand',
  'addHelpText',
  'configureHelp',
  'configureOutput',
  'exitOverride',
  'allowUnknownOption',
  'allowExcessArguments',
  'enablePositionalOptions',
  'passThroughOptions',
  'parse',
  'parseAsync',
] as const satisfies readonly (keyof Command)[]

/** Takes a plugin's commands, and refuses what would change the program for everybody. */
class PluginProgram extends Command {
  readonly #program: Command
  readonly #plugin: string
  readonly #onAdded: (command: Command) => void

  constructor(program: Command, plugin: string, onAdded: (command: Command) => void) {
    super(program.name())
    this.#program = program
    this.#plugin = plugin
    this.#onAdded = onAdded
    this.copyInheritedSettings(program)
    for (const member of REFUSED) Object.defineProperty(this, member, { value: () => this.#refuse(member) })
  }

  override createCommand(name?: string): Command {
    return this.#program.createCommand(name)
  }

  override opts<T extends Record<string, unknown>>(): T {
    return this.#program.opts<T>()
  }

  override addCommand(command: Command, options?: { isDefault?: boolean; hidden?: boolean }): this {
    if (options?.isDefault) this.#refuse('addCommand', ', { isDefault }')
    assertFree(this.#program, this.#plugin, command)
    super.addCommand(command, options)
    // Made by itself, it would end the process where the program's own commands throw.
    inherit(command, this)
    this.#onAdded(command)
    return this
  }

  override command(nameAndArgs: string, ...rest: never[]): never {
    const [options] = rest as readonly { isDefault?: boolean }[]
    if (options?.isDefault) this.#refuse('command', ', { isDefault }')
    const [name = ''] = nameAndArgs.split(' ')
    assertFree(this.#program, this.#plugin, new Command(name))
    const made = super.command(nameAndArgs, ...(rest as [])) as Command
    this.#onAdded(this.commands.at(-1) as Command)
    return made as never
  }

  #refuse(member: string, details = ''): never {
    throw new PluginError(
      'CFP_CLI_APP_MEMBER',
      `Plugin "${this.#plugin}" called app.${member}(${details.replace(', ', '')}), which would change the program for everybody. Add a command, and do it there.`,
      { plugin: this.#plugin, phase: 'register' },
    )
  }
}

function ownersOf(program: Command): Map<string, string> {
  const holder = program as { [OWNERS]?: Map<string, string> }
  if (!holder[OWNERS]) Object.defineProperty(program, OWNERS, { value: new Map<string, string>() })
  return holder[OWNERS] as Map<string, string>
}

function namesOf(command: Command): string[] {
  return [command.name(), ...command.aliases()]
}

function inherit(command: Command, parent: Command): void {
  command.copyInheritedSettings(parent)
  for (const child of command.commands) inherit(child as Command, command)
}

/** @throws `CFP_CLI_COMMAND_TAKEN` */
function assertFree(program: Command, plugin: string, command: Command): void {
  const names = namesOf(command)
  const taken = program.commands.find((other) => namesOf(other).some((name) => names.includes(name)))
  const owner = taken && commandOwner(taken)
  // A plugin that is replaced adds its own commands again, while the old ones are still there.
  if (!names.includes('help') && (!taken || owner === plugin)) return
  throw new PluginError(
    'CFP_CLI_COMMAND_TAKEN',
    `Plugin "${plugin}" adds the command "${command.name()}", which ${owner ? `plugin "${owner}"` : 'the program'} has already. Rename one of them.`,
    { plugin, phase: 'register' },
  )
}
