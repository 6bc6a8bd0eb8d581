// What the database plugin offers others: types, and the ref.
import { serviceRef } from 'cf-plugins'
import type { Kysely } from 'kysely'
import type { z } from 'zod'

/** Tables of which nobody has said what is in them. */
export type AnyTables = Record<string, Record<string, unknown>>

/**
 * What can be asked of a database, of one connection of it and of a transaction alike. Values go in as `$1`, `$2`: dates, bytes, arrays (as
 * PostgreSQL arrays), plain objects (as JSON). What comes out is the same whichever database there is: `bigint` as a number where it is safe and as
 * a BigInt else, `numeric` and `date` as texts, `timestamptz` as a Date, `jsonb` as it was.
 *
 * Errors of SQL are the driver's, with the SQLSTATE as `code`: `'23505'` is a value that there is already. The others are those that
 * `errors.ts` lists: they have a `status`, and so the router answers 503 where nobody catches them.
 */
export interface Connection {
  /** Runs a statement. Gives how many rows it changed. */
  execute(sql: string, parameters?: readonly unknown[]): Promise<number>
  /** All rows. */
  fetch<Row = Record<string, unknown>>(sql: string, parameters?: readonly unknown[]): Promise<Row[]>
  /** The first row. */
  fetchRow<Row = Record<string, unknown>>(sql: string, parameters?: readonly unknown[]): Promise<Row | undefined>
  /** Kysely, for queries that are built. `query.withTables<{ notes: Note }>()` knows what is in a table. */
  readonly query: Kysely<AnyTables>
  /**
   * Runs `task`; keeps what it did if it ends, and none of it if it throws. Within a transaction it is a savepoint. Inside, use the connection that
   * `task` is given: what is asked of the database itself is no part of the transaction, and waits for a connection of its own.
   */
  transaction<T>(task: (connection: Connection) => Promise<T>): Promise<T>
}

/** How long to wait for a connection. */
export interface AcquireOptions {
  readonly signal?: AbortSignal
  /** @default `pool.acquireTimeoutMs` of the plugin's settings */
  readonly timeoutMs?: number
}

/** A connection that is somebody's until it is given back: by `await using`, or by `release`. */
export type AcquiredConnection = Connection & AsyncDisposable

export interface Database extends Connection {
  /** Which one it is: PGlite in this process, or a server. */
  readonly kind: 'embedded' | 'server'
  /**
   * A connection for oneself. Whoever comes first is served first. One that is kept too long is told to the log, with the line that acquired it.
   *
   * @throws `DATABASE_BUSY` where none was free in time, or too many wait already
   * @example
   * await using connection = await database.acquire()
   * await connection.execute('select pg_advisory_lock(7)')
   */
  acquire(options?: AcquireOptions): Promise<AcquiredConnection>
  /** Gives a connection back. Again does nothing. */
  release(connection: AcquiredConnection): void
  /**
   * A table whose rows a zod schema describes.
   *
   * @example
   * const notes = database.model('notes', z.object({ id: z.uuid(), text: z.string().max(200) }))
   */
  model<
    Shape extends z.ZodRawShape,
    Id extends keyof Shape & string = 'id',
    Generated extends keyof Shape & string = never,
  >(
    table: string,
    schema: z.ZodObject<Shape>,
    options?: ModelOptions<Shape, Id, Generated>,
  ): Model<Shape, Id, Generated>
  /**
   * Brings the tables of `owner` up to date: runs the migrations that have not run, in the order of their names, all or none. Several processes may do so
   * at once. Those that ran and are not there any more, because older code came back, are left alone.
   *
   * @throws `DATABASE_MIGRATIONS_PENDING`, with a list, where the settings say `auto_migrate: false`
   */
  migrate(owner: string, migrations: Readonly<Record<string, Migration>>): Promise<void>
}

export const Database = serviceRef<Database>('database')

/** One change of the tables. It runs in a transaction. */
export interface Migration {
  up(db: Kysely<AnyTables>): Promise<void>
}

/** What a model is told besides its schema. */
export interface ModelOptions<
  Shape extends z.ZodRawShape,
  Id extends keyof Shape & string,
  Generated extends keyof Shape & string,
> {
  /** The column of the primary key. @default 'id' */
  readonly id?: Id
  /** Columns that the database fills where `create` does not. */
  readonly generated?: readonly Generated[]
  /** `json` and `jsonb` columns that may have arrays or texts in them; objects need not be named. */
  readonly json?: readonly (keyof Shape & string)[]
}

/** A row, as it is read. */
export type RowOf<Shape extends z.ZodRawShape> = z.output<z.ZodObject<Shape>>
/** What `create` takes: what the schema has no default for, and the database does not fill. */
export type NewRow<Shape extends z.ZodRawShape, Generated extends keyof Shape & string = never> = Omit<
  z.input<z.ZodObject<Shape>>,
  Generated
> &
  Partial<z.input<z.ZodObject<Shape>>>

/** Which rows a list has, and in which order. */
export interface ListOptions<Row> {
  /** Columns that have just these values; `null` is one. */
  readonly where?: Partial<Row>
  /** @default by id, ascending */
  readonly orderBy?: keyof Row & string
  readonly direction?: 'asc' | 'desc'
  /** @default 100 */
  readonly limit?: number
  /** The last row of the page before, or what of it the order goes by: `orderBy`, and the id. */
  readonly after?: Partial<Row>
}

/** The rows of one table. Values are checked by the schema on the way in. */
export interface Model<
  Shape extends z.ZodRawShape,
  Id extends keyof Shape & string = 'id',
  Generated extends keyof Shape & string = never,
> {
  readonly table: string
  find(id: RowOf<Shape>[Id & keyof RowOf<Shape>]): Promise<RowOf<Shape> | undefined>
  /** The first that has just these values. */
  findBy(where: Partial<RowOf<Shape>>): Promise<RowOf<Shape> | undefined>
  list(options?: ListOptions<RowOf<Shape>>): Promise<RowOf<Shape>[]>
  /** @throws `DATABASE_ROW_INVALID`, with every issue; SQLSTATE `23505` where there is one already */
  create(values: NewRow<Shape, Generated>): Promise<RowOf<Shape>>
  /** Nothing where there is no such row. @throws `DATABASE_ROW_INVALID` */
  update(
    id: RowOf<Shape>[Id & keyof RowOf<Shape>],
    values: Partial<z.input<z.ZodObject<Shape>>>,
  ): Promise<RowOf<Shape> | undefined>
  /** Whether there was one. */
  delete(id: RowOf<Shape>[Id & keyof RowOf<Shape>]): Promise<boolean>
  /** The same table over a connection, or within a transaction. */
  using(connection: Connection): Model<Shape, Id, Generated>
}
