// Many files, many saves, and more events than the system keeps. Fault rows 4 and 16.
import { createHash } from 'node:crypto'
import { mkdirSync, renameSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { expect, test } from 'vitest'
import { makeFolder, until, watch } from './watching.ts'

const systemWatches = () => process.getActiveResourcesInfo().filter((name) => name === 'FSEventWrap').length
const hashOf = (text: string) => createHash('sha256').update(text).digest('hex')

test.each([
  ['at once', 0],
  ['in bursts', 10],
])('2,000 atomic saves over 50 files, %s, end with the last content of each (fault 4)', async (_how, pauseMs) => {
  const folder = makeFolder()
  const files = Array.from({ length: 50 }, (_, index) => join(folder, `f${index}.ts`))
  for (const file of files) writeFileSync(file, 'old')
  const { of } = await watch(folder)
  for (let round = 0; round < 40; round++) {
    for (const file of files) {
      writeFileSync(`${file}.tmp`, `${file} ${round}`)
      renameSync(`${file}.tmp`, file)
    }
    if (pauseMs > 0) await sleep(pauseMs)
  }
  const isFinal = (file: string) => of(file).at(-1)?.hash === hashOf(`${file} 39`)
  await until(() => files.every(isFinal), 'every file is told as it is')
  await sleep(200)
  expect(files.filter((file) => !isFinal(file))).toEqual([])
})

test('among 10,000 files an edit is told, and the start takes no watch of each (fault 16)', async () => {
  const folder = makeFolder()
  for (let index = 0; index < 10_000; index++)
    writeFileSync(join(folder, `f${index}.ts`), `export const n = ${index}\n`)
  await until(() => systemWatches() === 0, 'the watches of other tests are gone')
  const { calls } = await watch(folder)
  expect(systemWatches()).toBe(1)
  writeFileSync(join(folder, 'f5000.ts'), 'new')
  await until(() => calls.length > 0, 'the edit is told')
  expect(calls.flat().map(({ file }) => file)).toEqual([join(folder, 'f5000.ts')])
})

test('files in node_modules cost no watch', async () => {
  const folder = makeFolder()
  for (let index = 0; index < 20; index++) {
    const inner = join(folder, 'node_modules', `p${index}`)
    mkdirSync(inner, { recursive: true })
    for (let file = 0; file < 20; file++) writeFileSync(join(inner, `f${file}.js`), 'x')
  }
  await until(() => systemWatches() === 0, 'the watches of other tests are gone')
  const { of } = await watch(folder)
  expect(systemWatches()).toBe(1)
  writeFileSync(join(folder, 'a.ts'), 'new')
  await until(() => of(join(folder, 'a.ts')).length > 0, 'the addition is told')
})

test.runIf(process.platform === 'linux')('a change whose event was lost in a flood is found', async () => {
  const folder = makeFolder()
  const file = join(folder, 'a.ts')
  const doomed = join(folder, 'doomed.ts')
  for (const path of [file, doomed]) writeFileSync(path, 'old')
  const { of } = await watch(folder)
  // Without a turn of the event loop nobody takes events off the queue, which holds 16,384.
  const noise = join(folder, 'noise')
  writeFileSync(`${noise}1`, '')
  for (let round = 0; round < 6_000; round++) {
    renameSync(`${noise}1`, `${noise}2`)
    renameSync(`${noise}2`, `${noise}1`)
  }
  writeFileSync(file, 'new')
  renameSync(doomed, `${doomed}.tmp`)
  await until(() => of(file).length > 0, 'the change is told')
  await until(() => of(doomed).length > 0, 'the deletion is told')
})
