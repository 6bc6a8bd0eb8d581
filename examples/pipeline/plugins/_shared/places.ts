// The service of the store.
import { type InThread, serviceRef } from 'cf-plugins'

export interface PlaceFiles {
  /** The codes of all regions that have places, in order. */
  regions(): string[]
  /** Makes one file of those of all regions. */
  merge(): { readonly sha256: string; readonly places: number; readonly bytes: number }
}

export const PlaceFiles = serviceRef<InThread<PlaceFiles>>('places')
