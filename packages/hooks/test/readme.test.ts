// The README's example runs, and its table has every code.
import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { expect, it } from 'vitest'
import { HooksErrorCodes } from '../src/index.ts'

const readme = await readFile(new URL('../README.md', import.meta.url), 'utf8')

it('has an example that runs', async () => {
  const [, example] = /```ts\n([\s\S]*?)```/.exec(readme) ?? []
  // In a folder of the package, so that its imports are resolved as a user's are.
  const file = new URL('../node_modules/.readme/example.ts', import.meta.url)
  await mkdir(new URL('.', file), { recursive: true })
  await writeFile(file, example ?? 'throw new Error("no example")')
  await import(/* @vite-ignore */ file.href)
})

it('explains every error code, in the words of the code', () => {
  for (const [code, text] of Object.entries(HooksErrorCodes)) expect(readme).toContain(`| \`${code}\` | ${text}`)
})
