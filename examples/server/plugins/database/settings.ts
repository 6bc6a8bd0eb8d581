// What can be set of the database, in plugins.yaml or by CF_PLUGIN_DATABASE__….
import { z } from 'zod'

/** In place of a folder: keeps nothing. */
export const IN_MEMORY = ':memory:'

const ms = z.int().min(1)

export const settings = z.object({
  url: z
    .union([z.literal(''), z.url({ protocol: /^postgres(ql)?$/ })])
    .default('')
    .meta({ secret: true })
    .describe(
      'A PostgreSQL server, as postgres://user:password@host:5432/name. Without one, the embedded database is used',
    ),
  folder: z
    .string()
    .min(1)
    .default('database')
    .describe('Where the embedded database is, from the host’s data folder on; ":memory:" keeps nothing'),
  schema: z
    .string()
    .regex(/^[a-z_][a-z0-9_]{0,62}$/)
    .default('public')
    .describe('The schema of all tables. It is made where there is none'),
  auto_migrate: z.boolean().default(true).describe('Runs pending migrations; else whoever has some does not start'),
  pool: z
    .object({
      max: z.int().min(1).max(1000).default(10).describe('Connections to the server; the embedded database has one'),
      maxWaiting: z.int().min(0).default(1000).describe('How many may wait for a connection'),
      acquireTimeoutMs: ms.default(10_000).describe('How long one waits for a connection'),
      idleTimeoutMs: ms.default(30_000).describe('After which time a connection that nobody uses is closed'),
      connectTimeoutMs: ms.default(5000).describe('How long making a connection may take'),
      queryTimeoutMs: ms.default(30_000).describe('How long the server works on one statement'),
      leakAfterMs: ms
        .default(30_000)
        .describe('After which time a connection that is not given back is told to the log'),
    })
    .prefault({}),
})

export type Settings = z.output<typeof settings>
