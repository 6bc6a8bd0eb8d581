// What a store costs: a save must not wait for it, and what is written behind it must not be much dearer than the bare steps
// without which no file survives a crash: serialize, write, fsync, rename, fsync the folder.
import { randomBytes } from 'node:crypto'
import { mkdtemp, open, rename, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { serialize } from 'node:v8'
import { compare } from '@cf-plugins/bench-harness'
import { resolveMeta } from '@cf-plugins/plugin-api/host'
import { FileStateStore, StatePreserver, type StateSnapshot } from '@cf-plugins/state-preserver'

const folder = await mkdtemp(join(tmpdir(), 'cf-state-bench-'))

/** Compares for one kind of state. */
export async function compareStores(title: string, state: unknown): Promise<void> {
  const plugin = {
    name: 'bench',
    enabled: true,
    meta: resolveMeta({ name: 'bench', version: '1.0.0' }),
    instance: { getReloadState: () => state },
  }
  const store = new FileStateStore({ folder })
  const sealing = new FileStateStore({ folder: join(folder, 'sealed'), key: randomBytes(32) })
  const stored = new StatePreserver({ store })
  const inMemory = new StatePreserver()
  const snapshot = await inMemory.save(plugin)
  // What has not changed is not written, so each write is of the other one.
  const others = [snapshot, await inMemory.save({ ...plugin, enabled: false })]
  const alternating = (to: FileStateStore) => {
    let at = 0
    return () => to.write(others[at++ % 2] as StateSnapshot)
  }

  await compare(
    `${title}: a save`,
    { 'with a store': () => stored.save(plugin), without: () => inMemory.save(plugin) },
    {
      // What is written behind one sample must not fall into the next.
      setup: () => stored.flush(),
      goals: [{ of: 'with a store', against: 'without', atMost: 1.2, why: 'a reload does not wait for the disk' }],
    },
  )
  await compare(
    `${title}: a write`,
    {
      'FileStateStore.write': alternating(store),
      'the same, encrypted': alternating(sealing),
      'bare steps': () => writeBare(state),
    },
    {
      goals: [
        { of: 'the same, encrypted', against: 'bare steps', atMost: 3, why: 'it shares the thread with the plugins' },
      ],
    },
  )
}

/** Removes what the comparisons wrote. */
export function removeFiles(): Promise<void> {
  return rm(folder, { recursive: true })
}

async function writeBare(state: unknown): Promise<void> {
  const file = join(folder, 'bare')
  const handle = await open(`${file}.tmp`, 'w', 0o600)
  await handle.writeFile(serialize(state))
  await handle.sync()
  await handle.close()
  await rename(`${file}.tmp`, file)
  const parent = await open(folder)
  await parent.sync()
  await parent.close()
}
