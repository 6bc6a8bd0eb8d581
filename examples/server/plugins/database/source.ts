// What connections come from: PGlite in this process or a server, in one shape. A source is held by the host over reloads, with the code of the
// generation that opened it: an edit of its files is used from the next start on, or when the settings that make it that source change.
import type { Turns } from './turns.ts'

/** What a statement gave. */
export interface QueryResult {
  readonly rows: readonly Record<string, unknown>[]
  /** Rows that it changed. */
  readonly affected: number
  /** What it was, in the server's words: `SELECT`, `INSERT`, `CREATE`; of several, the last one. */
  readonly command: string
}

/** One connection, as a driver has it. */
export interface Client {
  query(sql: string, parameters: readonly unknown[]): Promise<QueryResult>
  /** Gives it back; `broken` ones are thrown away. Rolls back what was left open. */
  release(broken: boolean): Promise<void>
}

export interface Source extends AsyncDisposable {
  readonly kind: 'embedded' | 'server'
  /** Where it is, without secrets. */
  readonly where: string
  readonly turns: Turns
  /** To be called by who has a turn. @throws `DATABASE_UNAVAILABLE` */
  connect(schema: string): Promise<Client>
  /** Migrations that are known to have run, so that a reload needs not ask. */
  readonly migrated: Map<string, string>
}

/** What a driver says of one statement. */
interface DriverResult {
  readonly command?: string
  readonly rowCount?: number | null
  readonly rows: readonly Record<string, unknown>[]
}

/** One result of what one string of SQL gave, which may have several statements. */
export function toQueryResult(results: readonly DriverResult[]): QueryResult {
  const last = results.at(-1)
  const affected = results.reduce(
    (sum, { command = '', rowCount }) => sum + (isChange(command) ? (rowCount ?? 0) : 0),
    0,
  )
  return { rows: last?.rows ?? [], affected, command: last?.command ?? '' }
}

function isChange(command: string): boolean {
  return command === 'INSERT' || command === 'UPDATE' || command === 'DELETE' || command === 'MERGE'
}
