// `tally plugins`: which plugin adds what, where it comes from, and why one does not run.
import { relative } from 'node:path'
import { commandOwner, createTheme, type Theme } from '@cf-plugins/cli'
import type { Command } from 'commander'
import { type Host, openHost } from '../host.ts'
import { absentPlugins } from '../known-commands.ts'
import { packageOf } from '../packages/installed.ts'
import { createProgram } from '../program.ts'
import { remember } from '../remember.ts'
import type { Session } from '../session.ts'

/** A plugin, as it is listed. */
interface Row {
  readonly plugin: string
  readonly version: string
  readonly runs: boolean
  readonly commands: readonly string[]
  /** `npm: <package>`, or its file in the folder of plugins. */
  readonly from: string
  readonly why?: string
}

/** Starts the plugins, where they do not run already, and prints what becomes of them. */
export async function listPlugins(session: Session, { json = false }: { readonly json?: boolean }): Promise<void> {
  const rows = await withHost(session, (program, running) => rowsOf(program, running))
  if (json) process.stdout.write(`${JSON.stringify(rows, null, 2)}\n`)
  else process.stdout.write(table(rows, createTheme(process.stdout)))
}

/** Calls `task` with plugins that run: those of the shell, or others, without what they keep, that end with it. */
export async function withHost<T>(
  session: Session,
  task: (program: Command, session: Session & { readonly host: Host }) => T | Promise<T>,
): Promise<T> {
  const { host: open, program: own, places, verbose, signal } = session
  if (open && own) return task(own, { ...session, host: open })
  const program = createProgram(session)
  await using host = await openHost(program, { places, verbose, signal })
  remember(program, session, host)
  return await task(program, { ...session, host })
}

function rowsOf(program: Command, session: Session & { readonly host: Host }): Row[] {
  const { host, places } = session
  const { registry } = host.manager
  const reasons = new Map(absentPlugins(session).map((absent) => [absent.plugin, absent]))
  const records = host.manager.ordered().flatMap(({ plugin }) => registry.get(plugin) ?? [])
  const registered = records.map(({ meta, source }): Row => {
    const { name: plugin, version } = meta
    const why = reasons.get(plugin)?.why
    reasons.delete(plugin)
    const commands = program.commands.filter((command) => commandOwner(command) === plugin)
    const names = commands.map((command) => [command.name(), ...command.aliases()].join('|'))
    return {
      plugin,
      version,
      runs: why === undefined,
      commands: names,
      from: originOf(source.file, places),
      ...(why && { why }),
    }
  })
  const others = [...reasons.values()].map(({ plugin, why, file }): Row => {
    return { plugin, version: '', runs: false, commands: [], from: originOf(file, places), why }
  })
  return [...registered, ...others].sort((a, b) => a.plugin.localeCompare(b.plugin))
}

function originOf(file: string | undefined, { plugins }: Session['places']): string {
  if (file === undefined) return ''
  const name = packageOf(file)
  return name === undefined ? relative(plugins, file) : `npm: ${name}`
}

function table(rows: readonly Row[], theme: Theme): string {
  const head = { plugin: 'plugin', version: 'version', commands: ['adds'], from: 'from', runs: true }
  const cells = [head, ...rows].map(({ plugin, version, commands, from }) => [
    plugin,
    version,
    commands.join(', '),
    from,
  ])
  const widths = [0, 1, 2].map((at) => Math.max(...cells.map((row) => row[at]?.length ?? 0)))
  const line = (row: readonly string[]) =>
    row
      .map((cell, at) => cell.padEnd(widths[at] ?? 0))
      .join('  ')
      .trimEnd()
  const lines = cells.slice(1).map((row, at) => {
    const { runs = true, why } = rows[at] ?? {}
    const reason = why === undefined ? '' : `\n    ${why}`
    return `${runs ? theme.good('●') : theme.bad('✖')} ${line(row)}${reason}\n`
  })
  return `${theme.faint(`  ${line(cells[0] ?? [])}`)}\n${lines.join('')}`
}
