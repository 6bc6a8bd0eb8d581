// What somebody writes who wants the plugins of a folder, and starts them in a way of their own.
import assert from 'node:assert/strict'
import { mkdir, mkdtemp, realpath, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { PluginLoader } from '@cf-plugins/loader'

async function main(): Promise<void> {
  const folder = await realpath(await mkdtemp(join(tmpdir(), 'plugins-')))
  await mkdir(join(folder, 'greeter'))
  await writeFile(join(folder, 'greeter', 'words.ts'), `export const greeting: string = 'hello'\n`)
  await writeFile(
    join(folder, 'greeter', 'index.ts'),
    `import { greeting } from './words.ts'
export const PLUGIN_META = { name: 'greeter', version: '1.0.0', description: greeting satisfies string }
export const register = () => ({ greeting })
`,
  )
  await writeFile(join(folder, 'broken.js'), 'export const = 1\n')

  const loader = new PluginLoader({ paths: [folder], cacheFolder: false })
  const { records, failures } = await loader.loadPlugins()
  assert.deepEqual(
    records.map(({ meta, source }) => [meta.name, meta.description, source.files.length]),
    [['greeter', 'hello', 2]],
  )
  assert.equal(failures[0]?.file, join(folder, 'broken.js'))
  await rm(folder, { recursive: true })
  console.log('loader works')
}

main().catch((error: unknown) => {
  console.error(error)
  process.exitCode = 1
})
