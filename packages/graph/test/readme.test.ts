import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { GraphErrorCodes } from '@cf-plugins/graph'
import { expect, test } from 'vitest'

const root = join(import.meta.dirname, '..')
const readme = readFileSync(join(root, 'README.md'), 'utf8')

test("the README's example runs, and what it asserts holds", async () => {
  const example = /```ts\n(.*?)```/s.exec(readme)?.[1]
  expect(example).toContain('assert.deepEqual')
  const folder = join(root, 'node_modules', '.readme')
  mkdirSync(folder, { recursive: true })
  const file = join(folder, 'example.ts')
  writeFileSync(file, example ?? '')
  await import(pathToFileURL(file).href)
})

test("the README's table has every error code, as the catalogue says it", () => {
  const rows = [...readme.matchAll(/^\| `(CFP_\w+)` \| (.*) \|$/gm)].map(([, code, text]) => [code, text])
  expect(Object.fromEntries(rows)).toEqual(GraphErrorCodes)
})
