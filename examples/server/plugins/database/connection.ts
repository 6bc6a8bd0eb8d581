// One connection, as plugins have it: alone, and within transactions.
import { Kysely, PostgresDialect, type PostgresPoolClient, type PostgresQueryResult } from 'kysely'
import { connectionLost, DatabaseError, isDatabaseError } from './errors.ts'
import type { Lease } from './leases.ts'
import type { AnyTables, Connection } from './service.ts'
import type { QueryResult } from './source.ts'

/** What begins and ends transactions; savepoints are no matter. */
const CONTROL = /^\s*(begin|start\s+transaction|commit|end|rollback|abort)\b(?!\s+to\b)/i

/** The ways to ask that everything has which runs statements. */
export abstract class Queries implements Connection {
  #query: Kysely<AnyTables> | undefined

  protected abstract run(sql: string, parameters: readonly unknown[]): Promise<QueryResult>
  /** Where Kysely gets a connection from. */
  protected abstract lease(): Promise<Lease>
  abstract transaction<T>(task: (connection: Connection) => Promise<T>): Promise<T>

  async execute(sql: string, parameters: readonly unknown[] = []): Promise<number> {
    return (await this.run(sql, parameters)).affected
  }

  async fetch<Row = Record<string, unknown>>(sql: string, parameters: readonly unknown[] = []): Promise<Row[]> {
    return [...(await this.run(sql, parameters)).rows] as Row[]
  }

  async fetchRow<Row = Record<string, unknown>>(
    sql: string,
    parameters: readonly unknown[] = [],
  ): Promise<Row | undefined> {
    return (await this.run(sql, parameters)).rows[0] as Row | undefined
  }

  get query(): Kysely<AnyTables> {
    // Its end is the pool's end, which is the host's to say.
    const pool = { connect: async () => poolClient(await this.lease()), end: async () => {} }
    this.#query ??= new Kysely({ dialect: new PostgresDialect({ pool }) })
    return this.#query
  }
}

/** One connection. Its statements run one after the other. */
export class BoundConnection extends Queries {
  readonly #lease: Lease
  readonly #depth: number
  #tail: Promise<unknown> = Promise.resolve()
  #isInTransaction = false
  /** The last statement that failed, which ends a transaction whether anybody heard of it or not. */
  #failure: unknown

  constructor(lease: Lease, depth = 0) {
    super()
    this.#lease = lease
    this.#depth = depth
  }

  async transaction<T>(task: (connection: Connection) => Promise<T>): Promise<T> {
    if (this.#isInTransaction) throw transactionOpen()
    this.#isInTransaction = true
    try {
      return await this.#transact(task)
    } finally {
      this.#isInTransaction = false
    }
  }

  protected run(sql: string, parameters: readonly unknown[]): Promise<QueryResult> {
    // It would end this transaction, and what comes after it would be in none.
    if ((this.#depth > 0 || this.#isInTransaction) && CONTROL.test(sql)) return Promise.reject(transactionOpen())
    return this.#run(sql, parameters)
  }

  async #run(sql: string, parameters: readonly unknown[] = []): Promise<QueryResult> {
    const ask = () => this.#lease.query(sql, parameters)
    const asked = this.#tail.then(ask, ask)
    this.#tail = asked
    try {
      return await asked
    } catch (error) {
      this.#failure = error
      throw error
    }
  }

  protected async lease(): Promise<Lease> {
    return { query: (sql, parameters) => this.run(sql, parameters), end: async () => {} }
  }

  async #transact<T>(task: (connection: Connection) => Promise<T>): Promise<T> {
    const savepoint = this.#depth === 0 ? undefined : `s${this.#depth}`
    await this.#run(savepoint ? `savepoint ${savepoint}` : 'begin')
    const use = { isOver: false }
    const inner = new BoundConnection(whileOpen(this.#lease, use), this.#depth + 1)
    try {
      const result = await task(inner)
      await inner.#run(savepoint ? `release savepoint ${savepoint}` : 'commit').then(
        ({ command }) => {
          if (command === 'ROLLBACK') throw aborted(inner.#failure)
        },
        (error: unknown) => {
          if (savepoint || !isDatabaseError(error)) throw error
          throw connectionLost(error.cause, true)
        },
      )
      return result
    } catch (error) {
      // Whatever this says, what the task threw matters more; a connection that cannot roll back is thrown away by its lease.
      await this.#run(savepoint ? `rollback to savepoint ${savepoint}` : 'rollback').catch(() => {})
      throw error
    } finally {
      use.isOver = true
    }
  }
}

/** A lease that is over with its transaction: what forgets to wait must not write after it. */
function whileOpen(lease: Lease, use: { readonly isOver: boolean }): Lease {
  return {
    end: async () => {},
    query: async (sql, parameters) => {
      if (use.isOver) throw new DatabaseError('DATABASE_RELEASED', 'A transaction was used after it had ended.')
      return lease.query(sql, parameters)
    },
  }
}

function transactionOpen(): DatabaseError {
  return new DatabaseError(
    'DATABASE_TRANSACTION_OPEN',
    'A transaction has not ended. Begin one within it by the transaction() of the connection that its task is given, one after the other; it ends with its task.',
  )
}

function aborted(cause: unknown): DatabaseError {
  return new DatabaseError(
    'DATABASE_TRANSACTION_ABORTED',
    'The database kept nothing of a transaction: a statement in it had failed, and its error was swallowed.',
    { cause },
  )
}

/** A lease as Kysely takes it. */
function poolClient(lease: Lease): PostgresPoolClient {
  const query = async (sql: string, parameters: readonly unknown[]) => {
    const { rows, affected, command } = await lease.query(sql, parameters)
    return { rows: [...rows], rowCount: affected, command }
  }
  return {
    // Cursors are for streams, which the dialect refuses as long as it is given none.
    query: query as PostgresPoolClient['query'] & ((sql: string) => Promise<PostgresQueryResult<never>>),
    release: () => void lease.end(),
  }
}
