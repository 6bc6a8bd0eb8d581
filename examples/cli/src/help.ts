// The help: plugins' commands stand under the plugin that they come from, and those that are not there have their reason.
import { commandOwner } from '@cf-plugins/cli'
import { type Command, Help } from 'commander'
import { absentPlugins } from './known-commands.ts'
import type { Session } from './session.ts'

/** Says in the help who adds which command; to be called once the plugins run, and after each change of them. */
export function prepareHelp(program: Command, session: Session): void {
  const registry = session.host?.manager.registry
  for (const command of program.commands) {
    const plugin = commandOwner(command)
    if (plugin !== undefined) command.helpGroup(headingOf(plugin, registry?.get(plugin)?.meta.version))
  }
}

/** What the help has besides: once for a program. */
export function addHelpParts(program: Command, session: Session): void {
  program.configureHelp({ groupItems: sortedGroups })
  program.addHelpText('afterAll', ({ command }) =>
    command === program ? absentText(session) : originText(command, session),
  )
}

/** Plugins start side by side: in which order they add their commands is no matter of chance here. */
function sortedGroups<T extends Parameters<Help['groupItems']>[1][number]>(
  this: Help,
  unsorted: T[],
  visible: T[],
  groupOf: (item: T) => string,
): Map<string, T[]> {
  const groups = [...Help.prototype.groupItems.call(this, unsorted, visible, groupOf as never)] as [string, T[]][]
  const rank = ([heading]: [string, T[]]) => (heading.startsWith(PREFIX) ? 1 : 0)
  return new Map(groups.sort((a, b) => rank(a) - rank(b) || a[0].localeCompare(b[0])))
}

const PREFIX = 'Commands of the plugin '

function headingOf(plugin: string, version = ''): string {
  return `${PREFIX}${plugin} ${version}`.trimEnd().concat(':')
}

function absentText(session: Session): string {
  const absent = absentPlugins(session)
  if (absent.length === 0) return ''
  const width = Math.max(...absent.map(({ commands }) => commands.join('|').length))
  const lines = absent.map(({ commands, plugin, why }) => `  ${commands.join('|').padEnd(width)}  ${plugin}: ${why}`)
  return `\nNot available:\n${lines.join('\n')}`
}

function originText(command: Command, { host }: Session): string {
  let top: Command = command
  while (top.parent?.parent) top = top.parent
  const plugin = commandOwner(top)
  const record = plugin === undefined ? undefined : host?.manager.registry.get(plugin)
  if (!record) return ''
  const { meta, source } = record
  return `\nOf the plugin ${meta.name} ${meta.version}${source.file ? `, ${source.file}` : ''}`
}
