// A stack leads to the file and line that somebody wrote.
import { expect, test } from 'vitest'
import { runChild } from './child.ts'
import { folderWith } from './folder.ts'

const helper = `
interface Options {
  deep?: boolean
}

/** A comment
 *  of some lines. */
export function explode(_options: Options): never {
  const message = \`a template

  of lines\`
  enum Kind { A, B }
  throw new Error(
    message + Kind.B,
  )
}
`
const plugin = `import { explode } from './_helper.ts'

type Unused = string
export const PLUGIN_META = { name: 'a', version: '1.0.0' }

class Thing<T> {
  #secret: T | undefined
  accessor value = 1

  run(): void {
    explode({ deep: true })
  }
}

export async function register() {
  await null
  new Thing<Unused>().run()
  return {}
}
`

test.each([
  ['by default'],
  ['with source maps', '--enable-source-maps'],
  ['where code from strings is forbidden', '--disallow-code-generation-from-strings'],
])('the lines of a stack are those of the TypeScript files, %s (fault 27)', async (_, ...flags) => {
  const folder = folderWith({ 'a.ts': plugin, '_helper.ts': helper })
  const stack = await runChild('stack-child.ts', flags, folder)
  const frames = [...stack.matchAll(/at (?:async )?(?:Object\.)?([\w.]+) .*\/([\w.]+\.ts):(\d+):\d+/g)]
  const own = frames
    .map(([, name, file, line]) => `${name} ${file}:${line}`)
    .filter((frame) => !frame.includes('child'))
  expect(own, stack).toEqual(['explode _helper.ts:13', 'Thing.run a.ts:11', 'register a.ts:17'])
})
