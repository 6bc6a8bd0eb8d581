// What becomes of a save: torn, quick, atomic, empty, the same again, deleted and restored. Fault rows 1-3, 11-13.
import { spawn } from 'node:child_process'
import { createHash } from 'node:crypto'
import {
  closeSync,
  mkdirSync,
  openSync,
  renameSync,
  statSync,
  unlinkSync,
  utimesSync,
  writeFileSync,
  writeSync,
} from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { expect, test } from 'vitest'
import { makeFolder, NOTHING_MS, until, watch } from './watching.ts'

const hashOf = (text: string) => createHash('sha256').update(text).digest('hex')

function saveAtomically(file: string, text: string): void {
  writeFileSync(`${file}.tmp`, text)
  renameSync(`${file}.tmp`, file)
}

function folderWith(text: string) {
  const folder = makeFolder()
  const file = join(folder, 'counter.ts')
  writeFileSync(file, text)
  return { folder, file }
}

test('a save is told once, with the hash of its bytes', async () => {
  const { folder, file } = folderWith('one')
  const { calls } = await watch(folder)
  writeFileSync(file, 'two')
  await until(() => calls.length > 0, 'the save is told')
  await sleep(NOTHING_MS)
  expect(calls).toEqual([[{ kind: 'change', file, hash: hashOf('two') }]])
})

test.each([5, 15, 25, 40])(
  'two writes %i ms apart end with the last content, and no part of it before (fault 1)',
  async (gap) => {
    const { folder, file } = folderWith('old')
    const { changes } = await watch(folder)
    for (let round = 0; round < 5; round++) {
      const whole = `export const half = ${round}\nexport const rest = ${round}\n`
      writeFileSync(file, whole.slice(0, 20))
      await sleep(gap)
      writeFileSync(file, whole)
      await until(() => changes().at(-1)?.hash === hashOf(whole), `round ${round} ends with the whole content`)
    }
    expect(changes()).toHaveLength(5)
  },
)

test('a prefix that is valid code is not told while the rest is still written (fault 3)', async () => {
  const { folder, file } = folderWith('old')
  const { changes } = await watch(folder)
  const descriptor = openSync(file, 'w')
  for (const line of ['export const a = 1\n', 'export const b = 2\n', 'export const c = 3\n']) {
    writeSync(descriptor, line)
    await sleep(30)
  }
  closeSync(descriptor)
  const whole = hashOf('export const a = 1\nexport const b = 2\nexport const c = 3\n')
  await until(() => changes().length > 0, 'the file settles')
  await sleep(NOTHING_MS)
  expect(changes().map(({ hash }) => hash)).toEqual([whole])
})

test('a file that is truncated and written 200 ms later is not told as empty (fault 2)', async () => {
  const { folder, file } = folderWith('old')
  const { changes } = await watch(folder)
  writeFileSync(file, '')
  await sleep(200)
  writeFileSync(file, 'new')
  await until(() => changes().length > 0, 'the new content is told')
  expect(changes().map(({ hash }) => hash)).toEqual([hashOf('new')])
})

test('a file that stays empty is told as empty in the end', async () => {
  const { folder, file } = folderWith('old')
  const { changes } = await watch(folder, { unlinkGraceMs: 150 })
  writeFileSync(file, '')
  await until(() => changes().length > 0, 'the empty file is told')
  expect(changes()).toEqual([{ kind: 'change', file, hash: hashOf('') }])
})

test('other bytes of the same size and modification time are a change (fault 11)', async () => {
  const { folder, file } = folderWith('aaaa')
  const time = new Date(2020, 1, 1)
  utimesSync(file, time, time)
  const { changes } = await watch(folder)
  writeFileSync(file, 'bbbb')
  utimesSync(file, time, time)
  await until(() => changes().length > 0, 'the change is told')
  expect(statSync(file)).toMatchObject({ size: 4, mtime: time })
  expect(changes()).toEqual([{ kind: 'change', file, hash: hashOf('bbbb') }])
})

test.each([
  ['in place', (file: string) => writeFileSync(file, 'same')],
  ['atomically', (file: string) => saveAtomically(file, 'same')],
  ['by a touch', (file: string) => utimesSync(file, new Date(), new Date())],
])('the same content, saved %s, is no change (fault 12)', async (_how, save) => {
  const { folder, file } = folderWith('same')
  const { changes, passedOver } = await watch(folder)
  save(file)
  await until(() => passedOver.some((entry) => entry.file === file), 'it is passed over')
  await sleep(NOTHING_MS)
  expect(changes()).toEqual([])
  expect(passedOver).toContainEqual({ file, why: 'its content is what it was' })
})

test('a change that is taken back while it settles is no change', async () => {
  const { folder, file } = folderWith('same')
  const { changes, passedOver } = await watch(folder)
  writeFileSync(file, 'other')
  await sleep(20)
  writeFileSync(file, 'same')
  await until(() => passedOver.some((entry) => entry.file === file), 'it is passed over')
  await sleep(NOTHING_MS)
  expect(changes()).toEqual([])
})

test('a file that is away for 200 ms and back with other content is one change (fault 13)', async () => {
  const { folder, file } = folderWith('old')
  const { changes } = await watch(folder)
  unlinkSync(file)
  await sleep(200)
  writeFileSync(file, 'new')
  await until(() => changes().length > 0, 'the change is told')
  await sleep(NOTHING_MS + 500)
  expect(changes()).toEqual([{ kind: 'change', file, hash: hashOf('new') }])
})

test('a file that is away for 200 ms and back with the same content is no change (fault 13)', async () => {
  const { folder, file } = folderWith('same')
  const { changes, passedOver } = await watch(folder)
  unlinkSync(file)
  await sleep(200)
  writeFileSync(file, 'same')
  await until(() => passedOver.some((entry) => entry.file === file), 'it is passed over')
  await sleep(NOTHING_MS + 500)
  expect(changes()).toEqual([])
})

test('a deleted file is told after the grace, and its return is an addition', async () => {
  const { folder, file } = folderWith('old')
  const { changes } = await watch(folder)
  const deleted = performance.now()
  unlinkSync(file)
  await until(() => changes().length > 0, 'the deletion is told')
  expect(performance.now() - deleted).toBeGreaterThan(490)
  writeFileSync(file, 'old')
  await until(() => changes().length > 1, 'the return is told')
  expect(changes()).toEqual([
    { kind: 'unlink', file },
    { kind: 'add', file, hash: hashOf('old') },
  ])
})

test('a file that comes and goes within the settle time is never told', async () => {
  const { folder, file } = folderWith('old')
  const { changes, of } = await watch(folder, { unlinkGraceMs: 100 })
  const brief = join(folder, 'brief.ts')
  writeFileSync(brief, 'x')
  await sleep(20)
  unlinkSync(brief)
  writeFileSync(file, 'new')
  await until(() => of(file).length > 0, 'the other file is told')
  await sleep(NOTHING_MS)
  expect(changes()).toHaveLength(1)
})

test.runIf(process.platform === 'linux').each(['counter.ts.tmp', 'counter.next.ts'])(
  'an atomic save by way of %s is told without waiting for the settle time',
  async (temporary) => {
    const { folder, file } = folderWith('0')
    const { calls, changes } = await watch(folder)
    const delays: number[] = []
    for (let save = 1; save <= 5; save++) {
      const start = performance.now()
      writeFileSync(join(folder, temporary), String(save))
      renameSync(join(folder, temporary), file)
      await until(() => calls.length === save, `save ${save} is told`)
      delays.push(performance.now() - start)
      await sleep(150)
    }
    expect(changes().map(({ hash }) => hash)).toEqual(Array.from({ length: 5 }, (_, save) => hashOf(String(save + 1))))
    expect(delays.sort((a, b) => a - b)[2]).toBeLessThan(50)
  },
)

test('unlink, create and a slow write make a new inode too, and their prefix is not told (fault 3)', async () => {
  const { folder, file } = folderWith('old')
  const { changes } = await watch(folder)
  for (let round = 0; round < 5; round++) {
    // Held open, or the file system would give the new file the inode of the old one.
    const old = openSync(file, 'r')
    unlinkSync(file)
    const descriptor = openSync(file, 'w')
    writeSync(descriptor, 'prefix')
    await sleep(30)
    writeSync(descriptor, ` and rest ${round}`)
    closeSync(descriptor)
    closeSync(old)
    await until(() => changes().at(-1)?.hash === hashOf(`prefix and rest ${round}`), `round ${round} is told`)
  }
  expect(changes()).toHaveLength(5)
})

test('two atomic saves 10 ms apart end with the last content (fault 1)', async () => {
  const { folder, file } = folderWith('old')
  const { changes } = await watch(folder)
  for (let round = 0; round < 10; round++) {
    saveAtomically(file, `first ${round}`)
    await sleep(10)
    saveAtomically(file, `last ${round}`)
    await until(() => changes().at(-1)?.hash === hashOf(`last ${round}`), `round ${round} ends with the last content`)
    await sleep(80)
  }
})

test('a write that no event tells of, close upon one that is told, is found (fault 1)', async (ctx) => {
  const { folder, file } = folderWith('old ')
  // Writes through a mapping, which the system does not report.
  const code = `import mmap, sys
with open(${JSON.stringify(file)}, 'r+b') as f:
    m = mmap.mmap(f.fileno(), 0)
    sys.stdout.write('mapped'); sys.stdout.flush()
    sys.stdin.readline()
    m[0:4] = b'last'`
  const python = spawn('python3', ['-c', code], { stdio: ['pipe', 'pipe', 'ignore'] })
  const ready = await new Promise<boolean>((resolve) => {
    python.once('error', () => resolve(false))
    python.stdout.once('data', () => resolve(true))
  })
  if (!ready) ctx.skip('python3 is not there to write through a mapping')
  const { changes } = await watch(folder)
  const descriptor = openSync(file, 'r+')
  writeSync(descriptor, 'next', 0)
  closeSync(descriptor)
  await until(() => changes().length === 1, 'the first write is told')
  python.stdin.end('now\n')
  await until(() => changes().length === 2, 'the second write is told')
  expect(changes().map(({ hash }) => hash)).toEqual([hashOf('next'), hashOf('last')])
})

test('files that are saved within the settle time of each other are told in one call', async () => {
  const folder = makeFolder()
  const files = ['helper.ts', 'one.ts', 'two.ts'].map((name) => join(folder, name))
  for (const file of files) writeFileSync(file, 'old')
  const { calls } = await watch(folder)
  for (const file of files) {
    writeFileSync(file, 'new')
    await sleep(30)
  }
  await until(() => calls.length > 0, 'they are told')
  await sleep(NOTHING_MS)
  expect(calls.map((call) => call.map(({ file }) => file))).toEqual([files])
})

test('a checkout that adds, changes and deletes is told in one call', async () => {
  const { folder, file } = folderWith('old')
  const doomed = join(folder, 'doomed.ts')
  writeFileSync(doomed, 'old')
  const { calls } = await watch(folder)
  unlinkSync(doomed)
  writeFileSync(file, 'new')
  mkdirSync(join(folder, 'sub'))
  writeFileSync(join(folder, 'sub/added.ts'), 'new')
  await until(() => calls.length > 0, 'they are told')
  await sleep(NOTHING_MS)
  expect(calls).toHaveLength(1)
  expect(calls[0]?.map(({ kind }) => kind).sort()).toEqual(['add', 'change', 'unlink'])
})

test('atomic saves wait for what debounceMs has beyond 60, and so are grouped', async () => {
  const folder = makeFolder()
  const files = ['one.ts', 'two.ts', 'three.ts'].map((name) => join(folder, name))
  for (const file of files) writeFileSync(file, 'old')
  const { calls } = await watch(folder, { debounceMs: 360 })
  for (const file of files) {
    saveAtomically(file, 'new')
    await sleep(50)
  }
  await until(() => calls.length > 0, 'they are told')
  expect(calls).toHaveLength(1)
  expect(calls[0]).toHaveLength(3)
})

test('saves that never leave a quiet moment between them are told in bounded time', async () => {
  const folder = makeFolder()
  const files = ['a.ts', 'b.ts', 'c.ts', 'd.ts'].map((name) => join(folder, name))
  for (const file of files) writeFileSync(file, 'old')
  const { calls } = await watch(folder, { settleTimeoutMs: 500 })
  const start = performance.now()
  for (let turn = 0; calls.length === 0 && performance.now() - start < 3_000; turn++) {
    writeFileSync(files[turn % files.length] ?? '', String(turn))
    await sleep(25)
  }
  expect(calls.length).toBeGreaterThan(0)
})

test('a file that never settles is reported once, holds others for a bounded time, and is told when it rests', async () => {
  const { folder, file } = folderWith('old')
  const restless = join(folder, 'restless.ts')
  writeFileSync(restless, '0')
  const { of, errors } = await watch(folder, { settleTimeoutMs: 400 })
  let written = 0
  const writing = setInterval(() => writeFileSync(restless, String(++written)), 20)
  try {
    writeFileSync(file, 'new')
    await until(() => of(file).length > 0, 'the other file is told')
    await until(() => errors.length > 0, 'the restless file is reported')
    await sleep(NOTHING_MS)
  } finally {
    clearInterval(writing)
  }
  expect(errors.map(({ code, file }) => [code, file])).toEqual([['CFP_WATCH_NEVER_SETTLES', restless]])
  expect(of(restless)).toEqual([])
  await until(() => of(restless).length > 0, 'the restless file is told when it rests')
  expect(of(restless)).toEqual([{ kind: 'change', file: restless, hash: hashOf(String(written)) }])
})
