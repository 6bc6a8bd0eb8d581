// Commands that nobody has: of a plugin that does not run, or of no plugin at all.
import { nearestName } from 'cf-plugins'
import type { Command } from 'commander'
import { readSnapshot } from './completion/snapshot.ts'
import type { Host } from './host.ts'
import type { Session } from './session.ts'
import { oneLine, ToolError, usageError } from './tool-error.ts'

/** A plugin that does not run. */
export interface Absent {
  readonly plugin: string
  readonly file: string | undefined
  /** In one line, down to the root cause, with the place where it is known. */
  readonly why: string
  /** The commands that it had when it last ran; its own name where it never did. */
  readonly commands: readonly string[]
}

/** Those that could not be loaded, failed, need one that did, or are switched off. */
export function absentPlugins({ host, places }: Session): Absent[] {
  if (!host) return []
  const { manager } = host
  const unloaded = manager.absent().map(({ plugin, file, error }) => ({ plugin, file, why: oneLine(error.message) }))
  const resting = manager.ordered().filter(({ state }) => state !== 'active')
  const all = [
    ...unloaded,
    ...resting.map(({ plugin }) => ({
      plugin,
      file: manager.registry.get(plugin)?.source.file,
      why: reasonOf(manager, plugin),
    })),
  ]
  const owners = Object.entries(readSnapshot(places)?.owners ?? {})
  return all.map(({ plugin, file, why }) => {
    const had = owners.filter(([, owner]) => owner.plugin === plugin || (owner.file !== null && owner.file === file))
    const commands = had.map(([command]) => command)
    return { plugin, file, why, commands: commands.length > 0 ? commands : [plugin] }
  })
}

function reasonOf(manager: Host['manager'], plugin: string): string {
  const { text, rootCause } = manager.explain(plugin)
  const { file, line, column } = rootCause.error ?? {}
  const place = [file, line, column].filter((part) => part !== undefined).join(':')
  return oneLine(place === '' || text.includes(place) ? text : `${text} (${place})`)
}

/** @throws ToolError why there is no such command */
export function assertKnown(program: Command, session: Session, name: string): void {
  const names = program.commands.flatMap((command) => [command.name(), ...command.aliases()])
  if (names.includes(name)) return
  const absent = absentPlugins(session)
  const owner = absent.find(({ commands }) => commands.includes(name))
  if (owner)
    throw new ToolError(`"${name}" is a command of the plugin "${owner.plugin}", which does not run: ${owner.why}`)
  const nearest = nearestName(name, names)
  const meant = nearest === undefined ? '' : ` Did you mean "${nearest}"?`
  throw usageError(`There is no command "${name}".${meant} See: tally --help`)
}
