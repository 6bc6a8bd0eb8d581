// `tally plugins uninstall`: a package out of tally's own folder.
import { readSnapshot } from '../completion/snapshot.ts'
import { lockFolder } from '../folder-lock.ts'
import { installedPackages, packageOf, sweepTarballs } from '../packages/installed.ts'
import { runNpm } from '../packages/npm.ts'
import type { Session } from '../session.ts'
import { usageError } from '../tool-error.ts'

/** Takes it out by its own name, or by that of its plugin. */
export async function uninstallPlugin(
  session: Session,
  named: string,
  { timeout }: { readonly timeout: number },
): Promise<void> {
  const { places, signal, host } = session
  const folder = places.packages
  const names = Object.keys(installedPackages(folder))
  const owners = Object.values(readSnapshot(places)?.owners ?? {})
  const fileOf = (plugin: string) =>
    host?.manager.registry.get(plugin)?.source.file ?? owners.find((owner) => owner.plugin === plugin)?.file
  const name = names.find((each) => each === named) ?? names.find((each) => each === packageOf(fileOf(named)))
  if (name === undefined) {
    const there = names.length === 0 ? 'Nothing is' : `These are: ${names.join(', ')}`
    throw usageError(`${named} is not installed. ${there}`)
  }
  const unlock = await lockFolder(folder, { as: 'an installation', signal })
  try {
    await runNpm('uninstall', name, [name], { folder, timeoutMs: 1000 * timeout, signal })
    sweepTarballs(folder)
  } finally {
    unlock()
  }
  await host?.manager.rescan()
  process.stdout.write(`Uninstalled ${name}.\n`)
}
