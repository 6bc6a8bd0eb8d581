// What a load read is told with its hash, before anything of it runs, and what was hashed is what runs.
import { createHash } from 'node:crypto'
import { readFileSync, renameSync, rmSync, symlinkSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { folderWith, loaderFor, pluginText, write } from './folder.ts'

const hashOf = (file: string) => createHash('sha256').update(readFileSync(file)).digest('hex')

describe('the files of a load', () => {
  test('are told with the hash of their bytes, in whatever encoding, before any of them runs (fault 3)', async () => {
    const folder = folderWith({
      'a.js': pluginText('a', `import './_b.js'; import data from './_data.json'; globalThis.cfRuns = data`),
      '_data.json': '{ "text": "ä" }',
    })
    // No UTF-8: what the text is decoded to hashes otherwise.
    write(folder, { '_b.js': Buffer.from([0x2f, 0x2f, 0xff, 0xfe, 0x0a]) as never })
    const host = globalThis as { cfRuns?: unknown }
    const loader = loaderFor(folder)
    const [found] = await loader.discover()
    const told = new Map<string, string | undefined>()
    await loader.load(found!, {
      onRead: (file, hash) => {
        expect(host.cfRuns).toBeUndefined()
        told.set(file, hash)
      },
    })
    const files = ['a.js', '_b.js', '_data.json'].map((name) => join(folder, name))
    expect(Object.fromEntries(told)).toEqual(Object.fromEntries(files.map((file) => [file, hashOf(file)])))
    expect(host.cfRuns).toEqual({ text: 'ä' })
    delete host.cfRuns
  })

  test('are told without a hash where they were looked for in vain, in a load that fails and in one that does not', async () => {
    const folder = folderWith({ 'a.js': pluginText('a', `import './_b.js'`), '_b.ts': '' })
    const loader = loaderFor(folder)
    const [found] = await loader.discover()
    const missing = async () => {
      const files: string[] = []
      const onRead = (file: string, hash: string | undefined) => void (hash === undefined && files.push(file))
      await loader.load(found!, { onRead }).catch(() => {})
      return files
    }
    expect(await missing()).toEqual([join(folder, '_b.js')])
    rmSync(join(folder, '_b.ts'))
    expect(await missing()).toEqual(expect.arrayContaining([join(folder, '_b.js'), join(folder, '_b.ts')]))
  })

  test('end the load before it runs where whoever is told of one throws', async () => {
    const folder = folderWith({ 'a.js': pluginText('a', 'globalThis.cfRuns = true') })
    const loader = loaderFor(folder)
    const [found] = await loader.discover()
    const load = loader.load(found!, {
      onRead: () => {
        throw new Error('not settled')
      },
    })
    await expect(load).rejects.toThrow('not settled')
    expect(globalThis).not.toHaveProperty('cfRuns')
  })

  test('that a running plugin imports later are nobody else’s', async () => {
    const folder = folderWith({
      'a.js': `export const PLUGIN_META = { name: 'a', version: '1.0.0' }
        export const register = () => ({ later: () => import('./_later.js') })`,
      '_later.js': '',
    })
    const loader = loaderFor(folder)
    const [found] = await loader.discover()
    const told: string[] = []
    const record = await loader.load(found!, { onRead: (file) => told.push(file) })
    const instance = (await record.register(undefined as never, {} as never)) as { later(): Promise<object> }
    await instance.later()
    expect(told).toEqual([join(folder, 'a.js')])
  })
})

describe('a link that changes between the look at it and the reading', () => {
  /** Loads `a`, and makes `change` once its imports are resolved and before they are read. */
  async function loadWhile(folder: string, change: () => void) {
    const loader = loaderFor(folder, {
      hostModules: {
        host: async () => {
          change()
          return {}
        },
      },
    })
    const [found] = await loader.discover()
    return loader.load(found!)
  }
  const files = {
    'plugins/a.js': `import { value } from './_link.js'
      import 'host'
      export const PLUGIN_META = { name: 'a', version: '1.0.0', description: value }
      export const register = () => ({})`,
    'plugins/_good.js': "export const value = 'looked at'",
    'outside.js': "export const value = 'from outside'",
  }

  test('is retargeted: what was looked at is what runs (fault 74)', async () => {
    const root = folderWith(files)
    const folder = join(root, 'plugins')
    const link = join(folder, '_link.js')
    symlinkSync(join(folder, '_good.js'), link)
    const record = await loadWhile(folder, () => {
      rmSync(link)
      symlinkSync(join(root, 'outside.js'), link)
    })
    expect(record.meta.description).toBe('looked at')
    // The next load looks anew.
    await expect(loadWhile(folder, () => {})).rejects.toMatchObject({
      code: 'CFP_LINK_OUTSIDE',
      file: join(folder, 'a.js'),
    })
  })

  test('takes the place of a file: it is refused (fault 74)', async () => {
    const root = folderWith(files)
    const folder = join(root, 'plugins')
    const file = join(folder, '_link.js')
    renameSync(join(folder, '_good.js'), file)
    const loading = loadWhile(folder, () => {
      rmSync(file)
      symlinkSync(join(root, 'outside.js'), file)
    })
    await expect(loading).rejects.toMatchObject({ code: 'CFP_LINK_OUTSIDE', file, plugin: undefined })
  })
})
