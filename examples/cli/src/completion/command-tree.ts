// Commands as plain data: what completion needs to know of them, without the plugins that add them.
import { commandOwner } from '@cf-plugins/cli'
import type { Argument, Command, Help, Option } from 'commander'

/** A command, and those in it. */
export interface CommandTree {
  /** Its name, then its aliases. */
  readonly names: readonly string[]
  readonly description: string
  /** Who adds it; nothing for tally's own, and for commands of commands. */
  readonly plugin?: string | undefined
  readonly options: readonly OptionTree[]
  readonly arguments: readonly ValueTree[]
  readonly commands: readonly CommandTree[]
}

/** An option. */
export interface OptionTree {
  /** As they are typed: `-a`, `--algorithm`. */
  readonly names: readonly string[]
  readonly description: string
  /** What it takes; nothing for a flag. */
  readonly value?: (ValueTree & { readonly isOptional: boolean }) | undefined
}

/** Something to be typed that is no name. */
export interface ValueTree {
  readonly name: string
  readonly choices: readonly string[]
  readonly isVariadic: boolean
}

/** What is visible of a command, as its help shows it. */
export function treeOf(command: Command): CommandTree {
  const help = command.createHelp()
  const commands = help.visibleCommands(command)
  const isHelp = (each: Command) => each.name() === 'help' && !command.commands.includes(each)
  const others = commands.filter((each) => !isHelp(each)).map(treeOf)
  return {
    names: [command.name(), ...command.aliases()],
    description: help.subcommandDescription(command),
    plugin: commandOwner(command),
    options: help.visibleOptions(command).map(optionOf),
    arguments: command.registeredArguments.map(valueIn),
    commands: commands.some(isHelp) ? [...others, helpOf(command, help, others)] : others,
  }
}

/** Commander's own command for help is followed by a name of any other. */
function helpOf(command: Command, help: Help, others: readonly CommandTree[]): CommandTree {
  const own = help.visibleCommands(command).find((each) => each.name() === 'help')
  const commands = others.map((each) => ({ ...each, options: [], arguments: [], commands: [] }))
  return { names: ['help'], description: own?.description() ?? '', options: [], arguments: [], commands }
}

function optionOf(option: Option): OptionTree {
  const { short, long, description, flags, argChoices, required, optional, variadic } = option
  const names = [short, long].filter((name) => name !== undefined)
  if (!required && !optional) return { names, description }
  const [, name = ''] = /[<[]([^>\]]*)[>\]]/.exec(flags) ?? []
  return { names, description, value: { name, choices: argChoices ?? [], isVariadic: variadic, isOptional: optional } }
}

function valueIn(argument: Argument): ValueTree {
  return { name: argument.name(), choices: argument.argChoices ?? [], isVariadic: argument.variadic }
}
