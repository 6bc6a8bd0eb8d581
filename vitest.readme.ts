// What every package's README promises, as tests: its examples run, and its table has every error code and no other.
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, test } from 'vitest'

/** Runs each ```ts block of a package's README, as a reader would who installed the package. */
export async function testReadmeExamples(packageFolder: string): Promise<void> {
  const readme = await readReadme(packageFolder)
  const examples = [...readme.matchAll(/^```ts\n(.*?)^```$/gms)].map(([, example = '']) => example)
  test('the README has an example', () => expect(examples).not.toEqual([]))
  test.each(examples.map((example, at) => [at + 1, example] as const))(
    'example %i of the README runs',
    async (number, example) => {
      expect(example).toContain('import ')
      // In the package's node_modules, so that its imports are resolved as a reader's would be.
      const folder = join(packageFolder, `node_modules/.readme-${number}`)
      await mkdir(folder, { recursive: true })
      await writeFile(join(folder, 'example.ts'), example)
      await import(join(folder, 'example.ts'))
      await rm(folder, { recursive: true })
    },
  )
}

/** Compares the README's table of errors with the codes of the package, word by word. */
export async function testReadmeErrors(packageFolder: string, codes: Readonly<Record<string, string>>): Promise<void> {
  const readme = await readReadme(packageFolder)
  test('the table of errors has every code with its text', () => {
    const rows = [...readme.matchAll(/^\| `(CFP_\w+)` +\| (.+?) *\|$/gm)].map(([, code, text]) => [code, text])
    expect(Object.fromEntries(rows)).toEqual(codes)
  })
}

function readReadme(packageFolder: string): Promise<string> {
  return readFile(join(packageFolder, 'README.md'), 'utf8')
}
