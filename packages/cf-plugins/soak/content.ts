// What the code of a plugin is written from.
import type { CodeFault } from './faults.ts'

/** What one save puts into a plugin's entry file. */
export interface Content {
  /** The number of the edit: the content says it of itself. */
  readonly edit: number
  readonly stateVersion: number
  readonly isAsync: boolean
  readonly fault?: CodeFault | undefined
}
