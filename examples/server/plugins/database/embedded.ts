// PGlite: PostgreSQL in this process, with one connection that all take turns at.
import { resolve } from 'node:path'
import { PGlite, type Results } from '@electric-sql/pglite'
import { connectionLost, DatabaseError, isConnectionLost } from './errors.ts'
import { lockFolder } from './folder-lock.ts'
import { IN_MEMORY } from './settings.ts'
import { type Client, type QueryResult, type Source, toQueryResult } from './source.ts'
import { Turns } from './turns.ts'
import { parsers, toParameter } from './values.ts'

/** Opens the database in a folder, which is made where there is none; or in memory. @throws `DATABASE_IN_USE` */
export async function openEmbedded(folder: string): Promise<Source> {
  if (folder === IN_MEMORY) return new Embedded(await PGlite.create({ parsers }), 'in memory', async () => {})
  const path = resolve(folder)
  const unlock = await lockFolder(path)
  try {
    return new Embedded(await PGlite.create(path, { parsers }), `in ${path}`, unlock)
  } catch (error) {
    await unlock()
    const cause = error instanceof Error ? error.message : String(error)
    throw new DatabaseError(
      'DATABASE_UNREACHABLE',
      `The embedded database in ${path} could not be opened (${cause}). Is it a folder that this user may write to, of this version of PGlite?`,
      { cause: error },
    )
  }
}

class Embedded implements Source {
  readonly kind = 'embedded'
  readonly where: string
  readonly turns = new Turns(1)
  readonly migrated = new Map<string, string>()
  readonly #pglite: PGlite
  readonly #unlock: () => Promise<void>
  #schema = 'public'

  constructor(pglite: PGlite, where: string, unlock: () => Promise<void>) {
    this.#pglite = pglite
    this.where = `the embedded database ${where}`
    this.#unlock = unlock
  }

  async connect(schema: string): Promise<Client> {
    if (schema !== this.#schema) {
      const name = `"${schema.replaceAll('"', '""')}"`
      await this.#query(`create schema if not exists ${name}; set search_path to ${name}`, [])
      this.#schema = schema
    }
    // PGlite does not say whether a transaction is open. Where none is, rolling back does nothing but warn.
    let mayBeOpen = false
    return {
      query: (sql, parameters) => {
        if (OPENS.test(sql)) mayBeOpen = true
        else if (ENDS.test(sql)) mayBeOpen = false
        return this.#query(sql, parameters)
      },
      release: async () => void (mayBeOpen && (await this.#query('rollback', []))),
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    try {
      if (!this.#pglite.closed) await this.#pglite.close()
    } finally {
      await this.#unlock()
    }
  }

  async #query(sql: string, parameters: readonly unknown[]): Promise<QueryResult> {
    try {
      // Without parameters there may be several statements, as pg has it too.
      const results: readonly Results[] =
        parameters.length === 0
          ? await this.#pglite.exec(sql)
          : [await this.#pglite.query(sql, parameters.map(toParameter))]
      return toQueryResult(results)
    } catch (error) {
      throw isConnectionLost(error) ? connectionLost(error) : error
    }
  }
}

/** What may leave a transaction open, a word of a comment at worst; and what surely ends it. */
const OPENS = /\b(begin|start\s+transaction)\b/i
const ENDS = /^\s*(commit|rollback|end)\s*;?\s*$/i
