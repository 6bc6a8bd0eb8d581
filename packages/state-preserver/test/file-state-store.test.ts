import { execFileSync } from 'node:child_process'
import { createSecretKey, randomBytes } from 'node:crypto'
import {
  chmod,
  copyFile,
  mkdir,
  readdir,
  readFile,
  rename,
  rm,
  stat,
  symlink,
  truncate,
  utimes,
  writeFile,
} from 'node:fs/promises'
import { join } from 'node:path'
import { inspect } from 'node:util'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { FileStateStore, type FileStateStoreOptions, type StateSnapshot } from '../src/index.ts'
import { failure, temporaryFolder } from './stored.ts'

const snapshotOf = (plugin: string, state: unknown): StateSnapshot => ({
  plugin,
  version: 3,
  enabled: false,
  state,
  hasState: state !== undefined,
  takenAt: 1_234,
})

const KEY = randomBytes(32)

/** A store with a file of plugin `chat`, in a folder that was not there. */
async function stored(options: Partial<FileStateStoreOptions> = {}) {
  const folder = join(await temporaryFolder(), 'deep/state')
  const store = new FileStateStore({ folder, ...options })
  await store.write(snapshotOf('chat', { count: 3 }))
  return { folder, store, file: join(folder, 'chat.state') }
}

const permissions = async (path: string) => (await stat(path)).mode & 0o777

describe.each([
  ['without a key', {}],
  ['with a key', { key: KEY }],
])('a file %s', (_, options) => {
  test('gives back what was written', async () => {
    const { folder } = await stored(options)
    const snapshot = await new FileStateStore({ folder, ...options }).read('chat')
    expect(snapshot).toMatchObject({
      plugin: 'chat',
      version: 3,
      enabled: false,
      hasState: true,
      takenAt: 1_234,
      state: { count: 3 },
    })
    expect(snapshot?.state).not.toBe(snapshot?.state)
  })

  test('tells no state from state that is not there', async () => {
    const { store } = await stored(options)
    expect(await store.read('other')).toBeUndefined()
    await store.write(snapshotOf('chat', undefined))
    expect(await store.read('chat')).toMatchObject({ hasState: false, state: undefined })
    await store.write(snapshotOf('chat', null))
    expect(await store.read('chat')).toMatchObject({ hasState: true, state: null })
  })

  test('that is cut short anywhere is refused, and stays', async () => {
    const { store, file } = await stored(options)
    const { length } = await readFile(file)
    for (let end = length - 1; end >= 0; end -= 1 + Math.floor(end / 20)) {
      await truncate(file, end)
      expect(await failure(store.read('chat'))).toMatchObject({
        code: 'CFP_STATE_FILE_DAMAGED',
        plugin: 'chat',
        phase: 'readState',
        file,
      })
      expect((await stat(file)).size).toBe(end)
    }
  })

  test('that has one bit changed anywhere is refused', async () => {
    const { store, file } = await stored(options)
    const good = await readFile(file)
    await fc.assert(
      fc.asyncProperty(fc.nat(good.length * 8 - 1), async (bit) => {
        const bad = Buffer.from(good)
        bad[bit >> 3] = (bad[bit >> 3] as number) ^ (1 << (bit & 7))
        await writeFile(file, bad)
        const { code } = await failure(store.read('chat'))
        expect(code).toMatch(/^CFP_STATE_FILE_(DAMAGED|FORMAT|KEY|NOT_AUTHENTIC)$/)
      }),
      { numRuns: 150 },
    )
    await writeFile(file, good)
    expect((await store.read('chat'))?.state).toEqual({ count: 3 })
  })

  test('of another plugin is refused', async () => {
    const { folder, store, file } = await stored(options)
    await copyFile(file, join(folder, 'chot.state'))
    expect((await failure(store.read('chot'))).code).toMatch(/^CFP_STATE_FILE_(DAMAGED|NOT_AUTHENTIC)$/)
  })

  test('of another format is refused by its number', async () => {
    const { store, file } = await stored(options)
    const bytes = await readFile(file)
    bytes[4] = 3
    await writeFile(file, bytes)
    const error = await failure(store.read('chat'))
    expect(error).toMatchObject({ code: 'CFP_STATE_FILE_FORMAT', file })
    expect(error.message).toContain('it has format 3, and this version reads 1 and 2')
  })

  test('that is no state file is refused', async () => {
    const { store, file } = await stored(options)
    for (const content of ['', '{"count":3}', randomBytes(1_000)]) {
      await writeFile(file, content)
      expect(await failure(store.read('chat'))).toMatchObject({ code: 'CFP_STATE_FILE_DAMAGED', file })
    }
  })

  test('any plain state survives', async () => {
    const { store } = await stored(options)
    const state = fc.object({ withMap: true, withSet: true, withTypedArray: true, withBigInt: true, withDate: true })
    await fc.assert(
      fc.asyncProperty(state, async (value) => {
        await store.write(snapshotOf('any', value))
        expect((await store.read('any'))?.state).toEqual(value)
      }),
      { numRuns: 30 },
    )
  })
})

describe('a key', () => {
  test('that is another one is refused, and the file serves who has the right one', async () => {
    const { folder, store, file } = await stored({ key: KEY })
    const other = new FileStateStore({ folder, key: randomBytes(32) })
    const error = await failure(other.read('chat'))
    expect(error).toMatchObject({ code: 'CFP_STATE_FILE_NOT_AUTHENTIC', plugin: 'chat', file })
    expect(error.message).toContain('The file is left as it is.')
    expect((await store.read('chat'))?.state).toEqual({ count: 3 })
  })

  test('must be given for an encrypted file, and must not be for another', async () => {
    const sealed = await stored({ key: KEY })
    const plain = await stored()
    const without = new FileStateStore({ folder: sealed.folder })
    expect(await failure(without.read('chat'))).toMatchObject({ code: 'CFP_STATE_FILE_KEY' })
    // Or whoever can write to the folder could give a plugin any state, key or no key.
    const having = new FileStateStore({ folder: plain.folder, key: KEY })
    expect(await failure(having.read('chat'))).toMatchObject({ code: 'CFP_STATE_FILE_KEY' })
  })

  test('may be a KeyObject, and may be wiped by its owner', async () => {
    const mine = Buffer.from(KEY)
    const { folder, store } = await stored({ key: mine })
    mine.fill(0)
    await store.write(snapshotOf('chat', 'later'))
    const same = new FileStateStore({ folder, key: createSecretKey(KEY) })
    expect((await same.read('chat'))?.state).toBe('later')
  })

  test('makes another file of the same state each time', async () => {
    const { store, file } = await stored({ key: KEY })
    const first = await readFile(file)
    await store.write(snapshotOf('chat', { count: 4 }))
    await store.write(snapshotOf('chat', { count: 3 }))
    const second = await readFile(file)
    expect(second.length).toBe(first.length)
    expect(second.subarray(20, 32).equals(first.subarray(20, 32))).toBe(false)
    expect(second.subarray(48).equals(first.subarray(48))).toBe(false)
  })

  test('is in nothing that a log prints', async () => {
    const { store } = await stored({ key: Buffer.from('0123456789abcdef0123456789abcdef') })
    const printed = inspect(store, { depth: 9, showHidden: true }) + JSON.stringify(store)
    expect(printed).not.toMatch(/0123456789abcdef|30 31 32|48, ?49/)
  })

  test.each([
    ['16 bytes', randomBytes(16)],
    ['nothing', new Uint8Array()],
    ['a string', '0123456789abcdef0123456789abcdef' as unknown as Uint8Array],
    ['a short KeyObject', createSecretKey(randomBytes(16))],
  ])('of %s is refused when the store is made', (_, key) => {
    expect(() => new FileStateStore({ folder: '/tmp/none', key })).toThrow(
      expect.objectContaining({ code: 'CFP_STATE_STORE_INVALID' }),
    )
  })
})

describe('a name', () => {
  test.each([
    '../evil',
    '..',
    '.',
    '',
    '/etc/passwd',
    'a/b',
    'a\\b',
    '..\\a',
    'a\0b',
    '%2e%2e',
    '__proto__',
    '.hidden',
    'A',
    'a b',
    'a\n',
    'x'.repeat(215),
    7 as unknown as string,
    undefined as unknown as string,
    ['a'] as unknown as string,
  ])('%j reaches no file', async (name) => {
    const { folder, store } = await stored()
    const before = await readdir(join(folder, '..'), { recursive: true })
    for (const attempt of [() => store.write(snapshotOf(name, 1)), () => store.read(name), () => store.remove(name)])
      expect(await failure(attempt())).toMatchObject({ code: 'CFP_STATE_NAME_REFUSED' })
    expect(await readdir(join(folder, '..'), { recursive: true })).toEqual(before)
  })

  test('that objects have, or of any length that is allowed, is one like others', async () => {
    const { store } = await stored()
    for (const name of ['constructor', 'a..b', 'a.state', '0', 'x'.repeat(214)]) {
      await store.write(snapshotOf(name, name))
      expect((await store.read(name))?.state).toBe(name)
    }
  })
})

describe('the folder', () => {
  test('is made for its owner alone, and so are the files', async () => {
    const { folder, file } = await stored()
    expect(await permissions(folder)).toBe(0o700)
    expect(await permissions(join(folder, '..'))).toBe(0o700)
    expect(await permissions(file)).toBe(0o600)
    expect(await readdir(folder)).toEqual(['chat.state'])
  })

  test('that others may write to is refused, for writing and reading', async () => {
    const { folder, store, file } = await stored()
    const before = await readFile(file)
    for (const mode of [0o777, 0o720, 0o702, 0o1777]) {
      await chmod(folder, mode)
      for (const attempt of [
        () => store.write(snapshotOf('chat', 4)),
        () => store.read('chat'),
        () => store.remove('chat'),
      ])
        expect(await failure(attempt())).toMatchObject({ code: 'CFP_STATE_FOLDER_UNSAFE', file })
      expect(await permissions(folder)).toBe(mode & 0o777)
    }
    await chmod(folder, 0o700)
    expect((await readFile(file)).equals(before)).toBe(true)
  })

  test('that is not there has no state, and is made again for the next write', async () => {
    const { folder, store } = await stored()
    await rm(folder, { recursive: true })
    expect(await store.read('chat')).toBeUndefined()
    await store.remove('chat')
    await store.write(snapshotOf('chat', 4))
    expect((await store.read('chat'))?.state).toBe(4)
  })

  test('whose place a file has is told', async () => {
    const folder = join(await temporaryFolder(), 'taken')
    await writeFile(folder, 'mine')
    const store = new FileStateStore({ folder })
    expect(await failure(store.write(snapshotOf('chat', 1)))).toMatchObject({
      code: 'CFP_STATE_WRITE_FAILED',
      plugin: 'chat',
      phase: 'writeState',
    })
    expect(await failure(store.read('chat'))).toMatchObject({ code: 'CFP_STATE_READ_FAILED' })
    expect(await readFile(folder, 'utf8')).toBe('mine')
  })

  test.each(['', 'a\0b', undefined as unknown as string])('%j is refused', (folder) => {
    expect(() => new FileStateStore({ folder })).toThrow(expect.objectContaining({ code: 'CFP_STATE_STORE_INVALID' }))
  })

  test('loses the old drafts of killed processes, and nobody else’s', async () => {
    const { folder } = await stored()
    const [old, young, other] = ['.a.state.0123456789ab.tmp', '.a.state.ba9876543210.tmp', '.mine.tmp']
    for (const name of [old, young, other]) await writeFile(join(folder, name), '')
    const hourAgo = new Date(Date.now() - 3_600_000)
    await utimes(join(folder, old), hourAgo, hourAgo)
    await utimes(join(folder, other), hourAgo, hourAgo)
    await new FileStateStore({ folder }).write(snapshotOf('chat', 1))
    expect((await readdir(folder)).sort()).toEqual([other, young, 'chat.state'].sort())
  })
})

describe('state that has not changed', () => {
  const inode = async (file: string) => (await stat(file)).ino

  test.each([
    ['without a key', {}],
    ['with a key', { key: KEY }],
  ])('since it was read or written is not written again, %s', async (_, options) => {
    const { folder, store, file } = await stored(options)
    const first = await inode(file)
    await store.write({ ...snapshotOf('chat', { count: 3 }), takenAt: 5_678 })
    expect(await inode(file)).toBe(first)
    const next = new FileStateStore({ folder, ...options })
    await next.read('chat')
    await next.write(snapshotOf('chat', { count: 3 }))
    expect(await inode(file)).toBe(first)
    await next.write(snapshotOf('chat', { count: 4 }))
    expect((await store.read('chat'))?.state).toEqual({ count: 4 })
  })

  test('leaves what another process wrote in the meantime', async () => {
    const { folder, store } = await stored()
    const other = new FileStateStore({ folder })
    await other.write(snapshotOf('chat', { count: 9 }))
    await store.write(snapshotOf('chat', { count: 3 }))
    expect((await other.read('chat'))?.state).toEqual({ count: 9 })
  })

  test('is written again where its file is gone, was removed, or was of no use', async () => {
    const { folder, store, file } = await stored()
    await rm(file)
    await store.write(snapshotOf('chat', { count: 3 }))
    expect((await store.read('chat'))?.state).toEqual({ count: 3 })
    await store.remove('chat')
    await store.write(snapshotOf('chat', { count: 3 }))
    expect((await store.read('chat'))?.state).toEqual({ count: 3 })
    store.setAside('chat')
    await store.write(snapshotOf('chat', { count: 3 }))
    expect((await readdir(folder)).length).toBe(2)
  })

  test('but its version, or whether the plugin is enabled, has, is written', async () => {
    const { store } = await stored()
    for (const [version, enabled] of [
      [4, false],
      [4, true],
    ] as const) {
      await store.write({ ...snapshotOf('chat', { count: 3 }), version, enabled })
      expect(await store.read('chat')).toMatchObject({ version, enabled })
    }
  })
})

describe('what stands in a file’s place', () => {
  test('a link is not followed, and is replaced by a write', async () => {
    const { folder, store, file } = await stored()
    const outside = join(folder, '../outside')
    await rename(file, outside)
    await symlink(outside, file)
    const before = await readFile(outside)
    expect(await failure(store.read('chat'))).toMatchObject({ code: 'CFP_STATE_READ_FAILED', file })
    await store.write(snapshotOf('chat', 'new'))
    expect((await readFile(outside)).equals(before)).toBe(true)
    expect((await store.read('chat'))?.state).toBe('new')
  })

  test('a pipe is not waited for', async () => {
    const { store, file } = await stored()
    await rm(file)
    execFileSync('mkfifo', [file])
    expect(await failure(store.read('chat'))).toMatchObject({ code: 'CFP_STATE_READ_FAILED' })
  })

  test('a folder is told, and a write does not replace it', async () => {
    const { store, file, folder } = await stored()
    await rm(file)
    await mkdir(join(file, 'full'), { recursive: true })
    expect(await failure(store.write(snapshotOf('chat', 1)))).toMatchObject({ code: 'CFP_STATE_WRITE_FAILED', file })
    expect(await readdir(folder)).toEqual(['chat.state'])
  })
})

describe('a file that could not be read', () => {
  test('is moved aside by the next write, and only by that one', async () => {
    const { folder, store, file } = await stored()
    await writeFile(file, 'precious')
    await failure(store.read('chat'))
    await store.write(snapshotOf('chat', 4))
    await store.write(snapshotOf('chat', 5))
    expect((await store.read('chat'))?.state).toBe(5)
    const [aside, ...others] = (await readdir(folder)).filter((name) => name !== 'chat.state')
    expect(others).toEqual([])
    expect(aside).toMatch(/^chat\.state\.refused-\d+$/)
    expect(await readFile(join(folder, aside as string), 'utf8')).toBe('precious')
  })

  test('is moved aside by a removal, too', async () => {
    const { folder, store, file } = await stored()
    await writeFile(file, 'precious')
    await failure(store.read('chat'))
    await store.remove('chat')
    expect(await store.read('chat')).toBeUndefined()
    expect(await readdir(folder)).toEqual([expect.stringMatching(/^chat\.state\.refused-/)])
  })

  test('is taken again when it is put right', async () => {
    const { store, file, folder } = await stored()
    const good = await readFile(file)
    await writeFile(file, 'bad')
    await failure(store.read('chat'))
    await writeFile(file, good)
    expect((await store.read('chat'))?.state).toEqual({ count: 3 })
    await store.write(snapshotOf('chat', 4))
    expect(await readdir(folder)).toEqual(['chat.state'])
  })
})

describe('a limit', () => {
  test('holds for what is written, and leaves the file', async () => {
    const { store } = await stored({ maxBytes: 1_000 })
    const error = await failure(store.write(snapshotOf('chat', 'x'.repeat(1_000))))
    expect(error).toMatchObject({ code: 'CFP_STATE_FILE_TOO_LARGE', plugin: 'chat' })
    expect((await store.read('chat'))?.state).toEqual({ count: 3 })
  })

  test('holds for what is read, before it is read', async () => {
    const { store, file } = await stored()
    // Larger than memory, and takes no place on the disk.
    await truncate(file, 2 ** 40)
    expect(await failure(store.read('chat'))).toMatchObject({ code: 'CFP_STATE_FILE_TOO_LARGE', file })
  })
})

test('a removal takes the file away, and one that is not there is no error', async () => {
  const { folder, store } = await stored()
  await store.remove('chat')
  await store.remove('chat')
  expect(await readdir(folder)).toEqual([])
})

test('a signal gives a write up, and leaves neither a draft nor another file', async () => {
  const { folder, store } = await stored()
  const reason = new Error('shutting down')
  for (const attempt of [
    () => store.write(snapshotOf('chat', 4), { signal: AbortSignal.abort(reason) }),
    () => store.read('chat', { signal: AbortSignal.abort(reason) }),
    () => store.remove('chat', { signal: AbortSignal.abort(reason) }),
  ])
    expect(await failure(attempt())).toMatchObject({ code: 'CFP_STATE_ABORTED', cause: reason })
  const controller = new AbortController()
  const writing = failure(store.write(snapshotOf('chat', 'x'.repeat(20_000_000)), { signal: controller.signal }))
  setImmediate(() => controller.abort(reason))
  expect(await writing).toMatchObject({ code: 'CFP_STATE_ABORTED', cause: reason })
  expect(await readdir(folder)).toEqual(['chat.state'])
  expect((await store.read('chat'))?.state).toEqual({ count: 3 })
})

test('state that no copy can keep is refused with its path', async () => {
  const { store } = await stored()
  expect(await failure(store.write(snapshotOf('chat', { on: () => {} })))).toMatchObject({
    code: 'CFP_STATE_NOT_CLONEABLE',
    issues: [{ path: 'state.on' }],
  })
})
