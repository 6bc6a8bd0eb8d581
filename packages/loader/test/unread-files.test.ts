// A file that is still the one that was compiled is not read again, however it is asked for; whatever else it is, it is read.
import fs, { readFileSync, renameSync, statSync, utimesSync } from 'node:fs'
import { syncBuiltinESMExports } from 'node:module'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { folderWith, loaderFor, pluginText, write } from './folder.ts'

const { openSync } = fs
let opened: string[] = []

beforeEach(() => {
  opened = []
  fs.openSync = (path, ...rest) => {
    opened.push(String(path))
    return openSync(path, ...rest)
  }
  syncBuiltinESMExports()
})

afterEach(() => {
  fs.openSync = openSync
  syncBuiltinESMExports()
})

/** Longer than a file is taken for one that may be written again at the same time of its clock. */
const SETTLED_MS = 3_200

test('files that have not changed are not read, and are told with their hash; a change is seen whatever the times say', async () => {
  const folder = folderWith({
    'a.ts': pluginText('a', `import { b } from './_b.ts'`).replace('() => ({})', '() => b'),
    '_b.ts': 'export const b: number = 1',
  })
  const loader = loaderFor(folder)
  const told = new Map<string, string | undefined>()
  const load = async (): Promise<[value: unknown, read: string[]]> => {
    opened = []
    told.clear()
    const [record] = (await loader.loadPlugins({ onRead: (file, hash) => void told.set(file, hash) })).records
    return [
      record?.register(undefined as never, {} as never),
      opened.map((file) => file.slice(folder.length + 1)).sort(),
    ]
  }

  // Just written: who knows whether it is written again.
  expect(await load()).toEqual([1, ['_b.ts', 'a.ts']])
  expect(await load()).toEqual([1, ['_b.ts', 'a.ts']])
  await wait(SETTLED_MS)
  expect(await load()).toEqual([1, ['_b.ts', 'a.ts']])
  const hashes = [...told]
  expect(await load()).toEqual([1, []])
  expect([...told]).toEqual(hashes)

  const helper = join(folder, '_b.ts')
  const { atime, mtime, size } = statSync(helper)
  write(folder, { '_b.ts': 'export const b: number = 2' })
  utimesSync(helper, atime, mtime)
  expect(statSync(helper).size).toBe(size)
  expect(await load()).toEqual([2, ['_b.ts']])
  write(folder, { '_c.ts': 'export const b: number = 3' })
  utimesSync(join(folder, '_c.ts'), atime, mtime)
  renameSync(join(folder, '_c.ts'), helper)
  expect(await load()).toEqual([3, ['_b.ts']])
}, 20_000)

test('a start from the cache reads none of them, once it has seen them settled', async () => {
  const folder = folderWith({
    'a.ts': pluginText('a', `import './_b.js'; import './_c.json'`),
    '_b.js': 'export {}',
    '_c.json': '1',
  })
  const cacheFolder = join(folderWith({}), 'cache')
  const start = async (): Promise<string[]> => {
    opened = []
    expect((await loaderFor(folder, { cacheFolder }).loadPlugins()).failures).toEqual([])
    return opened
      .filter((file) => file.startsWith(folder))
      .map((file) => file.slice(folder.length + 1))
      .sort()
  }
  await start()
  await wait(SETTLED_MS)
  expect(await start()).toEqual(['_b.js', '_c.json', 'a.ts'])
  // JSON is data, and not compiled.
  expect(await start()).toEqual(['_c.json'])
  expect(readFileSync(join(folder, '_b.js'), 'utf8')).toBe('export {}')
  write(folder, { '_b.js': 'throw 1;;' })
  expect((await loaderFor(folder, { cacheFolder }).loadPlugins()).failures).toHaveLength(1)
}, 20_000)
