// The databases that every test of the database runs on: PGlite in memory and, where DATABASE_URL names one, a server.
import { randomBytes } from 'node:crypto'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Logger } from 'cf-plugins'
import pg from 'pg'
import { afterAll, beforeAll, describe, onTestFinished } from 'vitest'
import { type DatabaseOptions, PooledDatabase } from '../plugins/database/database.ts'
import { openEmbedded } from '../plugins/database/embedded.ts'
import { openServer } from '../plugins/database/server.ts'
import type { Source } from '../plugins/database/source.ts'
import { layDatabase } from './embedded-template.ts'

export const { DATABASE_URL } = process.env

/** A database of a test's own: another schema than all others. */
export interface Setup {
  readonly kind: 'embedded' | 'server'
  /** How many connections the test's source has. */
  readonly connections: number
  readonly source: () => Source
  open(options?: Partial<DatabaseOptions>): Opened
}

export interface Opened {
  readonly database: PooledDatabase
  readonly schema: string
  readonly log: readonly string[]
  /** The same schema once more, as the next generation has it. */
  again(options?: Partial<DatabaseOptions>): PooledDatabase
}

const CONNECTIONS = 3

/** A suite that every implementation passes. */
export function everyDatabase(what: string, suite: (setup: Setup) => void): void {
  describe(`${what}: PGlite`, () => {
    let source: Source | undefined
    let folder = ''
    // On a machine that has other things to do, this takes longer than hooks may.
    beforeAll(async () => {
      folder = await mkdtemp(join(tmpdir(), 'database-'))
      await layDatabase(join(folder, 'files'))
      source = await openEmbedded(join(folder, 'files'))
    }, 120_000)
    afterAll(async () => {
      await source?.[Symbol.asyncDispose]()
      await rm(folder, { recursive: true, force: true })
    })
    suite(setupOf('embedded', 1, () => source))
  })
  describe.skipIf(!DATABASE_URL)(`${what}: PostgreSQL (skipped unless DATABASE_URL is set)`, () => {
    let source: Source | undefined
    const schema = schemaName()
    beforeAll(async () => {
      source = await openServer(serverOptions(DATABASE_URL ?? '', schema))
    })
    afterAll(async () => {
      await source?.[Symbol.asyncDispose]()
      await dropSchema(schema)
    })
    suite(setupOf('server', CONNECTIONS, () => source, schema))
  })
}

export function serverOptions(url: string, schema: string) {
  return { url, schema, max: CONNECTIONS, idleTimeoutMs: 5000, connectTimeoutMs: 5000, queryTimeoutMs: 5000 }
}

export const schemaName = () => `test_${randomBytes(6).toString('hex')}`

/** Removes what a test made on the server. */
export async function dropSchema(schema: string): Promise<void> {
  const client = new pg.Client({ connectionString: DATABASE_URL })
  await client.connect()
  try {
    await client.query(`drop schema if exists ${schema} cascade`)
  } finally {
    await client.end()
  }
}

/** A logger that keeps what it is told. */
export function logInto(log: string[]): Logger {
  const write = (...args: unknown[]) => void log.push(args.filter((arg) => typeof arg === 'string').join(' '))
  return { debug: () => {}, info: write, warn: write, error: write }
}

function setupOf(kind: Setup['kind'], connections: number, source: () => Source | undefined, schema?: string): Setup {
  const given = () => {
    const opened = source()
    if (!opened) throw new Error('The database has not been opened.')
    return opened
  }
  const make = (name: string, log: string[], options: Partial<DatabaseOptions>) => {
    const defaults = { auto_migrate: true, acquireTimeoutMs: 5000, maxWaiting: 100, leakAfterMs: 60_000 }
    const database = new PooledDatabase(given(), { schema: name, ...defaults, ...options }, logInto(log))
    onTestFinished(() => database.close())
    return database
  }
  return {
    kind,
    connections,
    source: given,
    open: (options = {}) => {
      const log: string[] = []
      // A pool has one schema for good; tests of one file run one after the other, and clean up what they made.
      const name = schema ?? schemaName()
      if (schema) onTestFinished(() => emptySchema(schema))
      given().migrated.clear()
      return {
        database: make(name, log, options),
        schema: name,
        log,
        again: (more = {}) => make(name, log, { ...options, ...more }),
      }
    },
  }
}

async function emptySchema(schema: string): Promise<void> {
  await dropSchema(schema)
  const client = new pg.Client({ connectionString: DATABASE_URL })
  await client.connect()
  try {
    await client.query(`create schema ${schema}`)
  } finally {
    await client.end()
  }
}
