// One process a folder.
import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, it, onTestFinished } from 'vitest'
import { lockFolder } from '../plugins/database/folder-lock.ts'

async function folder() {
  const parent = await mkdtemp(join(tmpdir(), 'folder-lock-'))
  onTestFinished(() => rm(parent, { recursive: true, force: true }))
  return { parent, path: join(parent, 'files'), lock: join(parent, 'files.lock') }
}

/** How many of several who ask at once are let in, and what they leave. */
async function letIn(path: string) {
  const all = await Promise.allSettled(Array.from({ length: 8 }, () => lockFolder(path)))
  const refused = all.flatMap((each) => (each.status === 'rejected' ? [each.reason] : []))
  for (const reason of refused) expect(reason).toMatchObject({ code: 'DATABASE_IN_USE' })
  return all.flatMap((each) => (each.status === 'fulfilled' ? [each.value] : []))
}

it('lets one in, until it is given back', async () => {
  const { parent, path } = await folder()
  const [unlock, ...others] = await letIn(path)
  expect(others).toEqual([])
  await unlock?.()
  expect(await readdir(parent)).toEqual([])
  await (await lockFolder(path))()
})

it.each([
  ['a process that is gone', '4194999 1\n'],
  ['an earlier life of this process', `${process.pid} 1000\n`],
  ['nobody who can be read', 'what?'],
])('takes over from %s, and lets one in', async (_who, text) => {
  const { parent, path, lock } = await folder()
  await writeFile(lock, text)
  expect(await letIn(path)).toHaveLength(1)
  expect(await readdir(parent)).toEqual(['files.lock'])
})

it('says who has it, and which file to delete', async () => {
  const { path, lock } = await folder()
  await writeFile(lock, `${process.ppid} 1\n`)
  await expect(lockFolder(path)).rejects.toMatchObject({
    message: expect.stringMatching(`is used by process ${process.ppid}, .* delete ${lock}`),
  })
})
