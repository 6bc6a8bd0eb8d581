// Installed plugins in a shell that runs: they come and go without a restart.
import type { Session } from '../session.ts'

/** Starts the plugin of a package that has just been installed; does nothing where no shell runs. */
export async function takeUp({ host }: Session, name: string): Promise<void> {
  if (!host) return
  const { loader, lifecycle } = host.manager
  const found = (await loader.discover()).find((each) => each.package === name)
  if (!found) return
  const record = await loader.load(found)
  if (host.manager.registry.has(record.meta.name)) await host.manager.unload(record.meta.name)
  await lifecycle.add([record])
}
