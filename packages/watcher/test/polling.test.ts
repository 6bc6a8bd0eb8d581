// Polling on request: the same changes, seen another way.
import { renameSync, unlinkSync, utimesSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test, vi } from 'vitest'
import { makeFolder, until, watch } from './watching.ts'

test('edits, atomic saves, additions and deletions are told, and the health is good', async () => {
  const folder = makeFolder()
  const file = join(folder, 'a.ts')
  const added = join(folder, 'b.ts')
  writeFileSync(file, 'old')
  const { of, trigger } = await watch(folder, { usePolling: true })
  writeFileSync(file, 'new')
  await until(() => of(file).length === 1, 'the edit is told')
  writeFileSync(`${file}.tmp`, 'newer')
  renameSync(`${file}.tmp`, file)
  await until(() => of(file).length === 2, 'the atomic save is told')
  writeFileSync(added, 'new')
  await until(() => of(added).length === 1, 'the addition is told')
  unlinkSync(added)
  await until(() => of(added).length === 2, 'the deletion is told')
  expect(of(added).map(({ kind }) => kind)).toEqual(['add', 'unlink'])
  expect(trigger.health).toEqual({ status: 'healthy' })
})

test('other bytes of the same size and modification time are a change (fault 11)', async () => {
  const folder = makeFolder()
  const file = join(folder, 'a.ts')
  const time = new Date(2020, 1, 1)
  writeFileSync(file, 'aaaa')
  utimesSync(file, time, time)
  const { of } = await watch(folder, { usePolling: true })
  writeFileSync(file, 'bbbb')
  utimesSync(file, time, time)
  await until(() => of(file).length === 1, 'the change is told')
})

test('polling that the environment asks chokidar for sees edits too', async () => {
  vi.stubEnv('CHOKIDAR_USEPOLLING', '1')
  const folder = makeFolder()
  const file = join(folder, 'a.ts')
  writeFileSync(file, 'old')
  const { of } = await watch(folder)
  vi.unstubAllEnvs()
  writeFileSync(file, 'new')
  await until(() => of(file).length === 1, 'the edit is told')
})
