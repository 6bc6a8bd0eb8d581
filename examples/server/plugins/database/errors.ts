// What the database throws besides errors of SQL, which are the driver's with their SQLSTATE.

/** When each is thrown, and what to do. */
export const DatabaseErrorCodes = {
  DATABASE_UNREACHABLE: 'No connection at the start. The message says what to mend.',
  DATABASE_UNAVAILABLE: 'The server cannot be reached just now. Come again: the pool connects anew by itself.',
  DATABASE_CONNECTION_LOST: 'The connection broke in the middle of a query. Ask again where that does no harm.',
  DATABASE_BUSY: 'No connection was free in time, or too many wait. The cause lists who has them.',
  DATABASE_CLOSED: 'The plugin was replaced or disabled. Inject the service anew.',
  DATABASE_RELEASED: 'The connection was given back already. Use it before that.',
  DATABASE_TRANSACTION_OPEN:
    'A transaction within this one has not ended. Use the connection that its task is given, and one after the other.',
  DATABASE_TRANSACTION_ABORTED:
    'A statement had failed, its error was swallowed, and the server kept nothing. The cause is that error.',
  DATABASE_IN_USE: 'Another process has the folder of the embedded database. The message says which.',
  DATABASE_MIGRATIONS_PENDING: 'Migrations have not run, and auto_migrate is off. The message lists them.',
  DATABASE_MIGRATION_FAILED: 'A migration threw; none of its run was kept. The cause says why.',
  DATABASE_ROW_INVALID: 'Values are not what the schema of their model wants. Mend what `issues` lists.',
} as const satisfies Record<string, string>

export type DatabaseErrorCode = keyof typeof DatabaseErrorCodes

/** What comes again is worth it: clients are told to. Their messages are for clients too; what is not, is in the cause. */
const PASSING: ReadonlySet<DatabaseErrorCode> = new Set([
  'DATABASE_UNAVAILABLE',
  'DATABASE_CONNECTION_LOST',
  'DATABASE_BUSY',
  'DATABASE_CLOSED',
])

/** One thing that is wrong with a row. */
export interface RowIssue {
  readonly path: string
  readonly message: string
}

export class DatabaseError extends Error {
  override readonly name = 'DatabaseError'
  readonly code: DatabaseErrorCode
  /** 503 where it passes by itself; else nothing, which the router takes for its own fault. */
  readonly status: number | undefined
  readonly headers: Readonly<Record<string, string>>
  readonly issues: readonly RowIssue[] | undefined

  constructor(
    code: DatabaseErrorCode,
    message: string,
    { cause, issues }: { readonly cause?: unknown; readonly issues?: readonly RowIssue[] } = {},
  ) {
    super(message, cause === undefined ? undefined : { cause })
    const isPassing = PASSING.has(code)
    this.code = code
    this.status = isPassing ? 503 : undefined
    this.headers = isPassing ? { 'retry-after': '1' } : {}
    this.issues = issues
  }
}

/** Whether an error is one of these. By its shape: what is held over reloads throws those of an older generation, whose class is another one. */
export function isDatabaseError(error: unknown): error is DatabaseError {
  const { name, code } = error instanceof Error ? (error as { name: string; code?: unknown }) : { name: '' }
  return name === 'DatabaseError' && typeof code === 'string' && Object.hasOwn(DatabaseErrorCodes, code)
}

/** Sockets that ended, and what PostgreSQL says when it goes: class 08, admin_shutdown, crash_shutdown, cannot_connect_now. */
const LOST = /^(08...|57P0[123]|ECONNRESET|EPIPE|ETIMEDOUT|ECONNREFUSED|EHOSTUNREACH|ENETUNREACH|ENOTFOUND|EAI_AGAIN)$/
/** The errors of pg's that have no code, and of PGlite when it is closed. */
const LOST_MESSAGES =
  /Connection terminated|Client has encountered a connection error|Query read timeout|PGlite is closed|not queryable/

/** Whether an error says that the connection is gone, and not that the SQL is wrong. */
export function isConnectionLost(error: unknown): boolean {
  if (!(error instanceof Error)) return false
  const { code } = error as { code?: unknown }
  return (typeof code === 'string' && LOST.test(code)) || LOST_MESSAGES.test(error.message)
}

export function connectionLost(cause: unknown, duringCommit = false): DatabaseError {
  const what = duringCommit ? ' while a transaction was committed: whether it was kept is not known' : ' during a query'
  return new DatabaseError('DATABASE_CONNECTION_LOST', `The connection to the database broke${what}.`, { cause })
}
