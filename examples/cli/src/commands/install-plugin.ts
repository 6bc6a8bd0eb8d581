// `tally plugins install`: a package into tally's own folder, kept only where it is a plugin.
import { createHash } from 'node:crypto'
import { copyFileSync, readFileSync, statSync } from 'node:fs'
import { basename, join } from 'node:path'
import { commandOwner } from '@cf-plugins/cli'
import { type FoundPlugin, PluginLoader } from 'cf-plugins'
import { lockFolder } from '../folder-lock.ts'
import { absentPlugins } from '../known-commands.ts'
import {
  installedPackages,
  installedVersion,
  packageOf,
  preparePackages,
  sweepTarballs,
  TARBALLS,
} from '../packages/installed.ts'
import { type NpmOptions, runNpm } from '../packages/npm.ts'
import { takeUp } from '../packages/take-up.ts'
import type { Session } from '../session.ts'
import { ExitCode, ToolError, usageError } from '../tool-error.ts'
import { withHost } from './list-plugins.ts'

/** Installs it, and says which commands are there from now on. */
export async function installPlugin(
  session: Session,
  spec: string,
  { timeout }: { readonly timeout: number },
): Promise<void> {
  const { places, signal } = session
  const { packages: folder } = places
  const asked = whatIsAsked(spec)
  preparePackages(folder)
  const options: NpmOptions = { folder, timeoutMs: 1000 * timeout, signal }
  const unlock = await lockFolder(folder, { as: 'an installation', signal })
  let name: string
  try {
    name = await installed(folder, asked === 'tarball' ? copied(spec, folder) : spec, spec, options)
  } finally {
    sweepTarballs(folder)
    unlock()
  }
  const what = `${name} ${installedVersion(folder, name)}`
  await takeUp(session, name)
  await withHost(session, (program, running) => {
    const { manager } = running.host
    const isIts = (file: string | undefined) => packageOf(file) === name
    const plugin = manager.ordered().find(({ plugin }) => isIts(manager.registry.get(plugin)?.source.file))?.plugin
    const absent = absentPlugins(running).find((each) => each.plugin === plugin || isIts(each.file))
    if (absent) throw new ToolError(`${what} is installed, and does not run: ${absent.why}`)
    const commands = program.commands.filter((command) => commandOwner(command) === plugin)
    const adds = commands.map((command) => command.name()).join(', ') || 'no command'
    process.stdout.write(`Installed ${what}: its plugin "${plugin}" adds ${adds}.\n`)
  })
}

const TARBALL = /\.(tgz|tar\.gz)$/
/** As npm has them, with a version, a range or a tag: nothing that is a path, a URL, or an option. */
const PACKAGE = /^(@[a-z0-9~][\w.~-]*\/)?[a-z0-9~][\w.~-]*(@[^\s/:]+)?$/i

/** @throws ToolError what may be asked for */
function whatIsAsked(spec: string): 'tarball' | 'package' {
  const found = statSync(spec, { throwIfNoEntry: false })
  if (TARBALL.test(spec)) {
    if (found?.isFile()) return 'tarball'
    throw usageError(
      `There is no file ${spec}. It may be a tarball, as \`npm pack\` makes it, or the name of a package`,
    )
  }
  if (PACKAGE.test(spec)) return 'package'
  const hint = found?.isDirectory() ? ` It is a folder: make a tarball of it, with \`npm pack ${spec}\`.` : ''
  throw usageError(`${JSON.stringify(spec)} is neither a tarball nor the name of a package.${hint}`)
}

/** The path of a copy that stays, by its content: what is installed may be removed and moved at its origin. */
function copied(file: string, folder: string): string {
  const hash = createHash('sha256').update(readFileSync(file)).digest('hex').slice(0, 12)
  const name = `${basename(file)
    .replace(TARBALL, '')
    .replaceAll(/[^\w.-]/g, '_')}-${hash}.tgz`
  copyFileSync(file, join(folder, TARBALLS, name))
  return `./${TARBALLS}/${name}`
}

/** The name of the package, which is a plugin; what is none is taken out again. @throws ToolError */
async function installed(folder: string, from: string, shown: string, options: NpmOptions): Promise<string> {
  const before = installedPackages(folder)
  await runNpm('install', shown, [from], options)
  const after = installedPackages(folder)
  const ending = from.slice(from.lastIndexOf('/'))
  const isIt = from.startsWith('./')
    ? (each: string) => after[each]?.endsWith(ending)
    : (each: string) => from === each || from.startsWith(`${each}@`)
  const name = Object.keys(after).find(isIt)
  if (name === undefined) throw new ToolError(`${shown} was not installed: npm says that it was, and notes no package`)
  const found = await pluginIn(folder, name)
  if (found && !found.problem) return name
  const former = before[name]
  if (former === undefined) await runNpm('uninstall', name, [name], options)
  else await runNpm('install', name, [former.startsWith('file:') ? former : `${name}@${former}`], options)
  const why =
    found?.problem?.message ??
    `${name} is no plugin: its package.json has neither the keyword "cf-plugin" nor a field of that name.`
  const exitCode = ExitCode.failed
  throw new ToolError(`${shown} was not installed. ${why}`, { exitCode, cause: found?.problem })
}

/** What the package is to a host; nothing is run for it. */
async function pluginIn(folder: string, name: string): Promise<FoundPlugin | undefined> {
  const loader = new PluginLoader({ paths: [], packages: { from: folder }, env: {} })
  return (await loader.discover()).find((found) => found.package === name)
}
