import { mkdir, readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { StatePreserverErrorCodes } from '../src/index.ts'

const root = join(import.meta.dirname, '..')
const readme = await readFile(join(root, 'README.md'), 'utf8')

test.each([...readme.matchAll(/```ts\n(.*?)```/gs)].map(([, example], at) => [at + 1, example as string]))(
  'example %i runs',
  async (number, example) => {
    // In the package's node_modules, so that its imports are resolved as a reader's would be.
    const folder = join(root, `node_modules/.readme-${number}`)
    await mkdir(folder, { recursive: true })
    const file = join(folder, 'example.ts')
    await writeFile(file, example)
    await import(file)
    await rm(folder, { recursive: true })
  },
)

test('the table of errors has every code with its text', () => {
  const rows = readme.replace(/ +/g, ' ')
  for (const [code, text] of Object.entries(StatePreserverErrorCodes))
    expect(rows).toContain(`| \`${code}\` | ${text} |`)
  expect(readme.match(/^\| `CFP_/gm)).toHaveLength(Object.keys(StatePreserverErrorCodes).length)
})
