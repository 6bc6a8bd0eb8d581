// The database, as one generation of the plugin offers it.
import type { Logger, PluginHealth } from 'cf-plugins'
import type { z } from 'zod'
import { BoundConnection, Queries } from './connection.ts'
import { isDatabaseError } from './errors.ts'
import { type Lease, type LeaseOptions, Leases } from './leases.ts'
import { migrate } from './migrate.ts'
import { createModel } from './model.ts'
import { callerPlace } from './place.ts'
import type {
  AcquiredConnection,
  AcquireOptions,
  Connection,
  Database,
  Migration,
  Model,
  ModelOptions,
} from './service.ts'
import type { QueryResult, Source } from './source.ts'

export interface DatabaseOptions extends LeaseOptions {
  readonly auto_migrate: boolean
}

/** How long a health check may take. */
const HEALTH_MS = 1000
/** How much of a statement is told of who has a connection. */
const LABEL_LENGTH = 60

/** A database over a source, which outlives it. */
export class PooledDatabase extends Queries implements Database {
  readonly kind: Database['kind']
  readonly #options: DatabaseOptions
  readonly #logger: Logger
  readonly #leases: Leases

  constructor(source: Source, options: DatabaseOptions, logger: Logger) {
    super()
    this.kind = source.kind
    this.#options = options
    this.#logger = logger
    this.#leases = new Leases(source, options, logger)
  }

  async acquire(options?: AcquireOptions): Promise<AcquiredConnection> {
    // Before anything is awaited: the stack is the caller's only until then.
    const place = callerPlace()
    return new OwnedConnection(await this.#leases.lease(place, options))
  }

  release(connection: AcquiredConnection): void {
    void connection[Symbol.asyncDispose]()
  }

  async transaction<T>(task: (connection: Connection) => Promise<T>): Promise<T> {
    const lease = await this.#leases.lease(`a transaction in ${callerPlace()}`)
    try {
      return await new BoundConnection(lease).transaction(task)
    } finally {
      await lease.end()
    }
  }

  model<Shape extends z.ZodRawShape, Id extends keyof Shape & string, Generated extends keyof Shape & string>(
    table: string,
    schema: z.ZodObject<Shape>,
    options: ModelOptions<Shape, Id, Generated> = {},
  ): Model<Shape, Id, Generated> {
    return createModel(this, table, schema, options)
  }

  migrate(owner: string, migrations: Readonly<Record<string, Migration>>): Promise<void> {
    const { schema, auto_migrate: mayRun } = this.#options
    const { migrated } = this.#leases.source
    return migrate(this.query, { owner, migrations, schema, mayRun, migrated, logger: this.#logger })
  }

  /** Tells the log of connections that are not given back. */
  sweep(): void {
    this.#leases.late()
  }

  /** Whether it answers. Never throws, and takes a second at most. */
  async health(): Promise<PluginHealth> {
    const { source } = this.#leases
    const late = this.#leases.late()
    try {
      await withinMs(HEALTH_MS, (signal) => this.#ping(signal))
    } catch (error) {
      const { size, taken, waiting } = source.turns
      if (taken === size && isDatabaseError(error) && error.code === 'DATABASE_BUSY') {
        return { status: 'degraded', message: `all ${size} connections are taken, and ${waiting} wait for one` }
      }
      return { status: 'unhealthy', message: `${source.where} does not answer: ${messageOf(error)}` }
    }
    if (late.length === 0) return { status: 'healthy' }
    return { status: 'degraded', message: `connections are not given back by ${late.join(', ')}` }
  }

  close(): Promise<void> {
    return this.#leases.close()
  }

  protected async run(sql: string, parameters: readonly unknown[]): Promise<QueryResult> {
    const lease = await this.#leases.lease(sql.slice(0, LABEL_LENGTH))
    try {
      return await lease.query(sql, parameters)
    } finally {
      await lease.end()
    }
  }

  protected lease(): Promise<Lease> {
    return this.#leases.lease('a query by Kysely')
  }

  async #ping(signal: AbortSignal): Promise<void> {
    const lease = await this.#leases.lease('a health check', { signal, timeoutMs: HEALTH_MS / 2 })
    try {
      await lease.query('select 1', [])
    } finally {
      await lease.end()
    }
  }
}

/** A connection that is its owner's until it is given back. */
class OwnedConnection extends BoundConnection implements AcquiredConnection {
  readonly #end: () => Promise<void>

  constructor(lease: Lease) {
    super(lease)
    this.#end = () => lease.end()
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.#end()
  }
}

async function withinMs(boundMs: number, task: (signal: AbortSignal) => Promise<void>): Promise<void> {
  const over = new AbortController()
  const timer = setTimeout(() => over.abort(new Error(`no answer within ${boundMs} ms`)), boundMs)
  const given = task(over.signal)
  try {
    await Promise.race([
      given,
      new Promise((_resolve, reject) => over.signal.addEventListener('abort', () => reject(over.signal.reason))),
    ])
  } finally {
    clearTimeout(timer)
    // Where nobody waits any more, what it comes to is told by the next check.
    given.catch(() => {})
  }
}

function messageOf(error: unknown): string {
  if (isDatabaseError(error) && error.cause instanceof Error) return messageOf(error.cause)
  if (error instanceof AggregateError && error.errors.length > 0) return messageOf(error.errors[0])
  return error instanceof Error ? error.message : String(error)
}
