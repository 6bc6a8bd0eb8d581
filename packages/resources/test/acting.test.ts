// What a plugin may do with resources, and what others hear of it.
import { subscribe, unsubscribe } from 'node:diagnostics_channel'
import { PluginError } from '@cf-plugins/plugin-api'
import { ACCESS, type AuditMessage, type PluginAccess, permits } from '@cf-plugins/plugin-api/host'
import { expect, onTestFinished, test } from 'vitest'
import { type DataChange, type ResourceContext, type ResourceManager, ResourcePlugin } from '../src/index.ts'
import { failure, newManager, temporaryFolder } from './resources.ts'

/** The context of a plugin that may use what `permissions` say, and all that it publishes and logs. */
function contextOf(name: string, permissions: readonly string[] = ['*']) {
  const published: [string, DataChange][] = []
  const logged: string[] = []
  const log = (details: unknown, message?: string) => void logged.push(message ?? String(details))
  const access: PluginAccess = {
    host: 'host-1',
    may: (kind, what) => permissions.includes('*') || permits(permissions, kind, what),
    allow: (kind, what) => {
      if (!access.may(kind, what)) throw new PluginError('CFP_ACCESS_DENIED', `${name} may not use ${kind}:${what}`)
    },
  }
  const context: ResourceContext & { [ACCESS]: PluginAccess } = {
    name,
    logger: { debug: log, info: log, warn: log, error: log },
    publish: (event: unknown, payload?: unknown) => {
      const { name: kind } = event as { name: string }
      access.allow('emit', kind)
      published.push([kind, payload as DataChange])
    },
    [ACCESS]: access,
  }
  return { context, published, logged }
}

function audited(): AuditMessage[] {
  const messages: AuditMessage[] = []
  const listen = (message: unknown) => void messages.push(message as AuditMessage)
  subscribe('cf-plugins:audit', listen)
  onTestFinished(() => void unsubscribe('cf-plugins:audit', listen))
  return messages
}

const documents = (): Promise<ResourceManager> => newManager({ name: 'documents' })

test('what a plugin changes is published in its name, with metadata and revision, and told to the audit trail', async () => {
  const manager = await documents()
  const messages = audited()
  const { context, published } = contextOf('editor')
  const resources = manager.as(context)
  const made = await resources.create('a', 'one', { metadata: { x: 1 } })
  const changed = await resources.update('a', { metadata: { y: 2 } })
  await resources.delete('a')
  expect(published).toEqual([
    ['data.created', { action: 'created', plugin: 'editor', owner: 'documents', ...made }],
    ['data.updated', { action: 'updated', plugin: 'editor', owner: 'documents', ...changed }],
    ['data.deleted', { action: 'deleted', plugin: 'editor', owner: 'documents', ...changed }],
  ])
  expect(published[1]?.[1]).toMatchObject({ name: 'a', metadata: { x: 1, y: 2 } })
  const entry = { host: 'host-1', outcome: 'done', plugin: 'editor', subject: 'documents/a' }
  expect(messages).toEqual(['create', 'update', 'delete'].map((action) => ({ ...entry, action: `resource.${action}` })))
})

test('for whom something is changed is told where it is told at all', async () => {
  const manager = await documents()
  const messages = audited()
  const { context, published } = contextOf('editor')
  const resources = manager.as(context)
  await resources.create('a', 'one', { by: 'ada' })
  await resources.update('a', { content: 'two' }, { by: 'bob' })
  await resources.delete('a', { by: 'ada' })
  expect(published.map(([, { by }]) => by)).toEqual(['ada', 'bob', 'ada'])
  expect(messages.map(({ by }) => by)).toEqual(['ada', 'bob', 'ada'])
})

test('a put makes what is not there, and changes what is, also where others are faster', async () => {
  const manager = await documents()
  const { context, published } = contextOf('editor')
  const resources = manager.as(context)
  const { metadata } = await resources.put('a', { content: 'one', metadata: { x: 1 } })
  expect(metadata).toEqual({ x: 1 })
  expect((await resources.put('a', { content: 'two', metadata: { y: 2 } })).metadata).toEqual({ x: 1, y: 2 })
  expect(published.map(([event]) => event)).toEqual(['data.created', 'data.updated'])

  const add = () => manager.put('sum', (current) => ({ content: String(Number(current?.content ?? 0) + 1) }))
  const comeAndGo = async () => {
    for (let time = 0; time < 5; time++) {
      await manager.put('fleeting', { content: 'x' })
      await manager.delete('fleeting').catch(({ code }) => expect(code).toBe('CFP_RESOURCE_UNKNOWN'))
    }
  }
  await Promise.all([...Array.from({ length: 20 }, add), comeAndGo(), comeAndGo()])
  expect(await manager.get('sum')).toMatchObject({ content: '20' })
})

test('a put that is refused by whoever drafts it, or for its name, changes nothing', async () => {
  const manager = await documents()
  const resources = manager.as(contextOf('editor', ['resource:documents/public/*', 'emit:data.*']).context)
  await resources.put('public/a', { content: 'one' })
  for (const name of ['public/a', 'public/b']) {
    const refusal = Object.assign(new Error('no'), { code: 'CFP_RESOURCE_UNKNOWN' })
    const put = resources.put(name, () => {
      throw refusal
    })
    await expect(put).rejects.toBe(refusal)
  }
  expect((await failure(resources.put('public/A', { content: 'two' }))).code).toBe('CFP_RESOURCE_EXISTS')
  expect((await failure(resources.put('secret', { content: 'two' }))).code).toBe('CFP_ACCESS_DENIED')
  expect((await failure(resources.put('../a', { content: 'two' }))).code).toBe('CFP_RESOURCE_NAME')
  expect((await manager.list()).resources.map(({ name, revision }) => [name, revision[0]])).toEqual([['public/a', '1']])
})

test('a plugin uses what its permissions name, and sees no other in a list (fault 75)', async () => {
  const manager = await documents()
  for (const name of ['public/a', 'public/b', 'secret/a']) await manager.create(name, name)
  const { context, published } = contextOf('reader', ['resource:documents/public/*', 'emit:data.*'])
  const resources = manager.as(context)
  expect(await resources.get('public/a')).toMatchObject({ content: 'public/a' })
  expect((await resources.list()).resources.map(({ name }) => name)).toEqual(['public/a', 'public/b'])
  expect(await resources.list({ limit: 2 })).not.toHaveProperty('next')
  const denied = [
    resources.get('secret/a'),
    resources.find('secret/none'),
    resources.create('secret/b', ''),
    resources.update('secret/a', { content: '' }),
    resources.delete('secret/a'),
  ]
  for (const attempt of denied.map(failure)) expect((await attempt).code).toBe('CFP_ACCESS_DENIED')
  // A name that would lead elsewhere is refused before anybody is asked, or told of it.
  expect((await failure(resources.get('public/../secret/a'))).code).toBe('CFP_RESOURCE_NAME')
  expect(await manager.get('secret/a')).toMatchObject({ content: 'secret/a' })
  expect(published).toEqual([])
})

test('a change whose event may not be published is made all the same, and the log says so', async () => {
  const manager = await documents()
  const { context, published, logged } = contextOf('editor', ['resource:documents/*'])
  await manager.as(context).create('a', 'one')
  expect(await manager.get('a')).toMatchObject({ content: 'one' })
  expect(published).toEqual([])
  expect(logged).toEqual(['data.created of "documents/a" was not published'])
})

test('a resource plugin has its folder when it asks for the first resource, and none after its end', async () => {
  const folder = await temporaryFolder()
  class Notes extends ResourcePlugin {
    override readonly resourceDir = folder
    override readonly resourceLimits = { maxBytes: 10 }
  }
  const { context } = contextOf('notes', ['emit:data.*', 'resource:notes/*'])
  const owned: AsyncDisposable[] = []
  const whole = { ...context, own: (resource: AsyncDisposable) => void owned.push(resource) }
  const notes = new Notes({}, whole as never)
  expect(owned).toEqual([])
  const { revision } = await notes.createResource('a', 'text')
  await notes.updateResource('a', { content: 'more', metadata: { x: 1 } }, { ifRevision: revision })
  expect(await notes.getResource('a')).toMatchObject({ content: 'more', metadata: { x: 1 } })
  expect((await notes.listResources({ metadata: { x: 1 } })).resources).toHaveLength(1)
  expect((await failure(notes.createResource('b', 'x'.repeat(11)))).code).toBe('CFP_RESOURCE_TOO_LARGE')
  await notes.deleteResource('a')
  expect(owned).toHaveLength(1)
  await owned[0]?.[Symbol.asyncDispose]()
  expect((await failure(notes.getResource('a'))).code).toBe('CFP_RESOURCE_CLOSED')
})
