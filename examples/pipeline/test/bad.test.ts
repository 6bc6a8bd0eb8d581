// Bad records: whatever was written of their batch is taken back, they are told with where they are, and the run goes on or stops.
import { readdir, readFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { inputOf, linesOf, result, start, temporaryFolder } from './pipeline-process.ts'

const city = (name: string, more: object = {}) => ({
  name,
  lat: '52.1',
  lng: '5.1',
  country: 'NL',
  admin1: '09',
  admin2: '',
  ...more,
})
const good = (count: number, from = 1) =>
  Array.from({ length: count }, (_, index) => city(`Place ${from + index}`, { lat: String(50 + (from + index) / 10) }))

const BAD: readonly [string, object | string, string][] = [
  ['no JSON', '{"name": "Broken", "lat": }', 'JSON'],
  ['a name that is missing', city('x', { name: ' ' }), 'it has no name'],
  ['a latitude that is none', city('x', { lat: '95.5' }), 'its lat is "95.5"'],
  ['a longitude that is none', city('x', { lng: '' }), 'its lng is ""'],
  ['a country that is none', city('x', { country: '../..' }), 'its country is "../.."'],
  ['a code that is none', city('x', { admin1: '../../etc' }), 'its admin1 is "../../etc"'],
  ['a region that nobody knows', city('Lost', { admin1: '99' }), 'Lost: there is no region NL.99'],
  ['a place that is there already', city('Place 1', { lat: '50.1001' }), 'Place 1: it is there already, in NL.09'],
]

describe('a bad record', () => {
  it.each(BAD)('is told with where it is, and left out: %s', { timeout: 60_000 }, async (_what, record, why) => {
    const input = await inputOf([...good(5), record, ...good(5, 6)])
    const { places, bad, report } = await result(['--input', input, '--batch', '4'])
    expect(report).toMatchObject({ records: 11, places: 10, rejected: 1 })
    expect(
      linesOf(places)
        .map(({ name }) => name)
        .sort(),
    ).toEqual(
      good(10)
        .map(({ name }) => name)
        .sort(),
    )
    const [told] = linesOf<{ at: number; offset: number; why: string }>(bad)
    expect(told).toMatchObject({ at: 6, why: expect.stringContaining(why) })
    const text = typeof record === 'string' ? record : JSON.stringify(record)
    const bytes = await readFile(input)
    expect(bytes.subarray(told?.offset, (told?.offset ?? 0) + Buffer.byteLength(text)).toString()).toBe(text)
  })

  it('takes nothing along: all bad ones are found, and all good ones are there once', { timeout: 60_000 }, async () => {
    const records = good(40).flatMap((each, index) => [each, BAD[index % 7]?.[1] ?? ''])
    const input = await inputOf(records)
    for (const batch of ['1', '7', '1000']) {
      const { places, bad, report } = await result(['--input', input, '--batch', batch])
      expect(report).toMatchObject({ records: 80, places: 40, rejected: 40 })
      expect(linesOf(places)).toHaveLength(40)
      expect(linesOf(bad).map(({ at }) => at)).toEqual(Array.from({ length: 40 }, (_, index) => 2 * index + 2))
    }
  })

  it('stops the run with --on-bad stop, when its batch is undone; the earlier result stays', {
    timeout: 60_000,
  }, async () => {
    const out = join(await temporaryFolder(), 'out')
    const ok = await start(['--input', await inputOf(good(10)), '--out', out]).ended()
    expect(ok.code).toBe(0)
    const before = await readFile(join(out, 'places.ndjson'))
    const input = await inputOf([...good(10), city('Lost', { admin1: '99' }), ...good(5, 11)])
    const { code, errors } = await start(['--input', input, '--batch', '4', '--on-bad', 'stop', '--out', out]).ended()
    expect(code).toBe(1)
    expect(errors).toMatch(/error: record 11, at byte \d+: Lost: there is no region NL\.99\n/)
    expect(errors).toContain('the last batch was taken back (write)')
    expect(await readdir(dirname(out))).toEqual(['out'])
    expect(await readFile(join(out, 'places.ndjson'))).toEqual(before)
  })

  it('leaves the batches before its own, and of that nothing, where --keep shows it', { timeout: 60_000 }, async () => {
    const out = join(await temporaryFolder(), 'out')
    const input = await inputOf([
      ...good(9),
      city('New', { admin1: '07' }),
      city('Lost', { admin1: '99' }),
      ...good(5, 11),
    ])
    const { code } = await start(['--input', input, '--batch', '4', '--on-bad', 'stop', '--keep', '--out', out]).ended()
    expect(code).toBe(1)
    const [partial] = await readdir(dirname(out))
    expect(partial).toMatch(/^out\.partial-/)
    const parts = join(dirname(out), partial ?? '', 'parts')
    // The file of a region that was new to the batch is gone as well.
    expect(await readdir(parts)).toEqual(['NL.09.ndjson'])
    expect(linesOf(await readFile(join(parts, 'NL.09.ndjson'), 'utf8')).map(({ at }) => at)).toEqual([
      1, 2, 3, 4, 5, 6, 7, 8,
    ])
  })

  it('may be larger than what is read at once, with braces and quotes within', { timeout: 60_000 }, async () => {
    const name = `{"}\\" ${'x'.repeat(200_000)} é`
    const input = await inputOf([...good(2), city(name), ...good(2, 3)])
    const { places } = await result(['--input', input, '--batch', '2'])
    expect(linesOf(places)[2]).toMatchObject({ at: 3, name })
  })

  it('ends a run where the file ends within it', { timeout: 60_000 }, async () => {
    const input = await inputOf([...good(2), '{"name": "Cut'])
    const { code, errors } = await start(['--input', input, '--out', join(await temporaryFolder(), 'out')]).ended()
    expect(code).toBe(1)
    expect(errors).toContain('The file ends within its record 3, which begins at byte ')
  })
})
