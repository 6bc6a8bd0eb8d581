// The service that counts.
import { serviceRef } from 'cf-plugins'

export interface Counts {
  readonly batches: number
  readonly places: number
  readonly withoutRegion: number
  readonly withoutDistrict: number
  readonly mended: Readonly<Record<string, number>>
  readonly countries: Readonly<Record<string, number>>
}

export interface Totals {
  counts(): Counts
}

export const Totals = serviceRef<Totals>('totals')
