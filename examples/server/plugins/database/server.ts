// A PostgreSQL server, over a pool of connections.
import pg from 'pg'
import { connectionLost, DatabaseError, isConnectionLost } from './errors.ts'
import { type Client, type QueryResult, type Source, toQueryResult } from './source.ts'
import { Turns } from './turns.ts'
import { shownUrl, whyUnreachable } from './unreachable.ts'
import { pgTypes, toParameter } from './values.ts'

/** What makes a pool that pool: where one of these changes, another pool is opened. */
export interface ServerOptions {
  readonly url: string
  readonly schema: string
  readonly max: number
  readonly idleTimeoutMs: number
  readonly connectTimeoutMs: number
  readonly queryTimeoutMs: number
}

/** How much longer than the server the client waits for a query: a server that is well ends it before. */
const GRACE_MS = 1000

/** Opens a pool, once one connection was made. @throws `DATABASE_UNREACHABLE`, which says what to do */
export async function openServer(options: ServerOptions): Promise<Source> {
  const { url, schema } = options
  const pool = createPool(options)
  try {
    const client = await pool.connect()
    try {
      if (schema !== 'public') await client.query(`create schema if not exists ${pg.escapeIdentifier(schema)}`)
    } finally {
      client.release()
    }
    return new Server(pool, shownUrl(url), options.max)
  } catch (error) {
    await pool.end()
    throw new DatabaseError('DATABASE_UNREACHABLE', whyUnreachable(url, error), { cause: error })
  }
}

function createPool({ url, schema, max, idleTimeoutMs, connectTimeoutMs, queryTimeoutMs }: ServerOptions): pg.Pool {
  const pool = new pg.Pool({
    connectionString: url,
    max,
    idleTimeoutMillis: idleTimeoutMs,
    connectionTimeoutMillis: connectTimeoutMs,
    statement_timeout: queryTimeoutMs,
    query_timeout: queryTimeoutMs + GRACE_MS,
    keepAlive: true,
    application_name: 'cf-plugins-example-server',
    // Poolers in between refuse what they do not know: not said where it need not be.
    ...(schema !== 'public' && { options: `-c search_path=${schema}` }),
    types: pgTypes,
  })
  // A connection that ends while nobody uses it: the pool has thrown it away by now, and connects anew when it is asked.
  pool.on('error', () => {})
  // One that ends while somebody does: the query says so. Without a listener it would end the process.
  pool.on('connect', (client) => client.on('error', () => {}))
  return pool
}

class Server implements Source {
  readonly kind = 'server'
  readonly where: string
  readonly turns: Turns
  readonly migrated = new Map<string, string>()
  readonly #pool: pg.Pool

  constructor(pool: pg.Pool, where: string, max: number) {
    this.#pool = pool
    this.where = where
    this.turns = new Turns(max)
  }

  async connect(): Promise<Client> {
    const client = await this.#pool.connect().catch((cause: unknown) => {
      throw new DatabaseError('DATABASE_UNAVAILABLE', 'The database cannot be reached just now.', { cause })
    })
    return {
      query: (sql, parameters) => query(client, sql, parameters),
      release: async (broken) => {
        // What somebody left open is rolled back by the end of its connection; another one is soon made.
        client.release(broken || client.getTransactionStatus() !== 'I')
      },
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#pool.end()
  }
}

async function query(client: pg.PoolClient, sql: string, parameters: readonly unknown[]): Promise<QueryResult> {
  try {
    // Several statements give several results, which pg's types do not say.
    const result: pg.QueryResult | pg.QueryResult[] = await client.query(sql, parameters.map(toParameter))
    return toQueryResult(Array.isArray(result) ? result : [result])
  } catch (error) {
    throw isConnectionLost(error) ? connectionLost(error) : error
  }
}
