// What goes through the pipelines, and their names, for host and plugins.
import { pipelineRef } from 'cf-plugins'

/** A record as it stands in the file. */
export interface RawRecord {
  /** Which one it is, from 1. */
  readonly at: number
  /** Where it begins, in bytes. */
  readonly offset: number
  readonly text: string
}

/** A place of the world. */
export interface Place {
  readonly at: number
  readonly offset: number
  readonly name: string
  readonly lat: number
  readonly lng: number
  /** ISO 3166-1, two letters. */
  readonly country: string
  /** GeoNames' code of the first level, such as `NL.07`; none where it has no code, or is of no region. */
  readonly region?: string | undefined
  /** Of the second level, such as `NL.07.0363`. */
  readonly district?: string | undefined
}

/** So many records, on their way through the steps. */
export interface Batch {
  /** Which one it is, from 1. */
  readonly number: number
  readonly records: readonly RawRecord[]
  /** The records, once they are parsed: as many, in the same order. */
  readonly places: readonly Place[]
  /** Names of the places' regions and districts, in the same order. */
  readonly regions: readonly (string | undefined)[]
  readonly districts: readonly (string | undefined)[]
  /** How often what was mended. */
  readonly mended: Readonly<Record<string, number>>
}

/** The places of one region, column by column: what a survey needs of them. */
export interface Region {
  readonly code: string
  readonly name: string | undefined
  readonly at: Int32Array
  readonly offset: Float64Array
  readonly names: readonly string[]
  /** Latitude and longitude of the first, of the second, and so on, in degrees. */
  readonly points: Float64Array
  /** Which of them are the same place once more. */
  readonly twins: readonly number[]
  /** How far it is from each to the nearest other one, in kilometres. */
  readonly nearestKm: Float64Array
  /** How many places the longest chain has in which each is near the next, and the first of them. */
  readonly chain: { readonly length: number; readonly first: number }
}

/** From text to places; batches go through it side by side. */
export const Prepare = pipelineRef<Batch>('prepare')
/** Into the stores, or back out of them; one batch after the other, in the order of the file. */
export const Store = pipelineRef<Batch>('store')
/** What a region is like, once all of it is stored; regions go through it side by side. */
export const Survey = pipelineRef<Region>('survey')

/** The batch without some of its records. */
export function without(batch: Batch, at: ReadonlySet<number>): Batch {
  const keep = <T>(column: readonly T[]) => column.filter((_, index) => !at.has(batch.records[index]?.at ?? 0))
  const { records, places, regions, districts } = batch
  return {
    ...batch,
    records: keep(records),
    places: keep(places),
    regions: keep(regions),
    districts: keep(districts),
  }
}
