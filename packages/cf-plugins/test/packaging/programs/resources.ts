// What somebody writes who keeps documents that several processes edit.
import assert from 'node:assert/strict'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { PluginError } from '@cf-plugins/plugin-api'
import { DataCreated, type Resource, ResourceManager, ResourcePlugin } from '@cf-plugins/resources'

async function main(): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'resources-'))
  const documents = new ResourceManager({ folder })
  await documents.create('a/b', { count: 1 }, { metadata: { author: 'Ada' } })
  await documents.update('a/b', ({ content }) => ({ content: { count: (content as { count: number }).count + 1 } }))
  const resource: Resource = await documents.get('a/b')
  assert.deepEqual([resource.kind, resource.content, resource.metadata], ['json', { count: 2 }, { author: 'Ada' }])
  await assert.rejects(
    documents.get('../a'),
    (error: unknown) => error instanceof PluginError && error.code === 'CFP_RESOURCE_NAME',
  )
  assert.equal(DataCreated.name, 'data.created')
  assert.equal(typeof ResourcePlugin, 'function')
  await documents.close()
  await rm(folder, { recursive: true })
  console.log('resources works')
}

main().catch((error: unknown) => {
  console.error(error)
  process.exitCode = 1
})
