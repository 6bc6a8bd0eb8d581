// The README's example runs, and its table has every code.
import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { expect, test } from 'vitest'
import { LoaderErrorCodes } from '../src/index.ts'

const readme = await readFile(new URL('../README.md', import.meta.url), 'utf8')

test('the example of the README runs', async () => {
  const [, example] = /```ts\n([\s\S]*?)```/.exec(readme) ?? []
  // In a folder of the package, so that its imports are resolved as a user's are.
  const file = new URL('../node_modules/.readme/example.ts', import.meta.url)
  await mkdir(new URL('.', file), { recursive: true })
  await writeFile(file, example ?? 'throw new Error("no example")')
  await import(/* @vite-ignore */ file.href)
})

test('the README explains every error code, in the words of the code', () => {
  for (const [code, text] of Object.entries(LoaderErrorCodes)) expect(readme).toContain(`| \`${code}\` | ${text}`)
})
