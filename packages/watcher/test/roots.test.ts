// Roots and folders that go, come and move. Fault rows 5, 6 and 15.
import { mkdirSync, renameSync, rmSync, symlinkSync, unlinkSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { expect, test } from 'vitest'
import { makeFolder, NOTHING_MS, type Recorded, record, until, watch } from './watching.ts'

function makeRoot() {
  const root = join(makeFolder(), 'plugins')
  mkdirSync(join(root, 'sub'), { recursive: true })
  const files = [join(root, 'a.ts'), join(root, 'sub/b.ts')] as const
  for (const file of files) writeFileSync(file, 'old')
  return { root, files, away: join(dirname(root), 'away') }
}

/** Saves each file and sees that it is told: the folders are armed. */
async function expectArmed(recorded: Recorded, files: readonly string[]): Promise<void> {
  for (const file of files) {
    const before = recorded.of(file).length
    writeFileSync(file, `saved ${performance.now()}`)
    await until(() => recorded.of(file).length > before, `${file} is told`, 2_000)
  }
}

test('an edit right after the start is told (fault 15)', async () => {
  for (let round = 0; round < 10; round++) {
    const { root, files } = makeRoot()
    const { of, trigger } = await watch(root)
    for (const file of files) writeFileSync(file, 'new')
    await until(() => files.every((file) => of(file).length === 1), `the edits of round ${round} are told`)
    await trigger.stop()
  }
})

test('an edit of a file that the start has gone past, before it resolves, is told (fault 15)', async () => {
  const root = makeFolder()
  for (let index = 0; index < 4_000; index++) writeFileSync(join(root, `f${index}.ts`), 'old')
  const asked: string[] = []
  const { trigger, of } = record(root, { ignore: (path) => asked.push(path) < 0 })
  const starting = trigger.start()
  while (asked.length < 500) await new Promise((resolve) => setImmediate(resolve))
  const edited = asked.slice(0, 50)
  for (const file of edited) writeFileSync(file, 'new')
  await starting
  await until(() => edited.every((file) => of(file).length > 0), 'the edits are told')
})

test.each([0, 300, 900])('a root removed and made anew %i ms later is armed within 1 s (fault 5)', async (gap) => {
  const { root, files } = makeRoot()
  const recorded = await watch(root)
  rmSync(root, { recursive: true })
  await sleep(gap)
  mkdirSync(join(root, 'sub'), { recursive: true })
  for (const file of files) writeFileSync(file, 'made again')
  const made = performance.now()
  await until(
    () => files.every((file) => recorded.of(file).some(({ kind }) => kind !== 'unlink')),
    'the new files are told',
  )
  expect(performance.now() - made).toBeLessThan(1_000)
  await expectArmed(recorded, files)
  expect(recorded.errors).toEqual([])
  expect(recorded.trigger.health).toEqual({ status: 'healthy' })
})

test.each([0, 300, 900])('a root renamed away and back %i ms later is armed within 1 s (fault 6)', async (gap) => {
  const { root, files, away } = makeRoot()
  const recorded = await watch(root)
  renameSync(root, away)
  await sleep(gap)
  writeFileSync(join(away, 'a.ts'), 'edited while away')
  renameSync(away, root)
  const back = performance.now()
  await until(() => recorded.of(files[0]).some(({ kind }) => kind !== 'unlink'), 'the edit made while away is told')
  expect(performance.now() - back).toBeLessThan(1_000)
  await expectArmed(recorded, files)
})

test('a root that is renamed away and back unchanged is no change', async () => {
  const { root, away, files } = makeRoot()
  const recorded = await watch(root)
  renameSync(root, away)
  await sleep(100)
  renameSync(away, root)
  await sleep(NOTHING_MS + 500)
  expect(recorded.changes()).toEqual([])
  await expectArmed(recorded, files)
})

test('another folder in the place of the root is told by its differences', async () => {
  const { root, away, files } = makeRoot()
  const other = join(dirname(root), 'other')
  mkdirSync(other)
  writeFileSync(join(other, 'a.ts'), 'old')
  writeFileSync(join(other, 'c.ts'), 'new')
  const recorded = await watch(root)
  renameSync(root, away)
  renameSync(other, root)
  await until(() => recorded.changes().length >= 2, 'the differences are told')
  await sleep(NOTHING_MS)
  const told = recorded.changes().map(({ kind, file }) => `${kind} ${file}`)
  expect(told.sort()).toEqual([`add ${join(root, 'c.ts')}`, `unlink ${files[1]}`])
  await expectArmed(recorded, [files[0], join(root, 'c.ts')])
})

test('a folder above the root that is removed and made again does not matter', async () => {
  const { root, files } = makeRoot()
  const recorded = await watch(root)
  rmSync(dirname(root), { recursive: true })
  await until(() => recorded.changes().length === 2, 'the deletions are told')
  expect(recorded.trigger.health).toMatchObject({ status: 'degraded', message: expect.stringContaining(root) })
  mkdirSync(join(root, 'sub'), { recursive: true })
  for (const file of files) writeFileSync(file, 'made again')
  await until(() => recorded.changes().length === 4, 'the new files are told')
  await expectArmed(recorded, files)
})

test('a root that is not there at the start is waited for', async () => {
  const root = join(makeFolder(), 'later/plugins')
  const recorded = await watch(root)
  expect(recorded.trigger.health).toMatchObject({ status: 'degraded', message: expect.stringContaining(root) })
  mkdirSync(root, { recursive: true })
  const file = join(root, 'a.ts')
  writeFileSync(file, 'x')
  await until(() => recorded.of(file).length > 0, 'the file is told')
  expect(recorded.of(file)[0]?.kind).toBe('add')
  expect(recorded.trigger.health).toEqual({ status: 'healthy' })
})

test('two triggers on one folder both outlive its removal', async () => {
  const { root, files } = makeRoot()
  const both = [await watch(root), await watch(root)]
  for (let round = 1; round <= 3; round++) {
    rmSync(root, { recursive: true })
    await sleep(round * 40)
    mkdirSync(join(root, 'sub'), { recursive: true })
    for (const file of files) writeFileSync(file, `round ${round}`)
    for (const recorded of both)
      await until(() => files.every((file) => recorded.of(file).length > 0), 'the new files are told')
    for (const recorded of both) await expectArmed(recorded, files)
  }
})

test('a root that is a link is told by real paths, and followed to another target', async () => {
  const folder = makeFolder()
  for (const release of ['one', 'two']) {
    mkdirSync(join(folder, release))
    writeFileSync(join(folder, release, 'a.ts'), release)
  }
  const current = join(folder, 'current')
  symlinkSync(join(folder, 'one'), current)
  const recorded = await watch(current)
  await expectArmed(recorded, [join(folder, 'one/a.ts')])
  unlinkSync(current)
  symlinkSync(join(folder, 'two'), current)
  await until(() => recorded.of(join(folder, 'two/a.ts')).length > 0, 'the new target is told')
  await expectArmed(recorded, [join(folder, 'two/a.ts')])
})

test('a new folder, its folders and their files are told, also when all are made at once', async () => {
  const { root } = makeRoot()
  const recorded = await watch(root)
  const staged = join(dirname(root), 'staged')
  for (const place of [join(root, 'made'), staged]) {
    mkdirSync(join(place, 'deep/er'), { recursive: true })
    writeFileSync(join(place, 'deep/er/a.ts'), 'x')
  }
  renameSync(staged, join(root, 'moved'))
  const files = ['made', 'moved'].map((name) => join(root, name, 'deep/er/a.ts'))
  await until(() => files.every((file) => recorded.of(file)[0]?.kind === 'add'), 'the files are told')
  await expectArmed(recorded, files)
})

test('a folder that is removed and made again in one go is armed', async () => {
  const { root, files } = makeRoot()
  const recorded = await watch(root)
  for (let round = 0; round < 5; round++) {
    rmSync(join(root, 'sub'), { recursive: true })
    mkdirSync(join(root, 'sub'))
    writeFileSync(files[1], `round ${round}`)
    await until(() => recorded.of(files[1]).length > round * 2, 'the new file is told')
    await expectArmed(recorded, [files[1]])
  }
})

test('a folder that is renamed within the root is told as its files moved, and armed at its new place', async () => {
  const { root, files } = makeRoot()
  const recorded = await watch(root)
  const moved = join(root, 'moved/b.ts')
  renameSync(join(root, 'sub'), join(root, 'moved'))
  await until(() => recorded.changes().length > 0, 'the move is told')
  expect(recorded.calls[0]?.map(({ kind, file }) => `${kind} ${file}`).sort()).toEqual([
    `add ${moved}`,
    `unlink ${files[1]}`,
  ])
  await expectArmed(recorded, [moved])
})

test('a folder that holds an entry of its own name stays armed', async () => {
  const { root, files } = makeRoot()
  const recorded = await watch(root)
  mkdirSync(join(root, 'sub/sub'))
  writeFileSync(join(root, 'sub/sub/c.ts'), 'x')
  await until(() => recorded.changes().length > 0, 'the file is told')
  await expectArmed(recorded, [files[1], join(root, 'sub/sub/c.ts')])
})

test('a root that is a file is told whatever its name, and its neighbours are not', async () => {
  const { root, files } = makeRoot()
  const single = join(root, 'single.plugin')
  writeFileSync(single, 'old')
  const recorded = await watch([single, files[1]])
  writeFileSync(files[0], 'new')
  mkdirSync(join(root, 'more'))
  writeFileSync(join(root, 'more/c.ts'), 'new')
  await expectArmed(recorded, [single, files[1]])
  writeFileSync(`${single}.new`, 'atomic')
  renameSync(`${single}.new`, single)
  await until(() => recorded.of(single).length === 2, 'the atomic save is told')
  unlinkSync(single)
  await until(() => recorded.of(single).at(-1)?.kind === 'unlink', 'the deletion is told')
  writeFileSync(single, 'again')
  await until(() => recorded.of(single).at(-1)?.kind === 'add', 'the return is told')
  await expectArmed(recorded, [single])
  expect(new Set(recorded.changes().map(({ file }) => file))).toEqual(new Set([single, files[1]]))
})

test('files and folders as roots of one folder all outlive its removal', async () => {
  const { root, files } = makeRoot()
  const [one, two, other] = ['one.ts', 'two.ts', 'other.ts'].map((name) => join(root, 'sub', name)) as [
    string,
    string,
    string,
  ]
  const make = () => {
    mkdirSync(join(root, 'sub'), { recursive: true })
    for (const file of [...files, one, two, other]) writeFileSync(file, `made ${performance.now()}`)
  }
  make()
  const single = await watch([one, two])
  const mixed = await watch([one, root, two])
  for (const removed of [join(root, 'sub'), root]) {
    rmSync(removed, { recursive: true })
    await sleep(100)
    const before = [one, two, files[1]].map((file) => mixed.of(file).length)
    make()
    await until(
      () => [one, two, files[1]].every((file, index) => mixed.of(file).length > (before[index] ?? 0)),
      'made again',
    )
    await expectArmed(single, [one, two])
    await expectArmed(mixed, [one, two, other, files[1], files[0]])
  }
  expect(single.of(other)).toEqual([])
})

test('a folder and a file in it as roots are told once, in whatever order they are given', async () => {
  const { root, files } = makeRoot()
  const roots = [root, join(root, 'sub'), files[0]]
  const both = [await watch(roots), await watch(roots.toReversed())]
  for (const file of files) writeFileSync(file, 'new')
  for (const { of } of both) await until(() => files.every((file) => of(file).length > 0), 'both are told')
  await sleep(NOTHING_MS)
  for (const { changes } of both) expect(changes()).toHaveLength(2)
})
