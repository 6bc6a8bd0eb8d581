// What compiles, and what must not.
import { expectTypeOf, test } from 'vitest'
import {
  type DataChange,
  DataCreated,
  type ResourceContent,
  type ResourceInfo,
  type ResourceJson,
  type ResourceManager,
  ResourcePlugin,
} from '../src/index.ts'

declare const manager: ResourceManager

test('content is told by its kind', async () => {
  const resource = await manager.get('a')
  if (resource.kind === 'text') expectTypeOf(resource.content).toEqualTypeOf<string>()
  else if (resource.kind === 'bytes') expectTypeOf(resource.content).toEqualTypeOf<Uint8Array>()
  else expectTypeOf(resource.content).toEqualTypeOf<ResourceJson>()
  // @ts-expect-error which of them it is must be asked
  resource.content.length
  // @ts-expect-error a list has no content
  ;(await manager.list()).resources[0]?.content
  expectTypeOf(await manager.update('a', { metadata: { x: 1 } })).toEqualTypeOf<ResourceInfo>()
})

test('content and metadata may be of an interface, and not what is no data at all', async () => {
  interface Report {
    title: string
  }
  const report: Report = { title: 'x' }
  await manager.create('a', report, { metadata: report })
  expectTypeOf<Uint8Array>().toExtend<ResourceContent>()
  // @ts-expect-error
  await manager.create('a', 1)
  // @ts-expect-error
  await manager.create('a', undefined)
  // @ts-expect-error
  await manager.create('a', '', { metadata: 'x' })
  // @ts-expect-error a name is a string
  await manager.get(1)
  // @ts-expect-error resources are read-only
  ;(await manager.get('a')).metadata.x = 1
})

test('events carry what was changed', () => {
  expectTypeOf(DataCreated.name).toEqualTypeOf<string>()
  expectTypeOf<DataChange['action']>().toEqualTypeOf<'created' | 'updated' | 'deleted'>()
  expectTypeOf<DataChange>().toHaveProperty('revision')
})

test('a resource plugin says its folder as a field', () => {
  class Notes extends ResourcePlugin {
    override readonly resourceDir = 'data/notes'
  }
  expectTypeOf<Notes['resourceDir']>().toEqualTypeOf<'data/notes'>()
  class Wrong extends ResourcePlugin {
    // @ts-expect-error a path
    override readonly resourceDir = 1
  }
  void Wrong
})
