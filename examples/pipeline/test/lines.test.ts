// Files that grow line by line: whole, given up in mid-write, and where there is no place for them.
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setImmediate as turn } from 'node:timers/promises'
import { expect, it } from 'vitest'
import { Lines } from '../src/lines.ts'
import { temporaryFolder } from './pipeline-process.ts'

const line = { text: 'x'.repeat(10_000) }

it('has every line once it has ended', async () => {
  const file = join(await temporaryFolder(), 'lines')
  const lines = new Lines(file)
  for (let at = 0; at < 20; at++) await lines.add({ ...line, at })
  await lines.end()
  const read = (await readFile(file, 'utf8')).trimEnd().split('\n')
  expect(read.map((each) => (JSON.parse(each) as { at: number }).at)).toEqual(Array.from({ length: 20 }, (_, at) => at))
})

it('is given up in the middle of its writes without an error that nobody hears', async () => {
  for (let turns = 0; turns < 20; turns++) {
    const lines = new Lines(join(await temporaryFolder(), 'lines'))
    for (let at = 0; at < 5; at++) lines.add(line).catch(() => undefined)
    for (let at = 0; at < turns; at++) await turn()
    lines.destroy()
    await turn()
  }
})

it('says why it cannot be written', async () => {
  const lines = new Lines(join(await temporaryFolder(), 'gone', 'lines'))
  await expect(
    (async () => {
      for (;;) await lines.add(line)
    })(),
  ).rejects.toMatchObject({ code: 'ENOENT' })
  await expect(lines.add(line)).rejects.toMatchObject({ code: 'ENOENT' })
})
