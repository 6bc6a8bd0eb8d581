// The service that reads the file.
import { serviceRef } from 'cf-plugins'
import type { RawRecord } from './batch.ts'

/** How far a file has been read. */
export interface Cursor {
  readonly offset: number
  /** How many records are before it. */
  readonly records: number
}

export interface Source {
  /** The next records from there on, `count` at most; none at the end. @throws `BadRecords` where the file ends within one */
  read(from: Cursor, count: number): Promise<{ readonly records: readonly RawRecord[]; readonly next: Cursor }>
  size(): Promise<number>
}

export const Source = serviceRef<Source>('cities')
