// One load of a plugin: fresh files, TypeScript and JavaScript, transitive ones too.
import { mkdir, mkdtemp, realpath, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { PluginLoader } from '../src/index.ts'

async function folderWith(files: Record<string, string>): Promise<string> {
  const folder = await realpath(await mkdtemp(join(tmpdir(), 'cf-loader-')))
  for (const [name, text] of Object.entries(files)) {
    await mkdir(dirname(join(folder, name)), { recursive: true })
    await writeFile(join(folder, name), text)
  }
  return folder
}

describe('a load', () => {
  test('evaluates a plugin of several TypeScript files, fresh every time', async () => {
    const folder = await folderWith({
      'counter/index.ts': `
        import { BasePlugin, type PluginMeta } from '@cf-plugins/plugin-api'
        import { version } from './_lib/version.js'
        enum Color { Red, Green }
        export const PLUGIN_META = { name: 'counter', version, description: Color[1] } satisfies PluginMeta
        class Counter extends BasePlugin { count = 0 }
        export function register(app: unknown, context: any) { return new Counter(app, context) }
      `,
      'counter/_lib/version.ts': `export let version: string = '1.0.0'`,
    })
    const loader = new PluginLoader({ paths: [folder], cacheFolder: false })
    const first = await loader.loadPlugins()
    expect(first.failures).toEqual([])
    expect(first.records.map(({ meta, source }) => [meta.name, meta.version, source.generation])).toEqual([
      ['counter', '1.0.0', 1],
    ])
    await writeFile(join(folder, 'counter/_lib/version.ts'), `export const version = '1.1.0'`)
    const second = await loader.loadPlugins()
    expect(second.records[0]?.meta.version).toBe('1.1.0')
    expect(second.records[0]?.source.generation).toBe(2)
    expect(second.records[0]?.source.files).toHaveLength(2)
  })
})
