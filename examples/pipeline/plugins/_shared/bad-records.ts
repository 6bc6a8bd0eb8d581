// What a step throws that cannot go on with some records of its batch.

/** Which record, and why. */
export interface BadRecord {
  readonly at: number
  readonly why: string
}

/** Nobody asks whether an error is an instance of this: each plugin, and each thread, has a class of its own. */
export class BadRecords extends Error {
  readonly code = 'BAD_RECORDS'
  readonly records: readonly BadRecord[]

  constructor(records: readonly BadRecord[]) {
    super(`${records.length === 1 ? 'a record is' : `${records.length} records are`} bad: ${records[0]?.why}`)
    this.name = 'BadRecords'
    this.records = records
  }
}

/** The bad records that an error tells of, or the failure of a pipeline that it is the cause of. */
export function badRecordsOf(error: unknown): readonly BadRecord[] | undefined {
  const { code, records, cause } = (error ?? {}) as Partial<BadRecords>
  if (code === 'BAD_RECORDS') return records
  return cause === undefined ? undefined : badRecordsOf(cause)
}
