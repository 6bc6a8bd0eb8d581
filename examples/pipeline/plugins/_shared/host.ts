// What the host hands out, and `definePlugin` with its types.
import { createDefinePlugin } from 'cf-plugins'
import type { Way } from './ways.ts'

/** `context.shared`. */
export interface Shared {
  /** How steps that compute run. */
  readonly way: Way
  /** The file with the places. */
  readonly input: string
  /** The folder with GeoNames' lists of regions and districts. */
  readonly lists: string
  /** Where the run keeps what it writes, until that is whole. */
  readonly folder: string
}

export const definePlugin = createDefinePlugin<unknown, Shared>()
