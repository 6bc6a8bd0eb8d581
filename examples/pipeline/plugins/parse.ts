// From text to places. What is no place is told by its record, all of a batch together.
import { type BadRecord, BadRecords } from './_shared/bad-records.ts'
import { type Batch, type Place, Prepare, type RawRecord } from './_shared/batch.ts'
import { definePlugin } from './_shared/host.ts'
import { addStep } from './_shared/ways.ts'

export function parse(batch: Batch): Batch {
  const bad: BadRecord[] = []
  const places: Place[] = []
  for (const record of batch.records) {
    try {
      places.push(placeOf(record))
    } catch (error) {
      bad.push({ at: record.at, why: (error as Error).message })
    }
  }
  if (bad.length > 0) throw new BadRecords(bad)
  return { ...batch, places }
}

export default definePlugin({
  name: 'parse',
  version: '1.0.0',
  setup({ pipeline, shared }) {
    addStep(pipeline(Prepare), shared.way, 'parse', parse, { priority: 'high' })
  },
})

function placeOf({ at, offset, text }: RawRecord): Place {
  const { name, lat, lng, country, admin1, admin2 } = JSON.parse(text) as Record<string, unknown>
  if (typeof name !== 'string' || name.trim() === '') throw new Error('it has no name')
  // The names of files are made of both.
  const region = codeOf('admin1', admin1)
  if (typeof country !== 'string' || !/^[A-Z]{2}$/.test(country)) throw new Error(`its country is ${shown(country)}`)
  const district = codeOf('admin2', admin2)
  return {
    at,
    offset,
    name,
    lat: degrees('lat', lat, 90),
    lng: degrees('lng', lng, 180),
    country,
    region: region && `${country}.${region}`,
    district: region && district && `${country}.${region}.${district}`,
  }
}

const CODES = { admin1: /^\w{1,20}$/, admin2: /^[^=\p{Cc}]{1,80}$/u } as const

/** `00` is GeoNames' word for none. */
function codeOf(field: keyof typeof CODES, code: unknown): string | undefined {
  if (code === undefined || code === '' || code === '00') return undefined
  if (typeof code === 'string' && CODES[field].test(code)) return code
  throw new Error(`its ${field} is ${shown(code)}`)
}

function degrees(field: string, text: unknown, most: number): number {
  const value = typeof text === 'string' && text.trim() !== '' ? Number(text) : Number.NaN
  if (Math.abs(value) <= most) return value
  throw new Error(`its ${field} is ${shown(text)}`)
}

function shown(value: unknown): string {
  return value === undefined ? 'missing' : JSON.stringify(value)
}
