// Resources of plugins: over reloads while they are edited, over restarts, and by what each plugin may use.
import { mkdir, readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { type DataChange, DataUpdated, definePlugin, type PluginError, ResourceManager } from '../../src/index.ts'
import { PluginFolder } from './plugin-folder.ts'

interface Notes {
  bump(): Promise<unknown>
  readonly count: Promise<unknown>
}

const notes = (folder: string, mark: number) => `
import { type PluginContext, type PluginMeta, ResourcePlugin } from 'cf-plugins'
export const PLUGIN_META = { name: 'notes', version: '1.0.${mark}' } satisfies PluginMeta
export const register = (app: unknown, context: PluginContext) => new Notes(app, context)
class Notes extends ResourcePlugin {
  override readonly resourceDir = ${JSON.stringify(folder)}
  override async setup() {
    if (!(await this.resources.find('counter'))) await this.createResource('counter', { count: 0 })
  }
  bump() {
    return this.updateResource('counter', ({ content }) => ({ content: { count: (content as { count: number }).count + 1 } }))
  }
  get count() {
    return this.getResource('counter').then(({ content }) => (content as { count: number }).count)
  }
}
`

it('loses no edit and no event while the plugin is reloaded again and again, and has all of it after a restart', async () => {
  const folder = await PluginFolder.make()
  const data = join(folder.path, '.data')
  await folder.save('plugins/notes.ts', notes(data, 0))
  const host = { paths: [join(folder.path, 'plugins')], hotReload: true }
  const { manager, report, reported } = await folder.started(host)
  expect(report.failed).toEqual([])
  const revisions: string[] = []
  manager.events.on(DataUpdated.name, (payload) => void revisions.push((payload as DataChange).revision))
  const first = manager.get('notes') as Notes

  let isOver = false
  let edits = 0
  const edit = async () => {
    while (!isOver) {
      await manager.use('notes', (plugin) => (plugin as Notes).bump())
      edits++
    }
  }
  const editing = [edit(), edit(), edit()]
  for (let mark = 1; mark <= 5; mark++) {
    const before = edits
    expect((await reported(() => folder.save('plugins/notes.ts', notes(data, mark)))).outcome).toBe('committed')
    await expect.poll(() => edits).toBeGreaterThan(before)
  }
  const failed = await reported(() =>
    folder.save('plugins/notes.ts', notes(data, 6).replace('async setup() {', 'async setup() { throw new Error("no")')),
  )
  expect(failed.outcome).toBe('rolled-back')
  isOver = true
  await Promise.all(editing)

  expect(edits).toBeGreaterThan(5)
  expect(await (manager.get('notes') as Notes).count).toBe(edits)
  expect(new Set(revisions).size).toBe(edits)
  expect(revisions).toHaveLength(edits)
  // One that somebody still holds does nothing any more, and says so.
  const refused = await first.bump().catch((error: PluginError) => error.code)
  expect(['CFP_RESOURCE_CLOSED', 'CFP_GENERATION_RETIRED']).toContain(refused)
  expect((await manager.stop()).problems).toEqual([])

  await folder.save('plugins/notes.ts', notes(data, 7))
  const { manager: next } = await folder.started({ ...host, hotReload: false })
  expect(await (next.get('notes') as Notes).count).toBe(edits)
  expect(await readdir(data)).toEqual(['counter.resource'])
})

it('lets each plugin at what its permissions name of a folder that the host shares, and tells others of changes (fault 75)', async () => {
  const folder = await PluginFolder.make()
  await mkdir(join(folder.path, 'empty'))
  const documents = new ResourceManager({ folder: join(folder.path, 'documents'), name: 'documents' })
  await documents.create('secret/plan', 'nobody knows')
  const seen: DataChange[] = []
  const manager = folder.manager({ paths: [join(folder.path, 'empty')], autoLoad: false, shared: { documents } })
  await manager.add(
    definePlugin({
      name: 'listener',
      version: '1.0.0',
      setup: ({ on }) => void on<DataChange>('data.*', (change) => void seen.push(change)),
    }),
  )
  await manager.add(
    definePlugin({
      name: 'writer',
      version: '1.0.0',
      permissions: ['resource:documents/public/*', 'emit:data.*'],
      setup: (context) => (context.shared as { documents: ResourceManager }).documents.as(context),
    }),
  )
  expect((await manager.start()).failed).toEqual([])
  const writer = manager.get('writer') as ResourceManager
  await writer.create('public/a', 'hello', { metadata: { by: 'writer' } })
  await expect(writer.get('secret/plan')).rejects.toMatchObject({
    code: 'CFP_ACCESS_DENIED',
    message: expect.stringContaining('resource:documents/secret/plan'),
  })
  await expect(writer.get('../documents/secret/plan')).rejects.toMatchObject({ code: 'CFP_RESOURCE_NAME' })
  expect((await writer.list()).resources.map(({ name }) => name)).toEqual(['public/a'])
  await expect
    .poll(() => seen)
    .toMatchObject([
      { action: 'created', plugin: 'writer', owner: 'documents', name: 'public/a', metadata: { by: 'writer' } },
    ])
})
