// The plugin in a host: what it says when it cannot start, and what it keeps over reloads.
import { appendFile, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it, onTestFinished, vi } from 'vitest'
import type { AcquiredConnection } from '../plugins/database/service.ts'
import { DATABASE_URL, dropSchema, schemaName } from './database-setups.ts'
import { layDatabase } from './embedded-template.ts'
import { type Served, serve } from './serving.ts'
import { openProxy } from './tcp-proxy.ts'

const NOTES = `
import { definePlugin } from './_shared/plugin.ts'
import { Database } from './database/service.ts'

export default definePlugin({
  name: 'notes',
  version: '1.0.0',
  dependencies: ['database'],
  async setup({ inject }) {
    const database = inject(Database)
    await database.migrate('notes', {
      '001_notes': { up: async (db) => void (await db.schema.createTable('notes').addColumn('id', 'integer').execute()) },
    })
    return {
      add: (id) => database.execute('insert into notes values ($1)', [id]),
      ids: async () => (await database.fetch('select id from notes order by id')).map(({ id }) => id),
      backend: async () => {
        await using connection = await database.acquire()
        return (await connection.fetchRow('select pg_backend_pid() as pid')).pid
      },
      keep: () => database.acquire(),
    }
  },
})
`

interface Notes {
  add(id: number): Promise<number>
  ids(): Promise<number[]>
  backend(): Promise<number>
  keep(): Promise<unknown>
}

const settings = (values: Record<string, unknown>) => `database:\n  settings: ${JSON.stringify(values)}\n`
const start = (values: Record<string, unknown>) =>
  serve(['database'], { config: settings(values), files: { 'notes.ts': NOTES } })
const notesOf = ({ server }: Served) => server.manager.get('notes') as Notes
const opened = ({ log }: Served) => log.filter((line) => line.includes('The database is'))

/** Saves a file of the plugin, and has it reloaded. */
async function edit({ server, plugins }: Served, file: string) {
  await appendFile(join(plugins, 'database', file), '\n// edited\n')
  const { outcome } = await server.manager.reload('database')
  return outcome
}

describe('embedded', () => {
  it('keeps its rows over reloads and restarts, and has its folder for itself', { timeout: 240_000 }, async () => {
    const folder = await mkdtemp(join(tmpdir(), 'database-'))
    onTestFinished(() => rm(folder, { recursive: true, force: true }))
    const at = { folder: join(folder, 'files') }
    await layDatabase(at.folder)
    const first = await start(at)
    await notesOf(first).add(1)
    await notesOf(first).keep()
    expect(await edit(first, 'connection.ts')).toBe('committed')
    await notesOf(first).add(2)
    expect(await notesOf(first).ids()).toEqual([1, 2])
    expect(opened(first)).toHaveLength(1)
    expect(first.log.join('\n')).toMatch(
      /A connection was never given back: it was acquired by .*plugins\/notes\.ts:\d+\./,
    )
    await expect(start(at)).rejects.toMatchObject({
      message: expect.stringMatching(`is used by process ${process.pid}, and only one can.*set DATABASE_URL`),
    })
    await first.server.stop()
    const second = await start(at)
    expect(await notesOf(second).ids()).toEqual([1, 2])
    expect((await second.server.manager.health()).plugins).toMatchObject({ database: { status: 'healthy' } })
  })

  it('takes over the folder of a process that is gone', { timeout: 120_000 }, async () => {
    const folder = await mkdtemp(join(tmpdir(), 'database-'))
    onTestFinished(() => rm(folder, { recursive: true, force: true }))
    await layDatabase(join(folder, 'files'))
    await writeFile(join(folder, 'files.lock'), '4194999 1\n')
    const served = await start({ folder: join(folder, 'files') })
    expect(await notesOf(served).ids()).toEqual([])
    expect(await readFile(join(folder, 'files.lock'), 'utf8')).toMatch(`${process.pid} `)
  })

  it('lists what has not run, where it must not run', { timeout: 120_000 }, async () => {
    const starting = start({ folder: ':memory:', auto_migrate: false })
    await expect(starting).rejects.toMatchObject({
      message: expect.stringContaining(
        'Migrations of "notes" have not run: 001_notes. Start once with auto_migrate: true',
      ),
    })
  })
})

describe('a server', () => {
  it('that is not there keeps the plugin from starting, with a message that helps', async () => {
    const starting = start({ url: 'postgres://me:pass-word@127.0.0.1:1/notes' })
    await expect(starting).rejects.toMatchObject({
      message: expect.stringMatching(/No connection to postgres:\/\/me@127\.0\.0\.1:1\/notes .* start PostgreSQL/),
    })
    await expect(starting).rejects.not.toMatchObject({ message: expect.stringContaining('pass-word') })
  })

  it('has an URL, or is refused without telling it', async () => {
    const starting = start({ url: 'mysql://me:pass-word@127.0.0.1/notes' })
    await expect(starting).rejects.toMatchObject({ message: expect.stringContaining('url') })
    await expect(starting).rejects.not.toMatchObject({ message: expect.stringContaining('pass-word') })
  })

  it.skipIf(!DATABASE_URL)(
    'heals after reloads as before them (skipped unless DATABASE_URL is set)',
    { timeout: 60_000 },
    async () => {
      const schema = schemaName()
      onTestFinished(() => dropSchema(schema))
      const proxy = await openProxy(DATABASE_URL ?? '', 5432)
      const served = await start({ url: proxy.url, schema, pool: { max: 1 } })
      expect(await edit(served, 'errors.ts')).toBe('committed')
      await using connection = (await notesOf(served).keep()) as AcquiredConnection
      const asked = connection.fetch('select pg_sleep(30)')
      await vi.waitFor(() => expect(proxy.connections()).toBe(1))
      await Promise.all([expect(asked).rejects.toMatchObject({ code: 'DATABASE_CONNECTION_LOST' }), proxy.cut()])
      await connection[Symbol.asyncDispose]()
      const health = async () => (await served.server.manager.health()).plugins.database
      await vi.waitFor(async () => expect(await health()).toMatchObject({ status: 'unhealthy' }), 10_000)
      // What is not well is not taken for better than what there was; and that starts anew without the server.
      expect(await edit(served, 'migrate.ts')).toBe('rolled-back')
      await proxy.mend()
      await vi.waitFor(async () => expect(await health()).toMatchObject({ status: 'healthy' }), 10_000)
      await notesOf(served).add(1)
      expect(opened(served)).toHaveLength(1)
    },
  )

  it.skipIf(!DATABASE_URL)(
    'has the same connections over reloads, and others where the pool is another one (skipped unless DATABASE_URL is set)',
    async () => {
      const schema = schemaName()
      onTestFinished(() => dropSchema(schema))
      const pool = { max: 1 }
      const served = await start({ url: DATABASE_URL, schema, pool })
      const backend = await notesOf(served).backend()
      expect(await edit(served, 'model.ts')).toBe('committed')
      expect(await notesOf(served).backend()).toBe(backend)
      await served.server.manager.disable('notes')
      await served.server.manager.enable('notes')
      expect(opened(served)).toHaveLength(1)

      const file = join(served.plugins, '../plugins.yaml')
      const text = await readFile(file, 'utf8')
      await writeFile(file, text.replace('"max":1', '"max":2'))
      await vi.waitFor(async () => expect(await notesOf(served).backend()).not.toBe(backend), 20_000)
      expect(opened(served)).toHaveLength(2)
      await notesOf(served).add(1)
      expect(await notesOf(served).ids()).toEqual([1])
    },
  )
})
