import { mkdir, rename, utimes, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { readAudit } from '../src/index.ts'
import { temporaryFolder } from './watched.ts'

const entry = (number: number, rest: object = {}) => ({
  ...{
    time: new Date(Date.UTC(2026, 0, number)).toISOString(),
    host: 'h',
    pid: 1,
    seq: number,
    action: 'test',
    outcome: 'done',
  },
  ...rest,
})

async function written(...entries: readonly (object | string)[]): Promise<string> {
  const file = join(await temporaryFolder(), 'audit.jsonl')
  await writeFile(file, entries.map((each) => (typeof each === 'string' ? each : `${JSON.stringify(each)}\n`)).join(''))
  return file
}

test('entries are found by whom they are about, by action, and by time', async () => {
  const file = await written(
    entry(1, { plugin: 'auth', action: 'transition' }),
    entry(2, { plugins: ['auth', 'shop'], action: 'reload' }),
    entry(3, { subject: 'auth', action: 'config.change' }),
    entry(4, { plugin: 'shop', action: 'handler.switch-off' }),
    entry(5, { plugin: 'shop', action: 'handler.switch-on' }),
  )
  const found = async (options: Parameters<typeof readAudit>[1]) =>
    (await readAudit(file, options)).entries.map(({ seq }) => seq)
  expect(await found({})).toEqual([1, 2, 3, 4, 5])
  expect(await found({ plugin: 'auth' })).toEqual([1, 2, 3])
  expect(await found({ action: 'reload' })).toEqual([2])
  expect(await found({ action: 'handler.*' })).toEqual([4, 5])
  expect(await found({ since: '2026-01-04' })).toEqual([4, 5])
  expect(await found({ since: new Date(Date.UTC(2026, 0, 5)) })).toEqual([5])
  expect(await found({ plugin: 'shop', action: 'handler.*', since: Date.UTC(2026, 0, 5) })).toEqual([5])
  expect(await found({ limit: 2 })).toEqual([4, 5])
  expect(await found({ plugin: 'auth', limit: 1 })).toEqual([3])
})

test('a torn last line, and lines that are no entries, are counted and passed over', async () => {
  const file = await written(
    entry(1),
    'not JSON\n',
    '\n',
    '{"time":1}\n',
    'null\n',
    entry(2),
    JSON.stringify(entry(3)).slice(0, 40),
  )
  const { entries, unreadable } = await readAudit(file)
  expect(entries.map(({ seq }) => seq)).toEqual([1, 2])
  expect(unreadable).toBe(4)
})

test('a line without an end takes no more memory than it must', async () => {
  const file = await written(entry(1), 'x'.repeat(5_000_000), '\n', entry(2))
  const { entries, unreadable } = await readAudit(file)
  expect(entries.map(({ seq }) => seq)).toEqual([1, 2])
  expect(unreadable).toBe(1)
})

test('letters of several bytes are whole, wherever the file is cut to be read', async () => {
  const reason = 'žluťoučký kůň 🐎'.repeat(20)
  const file = await written(...Array.from({ length: 2000 }, (_, at) => entry(1, { seq: at, reason })))
  const { entries } = await readAudit(file, { limit: Number.POSITIVE_INFINITY })
  expect(entries).toHaveLength(2000)
  expect(new Set(entries.map((each) => each.reason))).toEqual(new Set([reason]))
})

test('those that were put aside are read first; files of other names are not', async () => {
  const file = await written(entry(1))
  await rename(file, `${file}.10`)
  await writeFile(`${file}.2`, `${JSON.stringify(entry(2))}\n`)
  await writeFile(file, `${JSON.stringify(entry(3))}\n`)
  for (const other of ['.lock', '.bak', '.1x']) await writeFile(`${file}${other}`, `${JSON.stringify(entry(9))}\n`)
  expect((await readAudit(file)).entries.map(({ seq }) => seq)).toEqual([1, 2, 3])
  expect((await readAudit(file, { limit: 2 })).entries.map(({ seq }) => seq)).toEqual([2, 3])
})

test('files that were last written to before the time that is asked for are not opened', async () => {
  const file = await written(entry(3))
  const old = `${file}.1`
  // Nothing of it fits, so that only whether it is looked at shows.
  await writeFile(old, 'unreadable\n')
  await utimes(old, new Date('2026-01-01'), new Date('2026-01-01'))
  expect(await readAudit(file, { since: '2026-01-02' })).toMatchObject({ entries: [{ seq: 3 }], unreadable: 0 })
  expect(await readAudit(file)).toMatchObject({ unreadable: 1 })
})

test('a trail that is not there, a folder in its place, and a reader that gives up are errors', async () => {
  const folder = await temporaryFolder()
  const code = 'CFP_AUDIT_READ_FAILED'
  await expect(readAudit(join(folder, 'none.jsonl'))).rejects.toMatchObject({ code, file: join(folder, 'none.jsonl') })
  await expect(readAudit(join(folder, 'no', 'folder'))).rejects.toMatchObject({ code })
  await mkdir(join(folder, 'folder'))
  await expect(readAudit(join(folder, 'folder'))).rejects.toMatchObject({ code })
  await expect(readAudit(await written(entry(1)), { signal: AbortSignal.abort() })).rejects.toThrow('aborted')
})

test.each([{ limit: 0 }, { limit: 1.5 }, { since: 'yesterday' }, { since: Number.NaN }])(
  'options that cannot be are refused: %j',
  async (options) => {
    await expect(readAudit('x', options)).rejects.toMatchObject({ code: 'CFP_MONITOR_OPTIONS' })
  },
)
