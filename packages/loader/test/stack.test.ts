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

const WAYS: readonly string[][] = [
  ['by default'],
  ['with source maps', '--enable-source-maps'],
  ['where code from strings is forbidden', '--disallow-code-generation-from-strings'],
]

test.each(WAYS)('the lines of a stack are those of the TypeScript files, %s (fault 27)', async (_, ...flags) => {
  const folder = folderWith({ 'a.ts': plugin, '_helper.ts': helper })
  const stack = await runChild('stack-child.ts', flags, folder)
  const frames = [...stack.matchAll(/at (?:async )?(?:Object\.)?([\w.]+) .*\/([\w.]+\.ts):(\d+):\d+/g)]
  const own = frames
    .map(([, name, file, line]) => `${name} ${file}:${line}`)
    .filter((frame) => !frame.includes('child'))
  expect(own, stack).toEqual(['explode _helper.ts:13', 'Thing.run a.ts:11', 'register a.ts:17'])
})

const failing = {
  'early.ts': "import { both } from './_a.ts'\nexport default both",
  '_a.ts': "import { b } from './_b.ts'\nexport const both = () => b",
  '_b.ts': "import { both } from './_a.ts'\n\nexport const b = both()",
  'exits.ts': 'interface A { a: 1 }\nconst leave = () => process.exit(3)\nleave()',
  'throws.ts': "const broken = (): never => {\n  throw new Error('no')\n}\nbroken()",
}

test.each(WAYS)('what ends a load is told with its line, %s (faults 18, 23, 24)', async (_, ...flags) => {
  const told = await runChild('stack-child.ts', flags, folderWith(failing))
  expect(told).toMatch(/CFP_LOAD_THROWN\]: .*before initialization \(\S*_b\.ts:3:\d+, imported by \S*_a\.ts:1:/)
  expect(told).toMatch(/CFP_PLUGIN_EXITED\]: .*\(\S*exits\.ts:2:\d+\)/)
  expect(told).toMatch(/CFP_LOAD_THROWN\]: .*no \(\S*throws\.ts:2:\d+\)/)
})
