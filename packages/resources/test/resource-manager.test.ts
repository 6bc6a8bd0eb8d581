// Create, get, list, update, delete.
import { readdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { type DataChange, ResourceManager } from '../src/index.ts'
import { failure, newManager } from './resources.ts'

describe('content', () => {
  test('text, bytes and JSON come back as what they were, with what was said of them', async () => {
    const manager = await newManager()
    const bytes = Uint8Array.from([0, 255, 10, 13, 0])
    const data = { list: [1, 'zwei', null, true], nested: { deep: {} } }
    const info = await manager.create('text', 'grüße \u{1f600}\n', { metadata: { author: 'Ada' } })
    expect(info).toEqual({
      name: 'text',
      metadata: { author: 'Ada' },
      revision: expect.stringMatching(/^1-[0-9a-f]{12}$/),
      kind: 'text',
      size: Buffer.byteLength('grüße \u{1f600}\n'),
      createdAt: expect.stringMatching(/^\d{4}-.*Z$/),
      updatedAt: info.createdAt,
    })
    expect(await manager.get('text')).toEqual({ ...info, content: 'grüße \u{1f600}\n' })
    await manager.create('bytes', bytes)
    expect(await manager.get('bytes')).toMatchObject({ kind: 'bytes', size: 5, metadata: {}, content: bytes })
    expect(Object.getPrototypeOf((await manager.get('bytes')).content)).toBe(Uint8Array.prototype)
    await manager.create('json', data)
    expect(await manager.get('json')).toMatchObject({ kind: 'json', content: data })
    await manager.create('empty', '')
    expect(await manager.get('empty')).toMatchObject({ kind: 'text', size: 0, content: '' })
  })

  test('is copied at once: what its owner does to it afterwards is not in it', async () => {
    const manager = await newManager()
    const bytes = new Uint8Array(1000)
    const metadata = { tags: ['a'] }
    const creating = manager.create('a', bytes, { metadata })
    bytes.fill(7)
    metadata.tags.push('b')
    await creating
    expect(await manager.get('a')).toMatchObject({ content: new Uint8Array(1000), metadata: { tags: ['a'] } })
  })

  test('that would come back as something else is refused by its path, in content and in metadata', async () => {
    const manager = await newManager()
    const circle: Record<string, unknown> = {}
    circle.self = circle
    const bad: [unknown, string][] = [
      [{ when: new Date(0) }, 'when'],
      [{ list: [undefined] }, 'list[0]'],
      [{ at: { x: Number.NaN } }, 'at.x'],
      [{ big: 1n }, 'big'],
      [{ run: () => {} }, 'run'],
      [{ map: new Map() }, 'map'],
      [{ half: '\ud800' }, 'half'],
      [circle, 'self'],
    ]
    for (const [value, path] of bad) {
      expect(await failure(manager.create('a', value as object))).toMatchObject({
        code: 'CFP_RESOURCE_CONTENT',
        message: expect.stringContaining(`content.${path}`),
      })
      expect(await failure(manager.create('a', '', { metadata: value as object }))).toMatchObject({
        code: 'CFP_RESOURCE_CONTENT',
        message: expect.stringContaining(`metadata.${path}`),
      })
    }
    for (const content of [null, undefined, 1, true, Symbol('a'), '\udfff'])
      expect((await failure(manager.create('a', content as never))).code).toBe('CFP_RESOURCE_CONTENT')
    for (const metadata of [[], 'text', 1])
      expect((await failure(manager.create('a', '', { metadata: metadata as never }))).code).toBe(
        'CFP_RESOURCE_CONTENT',
      )
    expect(await readdir(manager.folder)).toEqual([])
  })

  test('keys such as __proto__ are keys like others (fault 34)', async () => {
    const manager = await newManager()
    const data = JSON.parse('{"__proto__":{"polluted":true},"constructor":1}')
    await manager.create('a', data, { metadata: data })
    await manager.update('a', { metadata: JSON.parse('{"__proto__":{"again":true}}') })
    const { metadata, ...rest } = await manager.get('a')
    expect(JSON.stringify(metadata)).toBe('{"__proto__":{"again":true},"constructor":1}')
    expect(JSON.stringify('content' in rest && rest.content)).toBe(JSON.stringify(data))
    expect(({} as { polluted?: boolean }).polluted).toBeUndefined()
  })

  test('is limited, and so is metadata, when it is written and when it is read (fault 51)', async () => {
    const manager = await newManager({ maxBytes: 100 })
    await manager.create('full', 'x'.repeat(100))
    for (const attempt of [
      manager.create('more', 'x'.repeat(101)),
      manager.update('full', { content: 'ä'.repeat(51) }),
      manager.create('said', '', { metadata: { text: 'x'.repeat(64 * 1024) } }),
    ].map(failure))
      expect((await attempt).code).toBe('CFP_RESOURCE_TOO_LARGE')
    const strict = new ResourceManager({ folder: manager.folder, maxBytes: 99 })
    expect((await failure(strict.get('full'))).code).toBe('CFP_RESOURCE_TOO_LARGE')
    await manager.create('said', '', { metadata: { text: 'x'.repeat(60 * 1024) } })
    expect((await manager.get('said')).metadata.text).toHaveLength(60 * 1024)
  })
})

describe('an update', () => {
  test('merges metadata, takes away what is undefined, and leaves content as it is where it says nothing of it', async () => {
    const manager = await newManager()
    const made = await manager.create('a', { count: 1 }, { metadata: { author: 'Ada', tags: ['x'], draft: true } })
    const changed = await manager.update('a', { metadata: { tags: ['y'], draft: undefined, at: 1 } })
    expect(changed.metadata).toEqual({ author: 'Ada', tags: ['y'], at: 1 })
    expect(changed.revision).toMatch(/^2-/)
    expect(changed.createdAt).toBe(made.createdAt)
    expect(await manager.get('a')).toEqual({ ...changed, content: { count: 1 } })
    await manager.update('a', { content: 'text now' })
    expect(await manager.get('a')).toMatchObject({ kind: 'text', content: 'text now', metadata: changed.metadata })
  })

  test('may be a function of what is there, and what that throws changes nothing', async () => {
    const manager = await newManager()
    await manager.create('a', { count: 1 })
    await manager.update('a', async (current) => {
      if (current.kind !== 'json') throw new Error('no JSON')
      return { content: { count: (current.content as { count: number }).count + 1 } }
    })
    await expect(manager.update('a', () => Promise.reject(new RangeError('not today')))).rejects.toThrow('not today')
    expect(await manager.get('a')).toMatchObject({ content: { count: 2 }, revision: expect.stringMatching(/^2-/) })
  })

  test('follows the one before it, in the order in which one process makes them', async () => {
    const manager = await newManager()
    await manager.create('a', 'first')
    const order: number[] = []
    const update = (number: number) =>
      manager.update('a', async ({ revision }) => {
        order.push(number)
        return { content: revision }
      })
    await Promise.all(Array.from({ length: 30 }, (_, number) => update(number)))
    // Each was asked once: there was no conflict among them.
    expect(order).toEqual(Array.from({ length: 30 }, (_, number) => number))
    expect(await manager.get('a')).toMatchObject({
      content: expect.stringMatching(/^30-/),
      revision: expect.stringMatching(/^31-/),
    })
  })

  test('that asks for a revision is refused where there is another one', async () => {
    const manager = await newManager()
    const { revision } = await manager.create('a', 'one')
    await manager.update('a', { content: 'two' }, { ifRevision: revision })
    for (const attempt of [
      manager.update('a', { content: 'three' }, { ifRevision: revision }),
      manager.delete('a', { ifRevision: revision }),
    ].map(failure))
      expect(await attempt).toMatchObject({
        code: 'CFP_RESOURCE_CONFLICT',
        message: expect.stringContaining(revision),
      })
    expect(await manager.get('a')).toMatchObject({ content: 'two' })
  })

  test('of nothing, or with nothing, is refused', async () => {
    const manager = await newManager()
    expect((await failure(manager.update('a', { content: '' }))).code).toBe('CFP_RESOURCE_UNKNOWN')
    await manager.create('a', '')
    for (const changes of [{}, undefined, null])
      expect((await failure(manager.update('a', changes as never))).code).toBe('CFP_RESOURCE_ARGUMENT')
    expect((await failure(manager.update('a', () => ({})))).code).toBe('CFP_RESOURCE_ARGUMENT')
  })
})

test('what is deleted is gone, is given back as what it was, and may be made again', async () => {
  const manager = await newManager()
  const made = await manager.create('a', 'one', { metadata: { x: 1 } })
  expect(await manager.delete('a')).toEqual(made)
  expect(await manager.find('a')).toBeUndefined()
  expect((await failure(manager.get('a'))).code).toBe('CFP_RESOURCE_UNKNOWN')
  expect((await failure(manager.delete('a'))).code).toBe('CFP_RESOURCE_UNKNOWN')
  expect(await readdir(manager.folder)).toEqual([])
  const again = await manager.create('a', 'two')
  expect(again.revision).not.toBe(made.revision)
  // Not even by whoever still knows the first one.
  expect((await failure(manager.update('a', { content: '' }, { ifRevision: made.revision }))).code).toBe(
    'CFP_RESOURCE_CONFLICT',
  )
})

describe('a list', () => {
  test('is by name, page by page, of those with a prefix and metadata', async () => {
    const manager = await newManager()
    for (let number = 0; number < 25; number++) {
      const name = `${number % 2 ? 'odd' : 'Even'}/${String(number).padStart(2, '0')}`
      await manager.create(name, name, { metadata: { third: number % 3 === 0, tags: ['n', { number: number % 5 }] } })
    }
    const names: string[] = []
    let after: string | undefined
    let pages = 0
    do {
      const page = await manager.list({ limit: 10, ...(after !== undefined && { after }) })
      names.push(...page.resources.map(({ name }) => name))
      after = page.next
      pages++
    } while (after !== undefined)
    expect(pages).toBe(3)
    expect(names).toHaveLength(25)
    expect(names.slice(0, 2)).toEqual(['Even/00', 'Even/02'])
    expect((await manager.list({ prefix: 'odd/' })).resources).toHaveLength(12)
    expect((await manager.list({ prefix: 'even/' })).resources).toHaveLength(0)
    const some = await manager.list({ prefix: 'odd/', metadata: { third: true } })
    expect(some.resources.map(({ name }) => name)).toEqual(['odd/03', 'odd/09', 'odd/15', 'odd/21'])
    const deep = await manager.list({ metadata: { tags: ['n', { number: 4 }] }, limit: 1 })
    expect(deep).toMatchObject({ resources: [{ name: 'Even/04' }], next: 'Even/04' })
    expect((await manager.list({ metadata: { toString: 1 } })).resources).toEqual([])
    expect((await manager.list({ limit: 25 })).next).toBeUndefined()
  })

  test('is bounded, and says which options are none', async () => {
    const manager = await newManager()
    for (const limit of [0, 1001, 1.5, Number.NaN, '10'])
      expect((await failure(manager.list({ limit: limit as number }))).code).toBe('CFP_RESOURCE_ARGUMENT')
    for (const prefix of ['../', '/', 'a\0', '%2e'])
      expect((await failure(manager.list({ prefix }))).code).toBe('CFP_RESOURCE_NAME')
    for (const timeoutMs of [0, -1, Number.NaN, 2 ** 31])
      expect((await failure(manager.list({ timeoutMs }))).code).toBe('CFP_RESOURCE_ARGUMENT')
  })

  test('of thousands holds a window of names at a time, and leaves none out', async () => {
    const manager = await newManager()
    await manager.create('n00000', '')
    const file = await readFile(join(manager.folder, 'n00000.resource'), 'utf8')
    const names = Array.from({ length: 4500 }, (_, number) => `n${String(number).padStart(5, '0')}`)
    for (const name of names) await writeFile(join(manager.folder, `${name}.resource`), file.replace('n00000', name))
    // Only the last one is wanted, which is in the third window.
    const { resources, next } = await manager.list({ after: 'n00001', limit: 1000, prefix: 'n0449' })
    expect([resources.length, next]).toEqual([10, undefined])
    const found: string[] = []
    let after: string | undefined
    do {
      const page = await manager.list({ limit: 1000, ...(after !== undefined && { after }) })
      found.push(...page.resources.map(({ name }) => name))
      after = page.next
    } while (after !== undefined)
    expect(found).toEqual(names)
  })
})

describe('a wait', () => {
  test('ends with the signal, and what had not begun is not done', async () => {
    const manager = await newManager()
    const reason = new Error('enough')
    const signal = AbortSignal.abort(reason)
    for (const attempt of [
      manager.create('a', '', { signal }),
      manager.get('a', { signal }),
      manager.list({ signal }),
    ].map(failure))
      expect(await attempt).toMatchObject({ code: 'CFP_RESOURCE_ABORTED', cause: reason })
    expect(await manager.find('a')).toBeUndefined()
  })

  test('for a change that never comes to an end is bounded, and those behind it are served', async () => {
    const manager = await newManager()
    await manager.create('a', 'one')
    const hanging = failure(manager.update('a', () => new Promise(() => {}), { timeoutMs: 100 }))
    const controller = new AbortController()
    const given = failure(manager.update('a', { content: 'given up' }, { signal: controller.signal }))
    const behind = manager.update('a', { content: 'two' })
    controller.abort()
    expect((await hanging).code).toBe('CFP_RESOURCE_TIMEOUT')
    expect((await given).code).toBe('CFP_RESOURCE_ABORTED')
    await behind
    expect(await manager.get('a')).toMatchObject({ content: 'two', revision: expect.stringMatching(/^2-/) })
  })

  test('for more than 1,000 changes that have not ended is refused, and those that are given up are not made', async () => {
    const manager = await newManager()
    await manager.create('a', '')
    const controller = new AbortController()
    const { signal } = controller
    let proceed = () => {}
    const asked = new Promise<void>((resolve) => {
      proceed = resolve
    })
    const first = manager.update('a', () => asked.then(() => ({ content: 'first' })))
    const others = Array.from({ length: 999 }, () => failure(manager.update('a', { content: 'other' }, { signal })))
    expect((await failure(manager.update('a', { content: 'one too many' }))).code).toBe('CFP_RESOURCE_BUSY')
    controller.abort()
    for (const error of await Promise.all(others)) expect(error.code).toBe('CFP_RESOURCE_ABORTED')
    proceed()
    await first
    await manager.close()
    const next = new ResourceManager({ folder: manager.folder })
    expect(await next.get('a')).toMatchObject({ content: 'first', revision: expect.stringMatching(/^2-/) })
  })
})

test('the host is told of each change once it is on the disk, and what it throws is a warning', async () => {
  const changes: DataChange[] = []
  const manager = await newManager({
    name: 'documents',
    onChange: (change) => {
      changes.push(change)
      throw new Error('not mine')
    },
  })
  const warned: string[] = []
  const listen = ({ message }: Error) => warned.push(message)
  process.on('warning', listen)
  await manager.create('a', 'one', { metadata: { x: 1 } })
  await manager.update('a', { content: 'two!' })
  await manager.delete('a')
  await failure(manager.delete('a'))
  await new Promise(setImmediate)
  process.off('warning', listen)
  expect(changes.map(({ action, owner, name, plugin, size }) => [action, owner, name, plugin, size])).toEqual([
    ['created', 'documents', 'a', undefined, 3],
    ['updated', 'documents', 'a', undefined, 4],
    ['deleted', 'documents', 'a', undefined, 4],
  ])
  expect(warned.filter((message) => message.includes('not mine'))).toHaveLength(3)
})

test('a closed manager takes nothing more, and what had begun is done', async () => {
  const manager = await newManager()
  const changing = Array.from({ length: 20 }, (_, number) => manager.create(`a${number}`, ''))
  await manager.close()
  expect((await failure(manager.get('a0'))).code).toBe('CFP_RESOURCE_CLOSED')
  await Promise.all(changing)
  const next = new ResourceManager({ folder: manager.folder })
  expect((await next.list()).resources).toHaveLength(20)
})

test('a file that was edited by hand, cut short or renamed is told, and left as it is', async () => {
  const manager = await newManager()
  await manager.create('a', 'content')
  const file = join(manager.folder, 'a.resource')
  const good = await readFile(file, 'utf8')
  for (const bad of [
    good.replace('content', 'contend'),
    good.slice(0, -1),
    `${good}!`,
    good.slice(0, 50),
    '\n',
    'null\n',
  ]) {
    await writeFile(file, bad)
    for (const attempt of [manager.get('a'), manager.update('a', { metadata: {} }), manager.delete('a')].map(failure))
      expect(await attempt).toMatchObject({ code: 'CFP_RESOURCE_DAMAGED', file })
    expect(await readFile(file, 'utf8')).toBe(bad)
  }
  await writeFile(join(manager.folder, 'b.resource'), good)
  expect((await failure(manager.get('b'))).message).toContain('it is the file of "a"')
  expect(await manager.list()).toMatchObject({ resources: [], damaged: ['a', 'b'] })
  await writeFile(file, good)
  expect(await manager.get('a')).toMatchObject({ content: 'content' })
})
