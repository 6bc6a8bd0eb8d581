// What a reader of files can ask: whether what it read has come to rest, and when it will have. Fault rows 1-3, 13.
import { createHash } from 'node:crypto'
import { mkdirSync, rmSync, unlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { expect, test } from 'vitest'
import { makeFolder, until, watch } from './watching.ts'

const hashOf = (text: string) => createHash('sha256').update(text).digest('hex')

function folderWith(text: string) {
  const folder = makeFolder()
  const file = join(folder, 'counter.ts')
  writeFileSync(file, text)
  return { folder, file }
}

test('what is known is settled; other bytes are not, and are found without an event (fault 3)', async () => {
  const { folder, file } = folderWith('whole')
  const { trigger, changes } = await watch(folder)
  expect(trigger.isSettled(file, hashOf('whole'))).toBe(true)
  writeFileSync(file, 'new ')
  // In the same turn: no event can have come.
  expect(trigger.isSettled(file, hashOf('new '))).toBe(false)
  await sleep(20)
  writeFileSync(file, 'new and whole')
  await trigger.rested([file])
  expect(changes()).toEqual([{ kind: 'change', file, hash: hashOf('new and whole') }])
  expect(trigger.isSettled(file, hashOf('new and whole'))).toBe(true)
  expect(trigger.isSettled(file, hashOf('new '))).toBe(false)
})

test('the known bytes are not settled while the file is being written', async () => {
  const { folder, file } = folderWith('old')
  const { trigger } = await watch(folder)
  writeFileSync(file, 'new')
  await until(() => !trigger.isSettled(file, hashOf('old')), 'the write is seen')
  await trigger.rested([file])
  expect(trigger.isSettled(file, hashOf('new'))).toBe(true)
})

test('a file that is away for a moment is not settled as missing, and its return is no change (fault 13)', async () => {
  const { folder, file } = folderWith('old')
  const { trigger, changes } = await watch(folder)
  unlinkSync(file)
  expect(trigger.isSettled(file, undefined)).toBe(false)
  await sleep(100)
  writeFileSync(file, 'old')
  await trigger.rested([file])
  expect(changes()).toEqual([])
  expect(trigger.isSettled(file, hashOf('old'))).toBe(true)
})

test('a file that stays away is settled as missing once that is told', async () => {
  const { folder, file } = folderWith('old')
  const { trigger, changes } = await watch(folder)
  unlinkSync(file)
  expect(trigger.isSettled(file, undefined)).toBe(false)
  await trigger.rested([file])
  expect(changes()).toEqual([{ kind: 'unlink', file }])
  expect(trigger.isSettled(file, undefined)).toBe(true)
})

test('a new file in a new folder is not settled before it has rested', async () => {
  const { folder } = folderWith('old')
  const { trigger, changes } = await watch(folder)
  mkdirSync(join(folder, 'lib'))
  const helper = join(folder, 'lib/helper.ts')
  writeFileSync(helper, 'half')
  expect(trigger.isSettled(helper, hashOf('half'))).toBe(false)
  await trigger.rested([helper])
  expect(changes()).toEqual([{ kind: 'add', file: helper, hash: hashOf('half') }])
})

test('what is not watched has settled: outside, a test, in node_modules, and all before the start and after the end', async () => {
  const { folder, file } = folderWith('old')
  const { trigger } = await watch(folder)
  for (const name of ['../outside.ts', 'counter.test.ts', 'node_modules/x/index.ts', 'lib/.hidden/a.ts', 'notes.md'])
    expect(trigger.isSettled(join(folder, name), 'any')).toBe(true)
  await trigger.stop()
  expect(trigger.isSettled(file, 'any')).toBe(true)
})

test('whoever waits for a file that never rests is let go when watching ends', async () => {
  const { folder, file } = folderWith('old')
  const { trigger, errors } = await watch(folder, { settleTimeoutMs: 200 })
  let written = 0
  const writing = setInterval(() => writeFileSync(file, String(++written)), 20)
  try {
    await until(() => errors.length > 0, 'it is told that the file never settles')
    expect(trigger.isSettled(file, hashOf('old'))).toBe(true)
    expect(trigger.isSettled(file, hashOf('half'))).toBe(false)
    const rested = trigger.rested([file])
    await trigger.stop()
    await rested
  } finally {
    clearInterval(writing)
  }
})

test('the time that a change took to settle is told with it', async () => {
  const { folder, file } = folderWith('old')
  let took = 0
  const { calls } = await watch(folder, {
    onChanges: (changes, { settleMs }) => {
      took = settleMs
      calls.push(changes)
    },
  })
  rmSync(file)
  writeFileSync(file, 'new')
  await until(() => calls.length > 0, 'the change is told')
  expect(took).toBeGreaterThan(50)
})
