// What a run leaves in a database that was there before it.
import pg from 'pg'

/** Drops the tables of a run; nothing where the database was the run's own. */
export async function dropTables(schema: string, url = process.env.DATABASE_URL): Promise<void> {
  if (!url) return
  const client = new pg.Client({ connectionString: url })
  await client.connect()
  try {
    await client.query(`drop schema if exists ${client.escapeIdentifier(schema)} cascade`)
  } finally {
    await client.end()
  }
}
