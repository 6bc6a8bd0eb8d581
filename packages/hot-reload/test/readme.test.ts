// What the README says is so: its example runs, and its table of errors is the list of codes.
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { HotReloadErrorCodes } from '../src/index.ts'

const root = join(import.meta.dirname, '..')
const readme = await readFile(join(root, 'README.md'), 'utf8')

it('has an example that runs', async () => {
  const example = /```ts\n(.*?)```/s.exec(readme)?.[1] ?? ''
  expect(example).toContain('@cf-plugins/hot-reload')
  // In the package's node_modules, so that its imports are resolved as a reader's would be.
  const folder = join(root, 'node_modules/.readme')
  await mkdir(folder, { recursive: true })
  await writeFile(join(folder, 'example.ts'), example)
  await import(join(folder, 'example.ts'))
  await rm(folder, { recursive: true })
})

it('lists every error with what to do', () => {
  const listed = [...readme.matchAll(/^\| `(CFP_\w+)` \| (.+) \|$/gm)].map(([, code, text]) => [code, text])
  expect(Object.fromEntries(listed)).toEqual(HotReloadErrorCodes)
})
