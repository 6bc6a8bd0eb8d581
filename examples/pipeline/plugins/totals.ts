// Counts what is stored, by country; the region that a place says it is in must exist. What it counts of a batch it takes back with that.
import { BadRecords } from './_shared/bad-records.ts'
import { type Batch, Store } from './_shared/batch.ts'
import { definePlugin } from './_shared/host.ts'
import type { Counts } from './_shared/totals.ts'

const NONE: Counts = { batches: 0, places: 0, withoutRegion: 0, withoutDistrict: 0, mended: {}, countries: {} }

export default definePlugin({
  name: 'totals',
  version: '1.0.0',
  setup({ pipeline }) {
    let counts = NONE
    const add = (batch: Batch, sign: 1 | -1) => {
      counts = sum(counts, countsOf(batch), sign)
    }
    pipeline(Store).step(
      'tally',
      (batch) => {
        add(batch, 1)
        const bad = unknownRegions(batch)
        if (bad.length === 0) return
        // The step that fails takes back by itself what it did.
        add(batch, -1)
        throw new BadRecords(bad)
      },
      { after: 'write', undo: (batch) => add(batch, -1) },
    )
    const restore = (kept: Counts) => {
      counts = kept
    }
    return { counts: () => counts, restore }
  },
  state: {
    save: ({ counts }) => counts(),
    restore: (kept: Counts, totals) => totals.restore(kept),
  },
})

function unknownRegions({ places, regions }: Batch): { at: number; why: string }[] {
  return places.flatMap(({ at, name, region }, index) =>
    region !== undefined && regions[index] === undefined ? { at, why: `${name}: there is no region ${region}` } : [],
  )
}

function countsOf({ places, districts, mended }: Batch): Counts {
  const countries: Record<string, number> = {}
  for (const { country } of places) countries[country] = (countries[country] ?? 0) + 1
  return {
    batches: 1,
    places: places.length,
    withoutRegion: places.filter(({ region }) => region === undefined).length,
    withoutDistrict: districts.filter((name) => name === undefined).length,
    mended,
    countries,
  }
}

function sum(a: Counts, b: Counts, sign: 1 | -1): Counts {
  return {
    batches: a.batches + sign * b.batches,
    places: a.places + sign * b.places,
    withoutRegion: a.withoutRegion + sign * b.withoutRegion,
    withoutDistrict: a.withoutDistrict + sign * b.withoutDistrict,
    mended: sumOf(a.mended, b.mended, sign),
    countries: sumOf(a.countries, b.countries, sign),
  }
}

function sumOf(a: Readonly<Record<string, number>>, b: Readonly<Record<string, number>>, sign: 1 | -1) {
  const sum = { ...a }
  for (const [key, count] of Object.entries(b)) sum[key] = (sum[key] ?? 0) + sign * count
  return sum
}
