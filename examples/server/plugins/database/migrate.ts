// Migrations of one owner: Kysely's Migrator, with a table of its own for each, that bears code which is older than the tables.
import type { Logger } from 'cf-plugins'
import { type Kysely, Migrator } from 'kysely'
import { DatabaseError } from './errors.ts'
import type { AnyTables, Migration } from './service.ts'

export interface MigrateOptions {
  readonly owner: string
  readonly migrations: Readonly<Record<string, Migration>>
  readonly schema: string
  readonly mayRun: boolean
  /** What is known to have run, by schema and owner. */
  readonly migrated: Map<string, string>
  readonly logger: Logger
}

export async function migrate(db: Kysely<AnyTables>, options: MigrateOptions): Promise<void> {
  const { owner, migrations, schema, mayRun, migrated, logger } = options
  const names = Object.keys(migrations).sort().join('\n')
  // What ran stays: a reload needs no database for this, and so bears one that is away just then.
  const key = `${schema}.${owner}`
  if (migrated.get(key) === names) return
  const table = `migrations_of_${owner}`
  const unknown: string[] = []
  const migrator = new Migrator({
    db,
    migrationTableSchema: schema,
    migrationTableName: table,
    migrationLockTableName: `${table}_lock`,
    provider: {
      getMigrations: async () => ({ ...migrations, ...Object.fromEntries(unknown.map((name) => [name, newer(name)])) }),
    },
  })
  const isThere = (await db.introspection.getTables({ withInternalKyselyTables: true })).some(
    (found) => found.name === table && found.schema === schema,
  )
  if (isThere) {
    // Newer code ran its own, and older code is back, as after a reload that failed: Kysely would take that for damage.
    const ran = await db.withSchema(schema).selectFrom(table).select('name').execute()
    unknown.push(...ran.map(({ name }) => String(name)).filter((name) => !Object.hasOwn(migrations, name)))
    if (unknown.length > 0) {
      logger.warn(`The tables of "${owner}" are newer than its code, which does not know of ${unknown.join(', ')}.`)
    }
  }
  if (!mayRun) refusePending(owner, isThere ? await migrator.getMigrations() : infosOf(migrations))
  else await run(migrator, owner, logger)
  migrated.set(key, names)
}

/** Of Kysely's `MigrationInfo`, what matters here. */
interface KnownMigration {
  readonly name: string
  readonly executedAt?: Date | undefined
}

async function run(migrator: Migrator, owner: string, logger: Logger): Promise<void> {
  const { error, results = [] } = await migrator.migrateToLatest()
  if (error !== undefined) {
    const failed = results.find(({ status }) => status === 'Error')?.migrationName
    const what = failed === undefined ? '' : ` "${failed}"`
    throw new DatabaseError(
      'DATABASE_MIGRATION_FAILED',
      `The migration${what} of "${owner}" failed (${error instanceof Error ? error.message : String(error)}); nothing of this run was kept.`,
      { cause: error },
    )
  }
  const ran = results.map(({ migrationName }) => migrationName)
  if (ran.length > 0) logger.info(`Migrations of "${owner}" ran: ${ran.join(', ')}.`)
}

function refusePending(owner: string, all: readonly KnownMigration[]): void {
  const pending = all.filter(({ executedAt }) => executedAt === undefined).map(({ name }) => name)
  if (pending.length === 0) return
  throw new DatabaseError(
    'DATABASE_MIGRATIONS_PENDING',
    `Migrations of "${owner}" have not run: ${pending.join(', ')}. Start once with auto_migrate: true (CF_PLUGIN_DATABASE__AUTO_MIGRATE=true).`,
  )
}

function infosOf(migrations: MigrateOptions['migrations']): KnownMigration[] {
  return Object.keys(migrations)
    .sort()
    .map((name) => ({ name, executedAt: undefined }))
}

/** Stands for a migration that has run, and is not there any more. */
function newer(name: string): Migration {
  return {
    up: async () => {
      throw new Error(`migration "${name}" is not there`)
    },
  }
}
