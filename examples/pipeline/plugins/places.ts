// The store: a file a region, of which a batch is written in whole or not at all. All of it is sync, as old libraries are, and in a thread of
// its own it keeps nobody waiting. It remembers nothing: what there is, is in the files, and so its code may be replaced at any time.
import { createHash } from 'node:crypto'
import {
  appendFileSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  truncateSync,
  unlinkSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { type Batch, type Place, type Region, Store, Survey } from './_shared/batch.ts'
import { definePlugin } from './_shared/host.ts'
import type { PlaceFiles } from './_shared/places.ts'

/** A place, as it is stored. */
interface StoredPlace extends Place {
  readonly regionName?: string
  readonly districtName?: string
}

/** How long each file was before a batch was added to it; nothing where there was no such file. */
type Lengths = [code: string, bytes: number | undefined][]

export default definePlugin({
  name: 'places',
  version: '1.0.0',
  execution: 'worker',
  setup({ pipeline, shared: { folder } }): PlaceFiles {
    const parts = join(folder, 'parts')
    mkdirSync(parts, { recursive: true })
    const fileOf = (code: string) => join(parts, `${code}.ndjson`)

    pipeline(Store).step(
      'write',
      (batch, { own }) => {
        const lengths: Lengths = []
        // Before the first byte is written: a step that fails is not undone, and so it is done here.
        own.set('lengths', lengths)
        try {
          for (const [code, lines] of linesByRegion(batch)) {
            lengths.push([code, statSync(fileOf(code), { throwIfNoEntry: false })?.size])
            appendFileSync(fileOf(code), lines)
          }
        } catch (error) {
          takeBack(lengths)
          throw error
        }
      },
      { priority: 'high', undo: (_batch, { own }) => takeBack(own.get('lengths') as Lengths) },
    )

    const takeBack = (lengths: Lengths) => {
      for (const [code, bytes] of lengths) {
        if (bytes === undefined) unlinkSync(fileOf(code))
        else truncateSync(fileOf(code), bytes)
      }
    }

    const survey = pipeline(Survey)
    survey.step('load', (region) => ({ ...region, ...columnsOf(placesIn(fileOf(region.code))) }), {
      priority: 'high',
    })
    survey.step(
      'save',
      ({ code, twins, nearestKm }) => {
        const twin = new Set(twins)
        const lines = placesIn(fileOf(code)).flatMap(({ offset: _offset, ...place }, index) => {
          const km = nearestKm[index]
          return twin.has(index) ? [] : `${JSON.stringify(Number.isFinite(km) ? { ...place, nearestKm: km } : place)}\n`
        })
        writeFileSync(`${fileOf(code)}.done`, lines.join(''))
      },
      { priority: 'low' },
    )

    return {
      regions: () =>
        readdirSync(parts)
          .flatMap((name) => (name.endsWith('.ndjson') ? name.slice(0, -7) : []))
          .sort(),
      merge() {
        const hash = createHash('sha256')
        const result = join(folder, 'places.ndjson')
        let places = 0
        let bytes = 0
        writeFileSync(result, '')
        for (const code of this.regions()) {
          const lines = readFileSync(`${fileOf(code)}.done`)
          appendFileSync(result, lines)
          hash.update(lines)
          bytes += lines.length
          for (let at = lines.indexOf(10); at >= 0; at = lines.indexOf(10, at + 1)) places++
        }
        return { sha256: hash.digest('hex'), places, bytes }
      },
    }
  },
})

function linesByRegion({ places, regions, districts }: Batch): Map<string, string> {
  const lines = new Map<string, string>()
  for (const [index, place] of places.entries()) {
    const stored: StoredPlace = {
      ...place,
      ...(regions[index] && { regionName: regions[index] }),
      ...(districts[index] && { districtName: districts[index] }),
    }
    const code = place.region ?? `${place.country}.none`
    lines.set(code, `${lines.get(code) ?? ''}${JSON.stringify(stored)}\n`)
  }
  return lines
}

function placesIn(file: string): StoredPlace[] {
  return JSON.parse(`[${readFileSync(file, 'utf8').trimEnd().replaceAll('\n', ',')}]`)
}

function columnsOf(places: readonly StoredPlace[]): Pick<Region, 'name' | 'at' | 'offset' | 'names' | 'points'> {
  return {
    name: places[0]?.regionName,
    at: Int32Array.from(places, ({ at }) => at),
    offset: Float64Array.from(places, ({ offset }) => offset),
    names: places.map(({ name }) => name),
    points: Float64Array.from(places.flatMap(({ lat, lng }) => [lat, lng])),
  }
}
