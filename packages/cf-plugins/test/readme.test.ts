// What the README says is so: its example runs, and the errors in it are errors of the packages that it names.
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { PluginApiErrorCodes } from '@cf-plugins/plugin-api/schema'
import { expect, it } from 'vitest'
import * as cfPlugins from '../src/index.ts'

const root = join(import.meta.dirname, '..')
const readme = await readFile(join(root, 'README.md'), 'utf8')

it('has an example that runs', async () => {
  const example = /```ts\n(.*?)```/s.exec(readme)?.[1] ?? ''
  expect(example).toContain("from 'cf-plugins'")
  // In the package's node_modules, so that its imports are resolved as a reader's would be.
  const folder = join(root, 'node_modules/.readme')
  await mkdir(folder, { recursive: true })
  await writeFile(join(folder, 'example.ts'), example)
  await import(join(folder, 'example.ts'))
  await rm(folder, { recursive: true })
})

it('names errors with the packages that they come from', () => {
  const { HotReloadErrorCodes, LifecycleErrorCodes, LoaderErrorCodes, RegistryErrorCodes, StatePreserverErrorCodes } =
    cfPlugins
  const codes: Readonly<Record<string, object>> = {
    'hot-reload': HotReloadErrorCodes,
    lifecycle: LifecycleErrorCodes,
    loader: LoaderErrorCodes,
    'plugin-api': PluginApiErrorCodes,
    registry: RegistryErrorCodes,
    'state-preserver': StatePreserverErrorCodes,
  }
  const listed = [...readme.matchAll(/^\| `(CFP_\w+)` \| (\S+) \|/gm)]
  expect(listed.length).toBeGreaterThan(10)
  for (const [, code = '', from = ''] of listed) expect(codes[from], `${code} of ${from}`).toHaveProperty(code)
})

it('names members and options that a manager has', () => {
  const members = [...readme.matchAll(/^\| (`\w+\(.*?) \| /gm)].flatMap(([, cell = '']) =>
    [...cell.matchAll(/`(\w+)(?:\(.*?\))?`/g)].map(([, name]) => name ?? ''),
  )
  expect(members).toContain('explain')
  for (const name of members) expect(cfPlugins.PluginManager.prototype).toHaveProperty(name)
})
