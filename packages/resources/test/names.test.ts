// No name leads out of the folder, whatever it is, and none means two things.
import { mkdir, readdir, rename, rm, symlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { ResourceManager } from '../src/index.ts'
import { failure, newManager, temporaryFolder } from './resources.ts'

const REFUSED = [
  ...['', '.', '..', '../a', 'a/../b', 'a/..', '..\\a', 'a\\b', '/etc/passwd', '//host/a', 'C:/a', 'c:a', 'C:\\a'],
  ...['a\0', 'a\0.txt', '%2e%2e/a', 'a%2fb', 'a/', 'a//b', './a', '.hidden', 'a/.b', '-a', 'a b', 'a ', 'a.', 'a./b'],
  ...['con', 'CON', 'aux.txt', 'a/nul', 'com1', 'LPT9.log', 'a:b', 'a:stream', 'a+b', 'a\n', 'ä', 'a\u202eb', '\u212a'],
  ...['~', '~root', '$HOME', 'a*', 'a?', 'x'.repeat(201), 'prn.resource', 'a|b', 'a<b', '"a"', '\ud800'],
]
const NOT_TEXT: unknown[] = [undefined, null, 1, {}, ['a'], Symbol('a'), { toString: () => 'a' }, new String('a')]

describe('names', () => {
  test.each([...REFUSED, ...NOT_TEXT].map((name) => [name]))(
    '%j is refused, and nothing is touched (fault 73)',
    async (name) => {
      const manager = await newManager()
      const given = name as string
      const attempts = [
        () => manager.create(given, 'x'),
        () => manager.get(given),
        () => manager.find(given),
        () => manager.update(given, { content: 'x' }),
        () => manager.delete(given),
        () => manager.list({ after: given }),
      ]
      for (const attempt of attempts.slice(0, name === undefined ? 5 : 6))
        expect((await failure(attempt())).code).toBe('CFP_RESOURCE_NAME')
      expect(await readdir(manager.folder)).toEqual([])
    },
  )

  test('letters, digits, ".", "_" and "-" are allowed, and "/" between parts that need not exist', async () => {
    const manager = await newManager()
    const names = ['__proto__', 'a', 'a-b_c.json', 'a/b', 'a/b/c', 'console', 'constructor', 'x'.repeat(200)]
    for (const name of names) await manager.create(name, name)
    expect((await manager.list()).resources.map(({ name }) => name).sort()).toEqual(names)
    for (const name of names) expect(await manager.get(name)).toMatchObject({ name, content: name })
  })

  test('names that differ in case alone are one file everywhere, so that the second is refused by the name of the first', async () => {
    const manager = await newManager()
    await manager.create('Reports/March', 'first')
    const error = await failure(manager.create('reports/march', 'second'))
    expect(error).toMatchObject({ code: 'CFP_RESOURCE_EXISTS', message: expect.stringContaining('"Reports/March"') })
    expect(await manager.find('reports/march')).toBeUndefined()
    for (const attempt of [manager.update('reports/march', { content: '' }), manager.delete('REPORTS/MARCH')].map(
      failure,
    ))
      expect((await attempt).code).toBe('CFP_RESOURCE_UNKNOWN')
    expect(await manager.get('Reports/March')).toMatchObject({ content: 'first' })
  })
})

describe('the folder', () => {
  test("a link in it, in a resource's place, is neither read, followed by a write, nor replaced (fault 73)", async () => {
    const manager = await newManager()
    const outside = await temporaryFolder()
    const other = new ResourceManager({ folder: outside })
    await other.create('a', 'outside')
    await symlink(join(outside, 'a.resource'), join(manager.folder, 'a.resource'))
    await symlink(join(outside, 'none.resource'), join(manager.folder, 'none.resource'))
    const attempts = [
      manager.get('a'),
      manager.update('a', { content: 'changed' }),
      manager.delete('a'),
      manager.create('a', 'made'),
      manager.create('none', 'made'),
    ]
    for (const attempt of attempts.map(failure))
      expect(await attempt).toMatchObject({ code: 'CFP_RESOURCE_DAMAGED', message: /symbolic link/ })
    expect(await manager.list()).toEqual({ resources: [], damaged: ['a', 'none'] })
    expect(await other.get('a')).toMatchObject({ content: 'outside' })
    expect(await readdir(outside)).toEqual(['a.resource'])
  })

  test('folders, pipes and foreign files in it are told or passed over, and nothing waits for them', async () => {
    const manager = await newManager()
    await mkdir(join(manager.folder, 'folder.resource'))
    await writeFile(join(manager.folder, 'text.resource'), 'not one of ours')
    await writeFile(join(manager.folder, 'empty.resource'), '')
    await writeFile(join(manager.folder, 'notes.txt'), '')
    await writeFile(join(manager.folder, 'UPPER.resource'), '')
    for (const name of ['folder', 'text', 'empty'])
      expect((await failure(manager.get(name))).code).toBe('CFP_RESOURCE_DAMAGED')
    expect(await manager.list()).toEqual({ resources: [], damaged: ['empty', 'folder', 'text'] })
    await manager.create('good', 'content')
    expect((await manager.list()).resources).toMatchObject([{ name: 'good' }])
  })

  test('a folder that becomes a link to elsewhere is not used any more (faults 73, 74)', async () => {
    const top = await temporaryFolder()
    const folder = join(top, 'resources')
    const manager = new ResourceManager({ folder })
    await manager.create('a', 'here')
    await mkdir(join(top, 'elsewhere'))
    await rename(folder, join(top, 'moved'))
    await symlink(join(top, 'elsewhere'), folder)
    for (const attempt of [manager.create('b', 'there'), manager.get('a'), manager.list()].map(failure))
      expect(await attempt).toMatchObject({ code: 'CFP_RESOURCE_FOLDER', file: folder })
    expect(await readdir(join(top, 'elsewhere'))).toEqual([])
    await rm(folder)
    await rename(join(top, 'moved'), folder)
    expect(await manager.get('a')).toMatchObject({ content: 'here' })
  })

  test('what is no folder is told, and so are options that are none', async () => {
    const top = await temporaryFolder()
    await writeFile(join(top, 'file'), '')
    for (const folder of [join(top, 'file'), join(top, 'file/below')])
      expect((await failure(new ResourceManager({ folder }).create('a', ''))).code).toBe('CFP_RESOURCE_FOLDER')
    for (const options of [{ folder: '' }, { folder: 'a\0' }, { folder: top, maxBytes: 0 }])
      expect(() => new ResourceManager(options)).toThrow(expect.objectContaining({ code: 'CFP_RESOURCE_ARGUMENT' }))
    expect(() => new ResourceManager({ folder: top, name: '../x' })).toThrow(/CFP_RESOURCE_NAME|no name/)
  })

  test('a folder that is not there is made, with those that it is in, for nobody else to read', async () => {
    const manager = new ResourceManager({ folder: join(await temporaryFolder(), 'a/b') })
    await manager.create('a', 'x')
    await rm(manager.folder, { recursive: true })
    expect(await manager.find('a')).toBeUndefined()
    expect(await manager.create('a', 'again')).toMatchObject({ name: 'a' })
  })
})
