// What is no plugin source, and where links lead. Fault rows 7 and 8.
import { execFileSync } from 'node:child_process'
import { mkdirSync, renameSync, rmSync, symlinkSync, unlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { describe, expect, test } from 'vitest'
import { createSourceFilter } from '../src/source-filter.ts'
import { makeFolder, NOTHING_MS, until, watch } from './watching.ts'

describe('the filter', () => {
  const filter = createSourceFilter()

  test.each([
    'a.ts',
    'a.mts',
    'a.cts',
    'a.js',
    'a.mjs',
    'a.cjs',
    'a.json',
    'latest.ts',
    'contest.spec-helper.ts',
    '_shared.ts',
  ])('takes %s', (name) => expect(filter.fileRefusal(name, name)).toBeUndefined())

  test.each([
    ['a.test.ts', 'test'],
    ['a.spec.mjs', 'test'],
    ['test_a.ts', 'test'],
    ['a.md', 'extension'],
    ['Makefile', 'extension'],
    ['a.ts.map', 'extension'],
    ['.a.ts', 'dot'],
    ['.a.ts.swp', 'dot'],
    ['4913', 'temporary'],
    ['a.ts~', 'temporary'],
    ['#a.ts#', 'temporary'],
    ['.#a.ts', 'dot'],
    ['a.ts.swx', 'temporary'],
    ['a.ts.tmp', 'temporary'],
    ['a.ts.tmp.4711.js', 'temporary'],
    ['a.ts___jb_tmp___', 'temporary'],
  ])('refuses %s as a %s', (name, reason) => expect(filter.fileRefusal(name, name)).toContain(reason))

  test('takes other extensions, and asks the ignore option with the whole path', () => {
    const asked: string[] = []
    const other = createSourceFilter({ extensions: ['.yaml'], ignore: (path) => asked.push(path) > 1 })
    expect(other.fileRefusal('a.yaml', '/x/a.yaml')).toBeUndefined()
    expect(other.fileRefusal('a.ts', '/x/a.ts')).toContain('.yaml')
    expect(other.folderRefusal('sub', '/x/sub')).toContain('ignore')
    expect(asked).toEqual(['/x/a.yaml', '/x/sub'])
  })
})

test('what is no source is passed over with the reason, and what is in ignored folders is not even looked at', async () => {
  const folder = makeFolder()
  const source = join(folder, 'a.ts')
  for (const name of ['node_modules/x', '.git', '.cache', 'skipped']) mkdirSync(join(folder, name), { recursive: true })
  const { changes, passedOver, of } = await watch(folder, { ignore: (path) => path.endsWith('skipped') })
  const passed = ['a.test.ts', 'test_a.ts', 'notes.md', '.hidden.ts', 'a.ts~', '4913']
  const unseen = ['node_modules/x/index.js', '.git/config.json', '.cache/a.ts', 'skipped/a.ts']
  for (const name of [...passed, ...unseen]) writeFileSync(join(folder, name), 'x')
  writeFileSync(source, 'x')
  await until(() => of(source).length > 0, 'the source is told')
  await sleep(NOTHING_MS)
  expect(changes().map(({ file }) => file)).toEqual([source])
  const files = new Set(passedOver.map(({ file }) => file))
  for (const name of passed) expect(files).toContain(join(folder, name))
  for (const name of unseen) expect(files).not.toContain(join(folder, name))
  expect(passedOver.find(({ file }) => file.endsWith('notes.md'))?.why).toContain('extension')
})

test('names above the root do not matter', async () => {
  const folder = join(makeFolder(), 'node_modules/.plugins/test_x')
  mkdirSync(folder, { recursive: true })
  const { changes } = await watch(folder)
  writeFileSync(join(folder, 'a.ts'), 'x')
  await until(() => changes().length > 0, 'the file is told')
})

test('a circle of links does not multiply a change (fault 7)', async () => {
  const folder = makeFolder()
  mkdirSync(join(folder, 'sub'))
  symlinkSync(folder, join(folder, 'sub/loop'))
  symlinkSync(join(folder, 'sub'), join(folder, 'again'))
  symlinkSync('self', join(folder, 'self'))
  const file = join(folder, 'sub/a.ts')
  writeFileSync(file, 'old')
  const { changes, errors } = await watch(folder)
  writeFileSync(file, 'new')
  await until(() => changes().length > 0, 'the change is told')
  await sleep(NOTHING_MS)
  expect(changes().map((change) => change.file)).toEqual([file])
  expect(errors).toEqual([])
})

test('a link that leaves the root is refused with the reason, at the start and later (fault 8)', async () => {
  const folder = makeFolder()
  const outside = makeFolder()
  const target = join(outside, 'secret.ts')
  writeFileSync(target, 'old')
  const links = ['early.ts', 'late.ts', 'replaced.ts'].map((name) => join(folder, name)) as [string, string, string]
  symlinkSync(target, links[0])
  symlinkSync(outside, join(folder, 'folder'))
  writeFileSync(links[2], 'mine')
  const { changes, passedOver } = await watch(folder, { unlinkGraceMs: 100 })
  symlinkSync(target, links[1])
  symlinkSync(target, `${links[2]}.tmp`)
  renameSync(`${links[2]}.tmp`, links[2])
  writeFileSync(target, 'new')
  const refused = (file: string) =>
    passedOver.some((entry) => entry.file === file && entry.why.includes('leaves the watched'))
  await until(() => [...links, join(folder, 'folder')].every(refused), 'all links are refused')
  await until(() => changes().length > 0, 'the file that a link took the place of is told')
  await sleep(NOTHING_MS)
  expect(changes()).toEqual([{ kind: 'unlink', file: links[2] }])
})

test('a link to a file within the root is not followed: its target is told at its own place', async () => {
  const folder = makeFolder()
  const target = join(folder, 'real.ts')
  writeFileSync(target, 'old')
  symlinkSync(target, join(folder, 'link.ts'))
  const { changes, passedOver } = await watch(folder)
  writeFileSync(target, 'new')
  await until(() => changes().length > 0, 'the change is told')
  await sleep(NOTHING_MS)
  expect(changes().map(({ file }) => file)).toEqual([target])
  expect(passedOver.map(({ why }) => why).join()).toContain('its own place')
})

test.skipIf(process.platform === 'win32')('a FIFO with the name of a source file blocks nothing', async () => {
  const folder = makeFolder()
  execFileSync('mkfifo', [join(folder, 'early.ts')])
  const { changes, of } = await watch(folder)
  execFileSync('mkfifo', [join(folder, 'late.ts')])
  const file = join(folder, 'a.ts')
  writeFileSync(file, 'x')
  await until(() => of(file).length > 0, 'the file is told')
  expect(changes()).toHaveLength(1)
})

test('a folder with the name of a source file is looked into', async () => {
  const folder = makeFolder()
  const { of } = await watch(folder)
  mkdirSync(join(folder, 'lodash.js'))
  const file = join(folder, 'lodash.js/index.js')
  writeFileSync(file, 'x')
  await until(() => of(file).length > 0, 'the file is told')
  rmSync(join(folder, 'lodash.js'), { recursive: true })
  await until(() => of(file).length > 1, 'the deletion is told')
  writeFileSync(join(folder, 'lodash.js'), 'x')
  await until(() => of(join(folder, 'lodash.js')).length > 0, 'a file in its place is told')
  unlinkSync(join(folder, 'lodash.js'))
})
